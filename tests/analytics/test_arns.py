"""ARNs of every partition, and names that tell of a trail."""

from __future__ import annotations

import pytest

from analytics import arns
from analytics.sources import TRAIL_NAMES


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
        ("us-iso-east-1", "aws-iso"),
        (None, "aws"),
    ],
)
def test_the_partition_follows_from_the_region(region: str | None, partition: str) -> None:
    assert arns.partition(region) == partition


@pytest.mark.parametrize(
    "name", ["aws-cloudtrail-logs-1", "org/CloudTrail", "ct-stream", "my-trail"]
)
def test_a_name_that_tells_of_a_trail(name: str) -> None:
    assert TRAIL_NAMES.search(name)


@pytest.mark.parametrize(
    "name", ["/app/orders", "product-events", "trailer-park", "/aws/lambda/act"]
)
def test_a_name_that_does_not(name: str) -> None:
    assert not TRAIL_NAMES.search(name)

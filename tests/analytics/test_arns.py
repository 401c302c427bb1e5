"""ARNs of every partition."""

from __future__ import annotations

import pytest

from analytics import arns


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

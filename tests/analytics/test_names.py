"""What a name alone tells of a log group."""

from __future__ import annotations

import pytest

from analytics.names import SERVICE_GROUPS, TRAIL_NAMES

GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:"


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


@pytest.mark.parametrize(
    "name", ["/aws/lambda/act", "/aws/rds/cluster/a/audit", "/aws/vpc/flow", "sns/eu-west-1/1/a"]
)
def test_a_service_names_its_groups_after_itself(name: str) -> None:
    assert SERVICE_GROUPS.search(GROUP + name)


@pytest.mark.parametrize(
    "name", ["/aws/organization/trail", "/aws/audit", "aws-controltower/CloudTrailLogs", "audit"]
)
def test_a_trails_group_may_be_named_as_one_likes(name: str) -> None:
    assert not SERVICE_GROUPS.search(GROUP + name)

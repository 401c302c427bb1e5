"""Which entries an EventBridge pattern asks for, and what a rule with one delivers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analytics.event_patterns import Pattern, pattern, told_buckets
from analytics.selectors import Cell
from tests.analytics.test_selectors import CELLS


@pytest.mark.parametrize(
    ("detail", "matched"),
    [
        ({}, {"run", "read", "create", "decrypt"}),
        ({"eventSource": ["s3.amazonaws.com"]}, {"read"}),
        ({"eventName": [{"prefix": "Create"}]}, {"create"}),
        ({"eventName": [{"suffix": "crypt"}]}, {"decrypt"}),
        ({"eventName": [{"wildcard": "*e*t"}]}, {"read", "decrypt"}),
        ({"eventName": [{"anything-but": ["Invoke", "Decrypt"]}]}, {"read", "create"}),
        ({"eventSource": [{"anything-but": {"prefix": "k"}}]}, {"run", "read", "create"}),
    ],
)
def test_an_event_pattern_matches_by_name_prefix_suffix_and_exception(
    detail: dict[str, object], matched: set[str]
) -> None:
    rule = pattern(json.dumps({"detail-type": ["AWS API Call via CloudTrail"], "detail": detail}))
    assert rule is not None
    assert rule.reads_cloudtrail
    assert {name for name, cell in CELLS.items() if rule.matches(cell)} == matched


@pytest.mark.parametrize("text", [None, "", "{", "[1]", '"text"'])
def test_what_is_no_pattern_is_none(text: str | None) -> None:
    assert pattern(text) is None


def test_a_rule_for_something_else_does_not_read_cloudtrail() -> None:
    rule = pattern('{"detail-type": ["EC2 Instance State-change Notification"]}')
    assert rule is not None
    assert not rule.reads_cloudtrail


ACCOUNT, REGION = "111122223333", "eu-west-1"
PUT = Cell(ACCOUNT, REGION, "Data", "s3.amazonaws.com", "PutObject", False)
INVOKE = Cell(ACCOUNT, REGION, "Data", "lambda.amazonaws.com", "Invoke", False)
INBOX, OUTBOX = (replace(PUT, resource=f"arn:aws:s3:::{name}/") for name in ("inbox", "outbox"))
SHIP = replace(INVOKE, resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ship")


def asks(**detail: object) -> Pattern:
    return Pattern({"source": ["aws.s3", "aws.lambda"], "detail": detail})


def parameter(name: str, *wanted: object) -> Pattern:
    return asks(requestParameters={name: list(wanted)})


@pytest.mark.parametrize(
    ("asked", "cell", "told"),
    [
        (parameter("bucketName", "inbox"), PUT, None),
        (parameter("bucketName", "inbox"), INBOX, True),
        (parameter("bucketName", "inbox"), OUTBOX, False),
        (parameter("bucketName", {"prefix": "out"}), OUTBOX, True),
        (parameter("bucketName", {"anything-but": {"suffix": ["box"]}}), OUTBOX, False),
        (parameter("functionName", "ship"), SHIP, True),
        (parameter("functionName", SHIP.resource), SHIP, True),
        (parameter("functionName", "other"), SHIP, False),
        (asks(userIdentity={"type": ["Root"]}), INBOX, None),
        (asks(userIdentity={"type": ["Root"]}, eventName=["GetObject"]), INBOX, False),
        (asks(readOnly=[False]), INBOX, True),
        (asks(readOnly=[True]), INBOX, False),
        (asks(eventName=[{"equals-ignore-case": "putobject"}]), INBOX, True),
        (asks(eventName=[{"exists": False}]), INBOX, False),
        (asks(eventName=[{"prefix": {"equals-ignore-case": "PUT"}}]), INBOX, True),
        (asks(errorCode=[{"exists": False}]), INBOX, None),
        (asks(**{"$or": [{"eventName": ["Invoke"]}, {"awsRegion": [REGION]}]}), INBOX, True),
        (asks(**{"$or": [{"eventName": ["Invoke"]}, {"errorCode": ["x"]}]}), INBOX, None),
        (asks(eventName=[]), INBOX, False),
        (asks(eventName=[{"unheard-of": 1}]), INBOX, None),
        (asks(eventName="PutObject"), INBOX, None),
        (Pattern({"account": ["444455556666"]}), INBOX, False),
        (Pattern({"resources": ["x"]}), INBOX, None),
    ],
)
def test_what_a_pattern_tells_of_a_kind_of_entry(
    asked: Pattern, cell: Cell, told: bool | None
) -> None:
    assert asked.told(cell) is told
    assert asked.matches(cell) is (told is not False)
    assert asked.guesses(cell) is (told is None)


@pytest.mark.parametrize(
    ("asked", "named"),
    [(parameter("bucketName", "x"), True), (asks(eventName=["x"]), False), (Pattern({}), False)],
)
def test_a_pattern_may_name_buckets(asked: Pattern, named: bool) -> None:
    assert asked.names_some is named


@pytest.mark.parametrize(
    ("asked", "buckets"),
    [
        (
            {"detail-type": ["Object Created"], "detail": {"bucket": {"name": ["a", "b"]}}},
            ["a", "b"],
        ),
        (
            {"detail-type": ["Object Created"], "detail": {"bucket": {"name": [{"prefix": "a"}]}}},
            [],
        ),
        ({"detail-type": ["Object Created"]}, []),
        ({"detail-type": ["Object Deleted"], "detail": {"bucket": {"name": ["a"]}}}, []),
        ({"detail-type": ["Object Created"], "detail": {"bucket": "a"}}, []),
    ],
)
def test_of_which_buckets_a_rule_is_told_by_s3(
    asked: dict[str, object], buckets: list[str]
) -> None:
    assert told_buckets(json.dumps(asked)) == buckets

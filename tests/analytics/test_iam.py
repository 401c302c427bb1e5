"""Stormtrail's own policy: what the code calls, no more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import ingest.topology
from analytics.templates.iam import own_policy
from stormtrail.errors import UsageError

KEY = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CALL = re.compile(r'"([a-z0-9]+:[A-Z][A-Za-z]+)"')
# the first two only with a role; who one is may be asked by everybody
APART = {"organizations:ListAccounts", "sts:AssumeRole", "sts:GetCallerIdentity"}


def statements(text: str) -> dict[str, dict[str, Any]]:
    return {item["Sid"]: item for item in json.loads(text)["Statement"]}


def called() -> set[str]:
    """Every action that the pull of links names in its own code."""
    folder = Path(ingest.topology.__file__).parent
    return {name for path in folder.glob("*.py") for name in CALL.findall(path.read_text())}


def test_the_policy_allows_the_calls_that_a_pull_makes_and_no_other() -> None:
    links = set(statements(own_policy(["s3://b-1"]))["ReadLinks"]["Action"])
    assert links == called() - APART


def test_reading_is_of_the_archives_prefix_only() -> None:
    found = statements(own_policy(["s3://trail-files/org/AWSLogs/"]))
    assert found["ReadArchive"] == {
        "Sid": "ReadArchive",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": "arn:aws:s3:::trail-files/org/AWSLogs/*",
    }
    assert found["ListArchive"]["Condition"] == {
        "StringLike": {"s3:prefix": ["org/AWSLogs", "org/AWSLogs/*"]}
    }


def test_keys_and_roles_are_in_it_only_when_they_are_given() -> None:
    plain = statements(own_policy(["s3://b-1"]))
    full = statements(own_policy(["s3://b-1", "s3://b-2/x"], [KEY], "StormtrailRead"))
    assert set(full) - set(plain) == {
        "DecryptArchive",
        "ListAccounts",
        "ListArchive2",
        "ReadArchive2",
        "TakeReadRole",
    }
    assert full["DecryptArchive"]["Resource"] == [KEY]
    assert full["TakeReadRole"]["Resource"] == "arn:aws:iam::*:role/StormtrailRead"


def test_delivering_is_allowed_to_the_named_places_only() -> None:
    topic = "arn:aws:sns:eu-west-1:111111111111:storms"
    targets = [
        "s3://reports-1/daily/",
        topic,
        "ses://storm@example.com/a@example.com,b@example.com",
    ]
    found = statements(own_policy(["s3://b-1"], deliveries=targets))
    assert (found["DeliverFiles"]["Action"], found["DeliverFiles"]["Resource"]) == (
        ["s3:PutObject"],
        "arn:aws:s3:::reports-1/daily/*",
    )
    assert (found["DeliverFacts"]["Action"], found["DeliverFacts"]["Resource"]) == (
        ["sns:Publish"],
        topic,
    )
    assert found["DeliverMail"]["Action"] == ["ses:SendRawEmail"]
    assert found["DeliverMail"]["Condition"] == {
        "StringEquals": {"ses:FromAddress": "storm@example.com"}
    }


@pytest.mark.parametrize("target", ["https://hooks.example.com", "./reports", "arn:aws:sns:*:1:x"])
def test_what_is_no_delivery_in_aws_is_refused(target: str) -> None:
    with pytest.raises(UsageError):
        own_policy(["s3://b-1"], deliveries=[target])


def test_nothing_in_it_writes() -> None:
    reading = ("Get", "List", "Describe", "Decrypt", "AssumeRole")
    found = statements(own_policy(["s3://b-1"], [KEY], "R"))
    actions = [action for item in found.values() for action in item["Action"]]
    assert [a for a in actions if not a.partition(":")[2].startswith(reading)] == []
    assert not any("*" in action for action in actions)


@pytest.mark.parametrize("place", ["./logs", "s3://B", "s3://b/*", 's3://b-1/"x', "s3://b-1/${x}"])
def test_what_is_no_archive_is_refused(place: str) -> None:
    with pytest.raises(UsageError):
        own_policy([place])


@pytest.mark.parametrize(("keys", "role"), [(["alias/x"], None), ([], "a/b"), ([KEY + "*"], None)])
def test_what_is_no_key_or_role_is_refused(keys: list[str], role: str | None) -> None:
    with pytest.raises(UsageError):
        own_policy(["s3://b-1"], keys, role)

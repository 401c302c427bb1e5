"""The least policy that Stormtrail itself needs; nothing in it writes but what reports are delivered with."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from analytics.templates import names
from analytics.templates.policies import document
from stormtrail.errors import UsageError

# read-only calls behind `topology pull`; AWS knows no resources for most of them
LINKS = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "events:ListEventBuses",
    "events:ListRules",
    "events:ListTargetsByRule",
    "firehose:DescribeDeliveryStream",
    "firehose:ListDeliveryStreams",
    "lambda:ListEventSourceMappings",
    "logs:DescribeAccountPolicies",
    "logs:DescribeDestinations",
    "logs:DescribeLogGroups",
    "logs:DescribeSubscriptionFilters",
    "s3:GetBucketNotification",
    "sns:ListSubscriptionsByTopic",
)
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9!_.()/=-]*))?")
_TOPIC = re.compile(r"arn:aws(?:-[a-z]+)*:sns:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_.-]{1,256}")
_MAIL = re.compile(r"ses://([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253})/[^\s]*")
_KEY = re.compile(r"arn:aws(?:-[a-z]+)*:kms:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:key/[A-Za-z0-9-]{1,64}")


def own_policy(
    archives: Sequence[str],
    keys: Sequence[str] = (),
    role_name: str | None = None,
    deliveries: Sequence[str] = (),
) -> str:
    """JSON: reading these archives (s3://bucket/prefix), links, digest keys and prices.

    `keys` are ARNs of KMS keys that encrypt an archive; `role_name` is the role that
    `topology pull` takes in every account of the organization; `deliveries` are where reports go
    (s3://, ses:// or a topic's ARN). UsageError for any other text.
    """
    statements: list[dict[str, Any]] = []
    for place in archives:
        statements += _archive(place)
    if keys:
        statements.append(_allow("DecryptArchive", ["kms:Decrypt"], [_key(key) for key in keys]))
    statements.append(_allow("ReadLinks", LINKS, "*"))
    statements.append(_allow("VerifyDigests", ["cloudtrail:ListPublicKeys"], "*"))
    statements.append(_allow("RefreshPrices", ["pricing:GetProducts"], "*"))
    if role_name is not None:
        role = f"arn:aws:iam::*:role/{names.role(role_name)}"
        statements.append(_allow("ListAccounts", ["organizations:ListAccounts"], "*"))
        statements.append(_allow("TakeReadRole", ["sts:AssumeRole"], role))
    statements += [_delivery(target) for target in deliveries]
    return json.dumps(document(*_numbered(statements)), indent=2)


def _delivery(target: str) -> dict[str, Any]:
    if found := _URI.fullmatch(target):
        below = f"{prefix}/*" if (prefix := (found[2] or "").rstrip("/")) else "*"
        return _allow("DeliverFiles", ["s3:PutObject"], f"arn:aws:s3:::{found[1]}/{below}")
    if _TOPIC.fullmatch(target):
        return _allow("DeliverFacts", ["sns:Publish"], target)
    if found := _MAIL.fullmatch(target):
        only = {"StringEquals": {"ses:FromAddress": found[1]}}
        return {**_allow("DeliverMail", ["ses:SendRawEmail"], "*"), "Condition": only}
    hint = "give s3://bucket/prefix, ses://from/to or a topic's ARN; others need no policy"
    raise UsageError(f"not a delivery in AWS: {target[:80]!a}", where="plan --iam", hint=hint)


def _archive(place: str) -> list[dict[str, Any]]:
    found = _URI.fullmatch(place)
    if not found:
        hint = "write it as s3://bucket or s3://bucket/prefix"
        raise UsageError(f"not an archive in S3: {place[:80]!a}", where="plan --iam", hint=hint)
    bucket, prefix = f"arn:aws:s3:::{found[1]}", (found[2] or "").rstrip("/")
    below = f"{prefix}/*" if prefix else "*"
    listing = _allow("ListArchive", ["s3:ListBucket"], bucket)
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": [prefix, below]}}
    return [listing, _allow("ReadArchive", ["s3:GetObject"], f"{bucket}/{below}")]


def _key(arn: str) -> str:
    if not _KEY.fullmatch(arn):
        hint = "give the key's ARN, not an alias"
        raise UsageError(f"not a KMS key: {arn[:80]!a}", where="plan --iam", hint=hint)
    return arn


def _allow(sid: str, actions: Sequence[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def _numbered(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sids are unique in a policy."""
    seen: dict[str, int] = {}
    for statement in statements:
        sid = statement["Sid"]
        seen[sid] = seen.get(sid, 0) + 1
        if seen[sid] > 1:
            statement["Sid"] = f"{sid}{seen[sid]}"
    return statements

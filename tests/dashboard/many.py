"""An archive of ten thousand log-processing functions in twenty accounts, each with a trail of its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTES = 180
REGION = "eu-west-1"
ACCOUNTS = tuple(f"{100000000000 + 37 * number}" for number in range(20))


def write_many(folder: Path, functions: int = 10_000) -> Path:
    """The archive below `folder`, a file an account: its trail's log group starts each of its functions
    some times, and each run writes an object. Runs are recorded again in the group: a loop an account."""
    by_account: dict[str, list[dict[str, Any]]] = {account: [] for account in ACCOUNTS}
    for number, event in enumerate(_events(functions)):
        account = event["recipientAccountId"]
        by_account[account].append({**event, "eventID": f"many-{number:07d}"})
    for account, records in by_account.items():
        name = f"{account}_CloudTrail_{REGION}_{START:%Y%m%d}T0300Z_{account}abcd.json.gz"
        path = folder / "AWSLogs" / account / "CloudTrail" / REGION / f"{START:%Y/%m/%d}" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode(), mtime=0))
    return folder


def group(account: str) -> str:
    """The ARN of the log group of an account's trail."""
    return f"arn:aws:logs:{REGION}:{account}:log-group:trail-of-{account}"


def _events(functions: int) -> Iterator[dict[str, Any]]:
    yield from map(_change, ACCOUNTS)
    for number in range(functions):
        account = ACCOUNTS[number % len(ACCOUNTS)]
        name = f"log-forwarder-of-team-{number % 97:02d}-service-{number:05d}"
        runs = 1 + (number * 7919) % 5 + (200 if number < len(ACCOUNTS) else 0)
        for run in range(runs):
            at = START + timedelta(seconds=60 + (number * 613 + run * 47) % (60 * MINUTES - 120))
            yield from _run(account, name, at, f"{number}-{run}")


def _change(account: str) -> dict[str, Any]:
    trail = f"arn:aws:cloudtrail:{REGION}:{account}:trail/teams"
    return _record(account, START, "cloudtrail.amazonaws.com", "CreateTrail") | {
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{account}:assumed-role/Platform/olga",
            "accountId": account,
        },
        "requestParameters": {
            "name": "teams",
            "s3BucketName": "teams-trail",
            "cloudWatchLogsLogGroupArn": f"{group(account)}:*",
        },
        "responseElements": {"trailARN": trail, "name": "teams"},
        "managementEvent": True,
        "eventCategory": "Management",
        "readOnly": False,
    }


def _run(account: str, name: str, at: datetime, request: str) -> Iterator[dict[str, Any]]:
    arn = f"arn:aws:lambda:{REGION}:{account}:function:{name}"
    data = {
        "managementEvent": False,
        "eventCategory": "Data",
        "readOnly": False,
        "requestID": request,
        "resources": [{"accountId": account, "type": "AWS::Lambda::Function", "ARN": arn}],
        "additionalEventData": {"functionVersion": f"{arn}:$LATEST", "customerEniId": ""},
    }
    service = {"type": "AWSService", "invokedBy": "logs.amazonaws.com"}
    yield (
        _record(account, at, "lambda.amazonaws.com", "Invoke")
        | data
        | {
            "userIdentity": service,
            "requestParameters": {
                "functionName": arn,
                "invocationType": "Event",
                "sourceArn": f"{group(account)}:*",
                "sourceAccount": account,
            },
        }
    )
    put = _record(account, at + timedelta(seconds=1), "s3.amazonaws.com", "PutObject")
    yield put | {
        "managementEvent": False,
        "eventCategory": "Data",
        "readOnly": False,
        "requestParameters": {"bucketName": f"logs-of-{account}", "key": request},
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{account}:assumed-role/{name}-role/{name}",
            "accountId": account,
            "inScopeOf": {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": arn},
        },
    }


def _record(account: str, at: datetime, source: str, name: str) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.9",
        "userAgent": source,
        "eventType": "AwsApiCall",
        "recipientAccountId": account,
    }

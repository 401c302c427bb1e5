"""An archive of ten thousand log-processing functions in twenty accounts, each with a trail of its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analytics import kept
from analytics.candidates import Candidate
from analytics.findings import (
    Anomaly,
    Batch,
    Chain,
    Cost,
    Entries,
    FedBy,
    Findings,
    LogFunction,
    Loop,
    Recommendation,
    Source,
    Trigger,
    Window,
)
from analytics.prices import load
from analytics.situation import Situation
from analytics.what_if import SourceFlow
from stormtrail.layout import Layout

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


def keep_many(layout: Layout, functions: int = 10_000) -> None:
    """Keeps findings and situation of the archive in its store: an analysis of so many functions takes long."""
    made = [_function(number) for number in range(functions)]
    kept.keep(layout, {}, _findings(made), _situation(made))


def _function(number: int) -> LogFunction:
    account, runs = ACCOUNTS[number % len(ACCOUNTS)], _runs(number)
    return LogFunction(
        arn=f"arn:aws:lambda:{REGION}:{account}:function:{_name(number)}",
        account=account,
        region=REGION,
        depth=1,
        sources=(group(account),),
        callers=(),
        triggers=(Trigger("cloudwatch_logs", group(account)),),
        invocations=runs,
        entries=2 * runs,
        entries_per_invocation=2.0,
        batch_size=2.0,
        in_loop=True,
        first_seen=START,
        last_seen=START + timedelta(minutes=MINUTES),
        active=True,
    )


def _findings(made: list[LogFunction]) -> Findings:
    entries = sum(function.entries for function in made)
    end = START + timedelta(minutes=MINUTES)
    return Findings(
        window=Window(START, end),
        entries=Entries(entries + 2000, 0, 0, ACCOUNTS, (REGION,), entries, 0.97),
        sources=tuple(_source(account, made) for account in ACCOUNTS),
        functions=tuple(made),
        chains=tuple(
            Chain(
                function.sources[0], (function.arn,), (str(function.account),), function.invocations
            )
            for function in made
        ),
        loops=tuple(_loop(place, account, made) for place, account in enumerate(ACCOUNTS)),
        anomalies=tuple(
            Anomaly("rate_change", item.arn, Window(START, end), 1.0, "It ran more often.")
            for item in made[::2]
        ),
        cost=Cost(
            window_usd=9.0,
            monthly_usd=2200.0,
            second_order_monthly_usd=2100.0,
            by_component={"cloudtrail_data": 2000.0, "lambda_requests": 100.0},
            by_function={item.arn: item.entries / 50 for item in made},
        ),
        recommendations=tuple(_recommendation(item) for item in made[:1000]),
        notes=tuple(f"{item.arn}: no record tells its batch." for item in made),
    )


def _source(account: str, made: list[LogFunction]) -> Source:
    mine = [item for item in made if item.account == account]
    entries = sum(item.entries for item in mine)
    return Source(
        arn=group(account),
        kind="cloudwatch_logs",
        account=account,
        region=REGION,
        fed_by=(FedBy("teams", (account,), ("Data", "Management")),),
        link="recorded",
        link_confidence=1.0,
        entries_delivered=2 * entries,
        second_order_entries=entries,
        invocations=sum(item.invocations for item in mine),
        s=0.5,
        s_interval=(0.48, 0.52),
        s_invocations=0.25,
        s_invocations_interval=(0.24, 0.26),
        feedback={group(account): 0.5},
        loop=f"loop-{ACCOUNTS.index(account) + 1}",
    )


def _loop(place: int, account: str, made: list[LogFunction]) -> Loop:
    mine = [item for item in made if item.account == account]
    return Loop(
        id=f"loop-{place + 1}",
        sources=(group(account),),
        functions=tuple(item.arn for item in mine),
        accounts=(account,),
        spectral_radius=0.5,
        spectral_radius_interval=(0.48, 0.52),
        state="amplifying",
        amplification=2.0,
        entries=sum(item.entries for item in mine),
        share_of_entries=0.05,
        doubling_minutes=None,
        onset=START + timedelta(minutes=1),
        cause=None,
    )


def _recommendation(item: LogFunction) -> Recommendation:
    return Recommendation(
        function=item.arn,
        source=item.sources[0],
        relieves=(),
        action="move_behind_kinesis",
        why="It takes two entries a run.",
        batch=Batch(1000, 60, 1),
        s_before=0.5,
        s_after=0.01,
        spectral_radius_after=0.01,
        monthly_usd_before=4.0,
        monthly_usd_after=1.0,
        monthly_saving_usd=item.entries / 100,
    )


def _situation(made: list[LogFunction]) -> Situation:
    flows = [
        SourceFlow(source.arn, source.kind, (source.entries_delivered or 0) / (60.0 * MINUTES))
        for source in (_source(account, made) for account in ACCOUNTS)
    ]
    functions = [
        Candidate(
            function=item.arn,
            source=item.sources[0],
            source_kind="cloudwatch_logs",
            batch=2.0,
            runs_per_minute_mean=item.invocations / MINUTES,
            runs_per_minute_peak=2.0,
            further_entries=1.0,
            routed={item.sources[0]: 0.5},
        )
        for item in made
    ]
    k = {flow.arn: {flow.arn: 0.5} for flow in flows}
    return Situation(k, flows, functions, load())


def group(account: str) -> str:
    """The ARN of the log group of an account's trail."""
    return f"arn:aws:logs:{REGION}:{account}:log-group:trail-of-{account}"


def _events(functions: int) -> Iterator[dict[str, Any]]:
    yield from map(_change, ACCOUNTS)
    for number in range(functions):
        account = ACCOUNTS[number % len(ACCOUNTS)]
        name = _name(number)
        for run in range(_runs(number)):
            at = START + timedelta(seconds=60 + (number * 613 + run * 47) % (60 * MINUTES - 120))
            yield from _run(account, name, at, f"{number}-{run}")


def _name(number: int) -> str:
    return f"log-forwarder-of-team-{number % 97:02d}-service-{number:05d}"


def _runs(number: int) -> int:
    """A few, but of the first of each account many."""
    return 1 + (number * 7919) % 5 + (200 if number < len(ACCOUNTS) else 0)


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

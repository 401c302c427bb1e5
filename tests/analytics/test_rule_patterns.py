"""What a rule delivers whose pattern names buckets, or changes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from analytics import loops_told, rule_patterns
from analytics.case import Case, examine
from analytics.event_patterns import Pattern
from analytics.feeds import cells
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Key, Span
from analytics.topology import Topology
from tests.analytics.test_relays import HOME, MINUTES, REGION, counts, function

START = datetime(2026, 6, 1)
RULE = f"arn:aws:events:{REGION}:{HOME}:rule/uploads"
DATA = (HOME, REGION, "Data")
PUT: Key = (*DATA, "s3.amazonaws.com", "PutObject", False)
INVOKE: Key = (*DATA, "lambda.amazonaws.com", "Invoke", False)
RUN: Key = (function("shrink"), "eventbridge", RULE, None, *DATA)


def change(minute: int, event: str, **request: object) -> dict[str, object]:
    return {
        "event_id": f"{event}-{minute}",
        "event_time": START + timedelta(minutes=minute),
        "event_name": event,
        "account_id": HOME,
        "aws_region": REGION,
        "identity_arn": f"arn:aws:iam::{HOME}:user/ann",
        "invoked_by": None,
        "source_ip_address": "192.0.2.1",
        "request_parameters": json.dumps(request),
        "response_elements": None,
    }


def rule(minute: int, *buckets: str) -> dict[str, object]:
    """The rule on what is put into these buckets; none: into any."""
    parameters = {"requestParameters": {"bucketName": list(buckets)}} if buckets else {}
    detail = {"eventName": ["PutObject"], **parameters}
    pattern = {"detail-type": ["AWS API Call via CloudTrail"], "detail": detail}
    return change(minute, "PutRule", name="uploads", eventPattern=json.dumps(pattern))


TARGET = change(1, "PutTargets", rule="uploads", targets=[{"id": "1", "arn": function("shrink")}])


def examined(
    uploads: Floats, runs: Floats, changes: list[dict[str, object]], into: str = "outbox"
) -> Case:
    """A function that a rule starts on uploads, and that puts an object into a bucket with each run."""
    shrunk: Key = (function("shrink"), *PUT, into)
    traffic = counts({PUT: uploads + runs, INVOKE: runs})
    made = {"runs": runs, "executed": runs, "throttled": runs * 0, "entries": runs}
    minute = np.arange(MINUTES, dtype=np.int64)
    return examine(
        RollupData(
            Span(START, MINUTES),
            traffic=traffic,
            runs=Counts(minute, np.zeros(MINUTES, np.int64), (RUN,), made, MINUTES),
            calls=counts({shrunk: runs}),
            deliveries=counts({}),
            edges=(),
            changes=(*changes, TARGET),
            delivery_evidence=(),
            run_cells=np.array([1]),
            call_cells=np.array([0]),
            delivery_cells=np.zeros(0, dtype=np.int64),
        ),
        Topology(),
    )


def uploaded(mean: float = 8.0) -> Floats:
    return np.random.default_rng(3).poisson(mean, MINUTES).astype(float)


def test_what_goes_into_another_bucket_than_the_rule_asks_for_closes_no_loop() -> None:
    uploads = uploaded()
    case = examined(uploads, uploads, [rule(0, "inbox")])
    assert not loops_told.found(case)
    # one run and its object, of which the rule is given neither
    assert case.measured[RULE].estimate.ratio == pytest.approx(1.0, rel=0.03)  # type: ignore[union-attr]
    assert case.k[RULE].get(RULE, 0.0) == 0.0


def test_what_goes_into_the_bucket_that_the_rule_asks_for_comes_back() -> None:
    fresh, runs = uploaded(2.0), np.zeros(MINUTES)
    for minute in range(MINUTES):
        runs[minute] = fresh[minute] + (0.8 * runs[minute - 1] if minute else 0.0)
    case = examined(fresh, runs, [rule(0, "inbox")], into="inbox")
    [loop] = loops_told.found(case)
    assert loop.functions == (function("shrink"),)


def test_a_pattern_counts_while_it_was_set() -> None:
    half, (puts, deletes) = MINUTES // 2, (uploaded(), uploaded(3.0)[::-1])
    delete: Key = (*PUT[:4], "DeleteObject", False)
    traffic = counts({PUT: puts, delete: deletes})
    runs = np.concatenate([puts[:half], deletes[half:]])
    patterns = [
        (START + timedelta(minutes=minute), Pattern({"detail": {"eventName": [name]}}))
        for minute, name in ((0, "PutObject"), (half, "DeleteObject"))
    ]
    found = rule_patterns.feed(RULE, patterns, cells(traffic), runs, traffic, Span(START, MINUTES))
    assert [(part.first, part.last, part.mask.tolist()) for part in found.parts] == [
        (0, half, [True, False]),
        (half, MINUTES, [False, True]),
    ]
    assert np.array_equal(found.series(traffic), runs)


def test_of_what_the_counts_cannot_decide_the_feed_is_doubted() -> None:
    """A third of the calls are of the caller that the rule asks for."""
    puts = uploaded()
    traffic = counts({PUT: 3 * puts})
    asked = Pattern({"detail": {"eventName": ["PutObject"], "userIdentity": {"userName": ["ann"]}}})
    found = rule_patterns.feed(
        RULE, [(None, asked)], cells(traffic), puts, traffic, Span(START, MINUTES)
    )
    assert found.doubted == 1.0
    decided = rule_patterns.feed(
        RULE, [(None, asked)], cells(traffic), 3 * puts, traffic, Span(START, MINUTES)
    )
    assert decided.doubted == 0.0

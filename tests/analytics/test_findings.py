"""The JSON of findings has the contract's keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from analytics.findings import Entries, Findings, Source, Window

TOP = [
    "schema",
    "window",
    "entries",
    "sources",
    "functions",
    "chains",
    "loops",
    "anomalies",
    "cost",
    "recommendations",
    "notes",
    "integrity",
]
SOURCE = [
    "arn",
    "kind",
    "account",
    "region",
    "fed_by",
    "link",
    "link_confidence",
    "entries_delivered",
    "second_order_entries",
    "invocations",
    "s",
    "s_interval",
    "s_invocations",
    "s_invocations_interval",
    "feedback",
    "delivery_delay_seconds",
    "loop",
    "feedback_interval",
]


def test_findings_have_the_keys_that_other_programs_read_and_are_plain_json() -> None:
    source = Source("arn:aws:sqs:r:1:q", "sqs", "1", "r", s=2.0, s_interval=(1.9, 2.1))
    window = Window(datetime(2026, 3, 1, 12, tzinfo=UTC), None)
    told = Findings(window, Entries(total=7), sources=(source,)).to_dict()
    assert json.loads(json.dumps(told)) == told
    assert list(told) == TOP
    assert list(told["sources"][0]) == SOURCE
    assert told["schema"] == "stormtrail.findings/1"
    assert told["window"] == {"start": "2026-03-01T12:00:00Z", "end": None}
    assert told["sources"][0]["s_interval"] == [1.9, 2.1]

"""The real archive beside the project, end to end."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

from ingest.pipeline import ingest
from ingest.restore import restore
from stormtrail.layout import Layout
from tests.ingest.conftest import rows_of

OUTCOMES = {
    "sync_throttled_429_qualified": "throttled",
    "async_accept_alias": "accepted",
    "async_dispatch_throttled": "throttled",
    "async_dispatch_target_alias_deleted": "unreachable",
    "async_dispatch_target_alias_deleted_retry": "unreachable",
    "sync_executed_qualified": "executed",
    "async_executed_unqualified": "executed",
    "sync_executed_unqualified": "executed",
    "async_accept_latest": "accepted",
}


def plainly_read(folder: Path) -> list[dict[str, Any]]:
    """Every record of the archive by the standard library alone."""
    records: list[dict[str, Any]] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".json", ".jsonl", ".gz"):
            raw = path.read_bytes()
            records += _records(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return records


def _records(data: bytes) -> list[dict[str, Any]]:
    try:
        content = json.loads(data)
    except json.JSONDecodeError:
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    return content if isinstance(content, list) else list(content["Records"])


def test_all_real_records_go_in_once_and_a_second_run_adds_nothing(
    real: Path, layout: Layout
) -> None:
    first, second = ingest([str(real)], layout), ingest([str(real)], layout)
    counts = (first.records, first.inserted, first.duplicates, first.rejected)
    assert counts == (3429, 3427, 2, 0)
    assert (second.files, second.records, second.inserted) == (0, 0, 0)


def test_every_real_record_can_be_had_again_as_it_was(real: Path, layout: Layout) -> None:
    ingest([str(real)], layout)
    restored = Counter(json.dumps(restore(row), sort_keys=True) for row in rows_of(layout))
    received = Counter(json.dumps(record, sort_keys=True) for record in plainly_read(real))
    assert set(restored) <= set(received)
    assert set(restored.values()) == {1}
    assert received.total() - restored.total() == 2


def test_distinct_values_equal_those_of_a_plain_reading(real: Path, layout: Layout) -> None:
    ingest([str(real)], layout)
    rows, records = rows_of(layout), plainly_read(real)
    for column, field in (
        ("event_source", "eventSource"),
        ("event_name", "eventName"),
        ("event_version", "eventVersion"),
    ):
        assert {row[column] for row in rows} == {record.get(field) for record in records}
    types = {record["userIdentity"].get("type") for record in records}
    assert {row["identity_type"] for row in rows} == types


def test_real_lambda_records_come_out_as_their_labels_say(real: Path, layout: Layout) -> None:
    folder = real / "lambda_records"
    lines = (folder / "labels.txt").read_text().splitlines()
    labels = dict(line.split() for line in lines if line)
    ingest([str(folder)], layout)
    runs = [row for row in rows_of(layout) if row["function_arn"]]
    found = {row["event_id"]: row["outcome"] for row in runs if row["event_id"] in labels}
    assert found == {event_id: OUTCOMES[label] for event_id, label in labels.items()}
    assert len(runs) == 13
    assert {row["code_ran"] for row in runs if row["outcome"] == "executed"} == {True}
    assert {row["code_ran"] for row in runs if row["outcome"] != "executed"} == {False}


def test_records_of_one_real_run_share_its_id(real: Path, layout: Layout) -> None:
    ingest([str(real / "lambda_records")], layout)
    runs: dict[str, list[str]] = {}
    for row in rows_of(layout):
        runs.setdefault(row["run_id"], []).append(row["event_name"])
    shared = {run: names for run, names in runs.items() if len(names) > 1}
    assert shared == {
        "6baa1b22-d95f-4550-8528-2d0e0ea5b845": ["Invoke", "InvokeExecution"],
        "4078907d-5a92-4866-bff1-bec98ed36f22": ["Invoke", "Invoke"],
    }

"""The pages' SQL: rows in, rows out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from analytics.warehouse import LEDGER_TABLES, Warehouse
from ingest.schema import SCHEMA

T0 = datetime(2026, 1, 10, 14, 3)
SPAN = {"since": datetime(2026, 1, 10), "until": datetime(2026, 1, 12)}
EVERYWHERE: dict[str, Any] = {
    "accounts": [],
    "all_accounts": True,
    "regions": [],
    "all_regions": True,
}


@pytest.fixture
def warehouse() -> Warehouse:
    return Warehouse(duckdb.connect())


def answer(warehouse: Warehouse, name: str, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = warehouse.query(f"dashboard/{name}", **params).to_pylist()
    return rows


def minutes(*cells: tuple[int, str, int]) -> pa.Table:
    """Traffic of (minutes after T0, account, entries)."""
    return pa.Table.from_pylist(
        [
            {
                "minute": T0 + timedelta(minutes=after),
                "account_id": account,
                "aws_region": "r",
                "entries": entries,
            }
            for after, account, entries in cells
        ]
    )


def test_entries_are_added_up_by_bucket_and_chosen_account(warehouse: Warehouse) -> None:
    warehouse.register(
        "traffic_minutes", minutes((0, "a", 1), (1, "a", 2), (2, "a", 4), (2, "b", 8))
    )
    grain = {"unit": "hour", "step_minutes": 5}
    chosen = {**EVERYWHERE, "accounts": ["a"], "all_accounts": False}
    assert answer(warehouse, "entries_over_time", **grain, **SPAN, **chosen) == [
        {"bucket": datetime(2026, 1, 10, 14, 0), "entries": 3},
        {"bucket": datetime(2026, 1, 10, 14, 5), "entries": 4},
    ]
    by_day = answer(
        warehouse, "entries_over_time", unit="day", step_minutes=1440, **SPAN, **EVERYWHERE
    )
    assert by_day == [{"bucket": datetime(2026, 1, 10), "entries": 15}]


def test_runs_calls_and_deliveries_are_second_order_by_depth(warehouse: Warehouse) -> None:
    cell = {"minute": T0, "account_id": "a", "aws_region": "r"}
    runs = [{**cell, "function_arn": arn, "entries": 2} for arn in ("f1", "f2", "f3", "other")]
    calls = [{**cell, "caller_function_arn": "f1", "entries": 5}]
    deliveries = [{**cell, "bucket_name": name, "entries": 7} for name in ("own", "foreign")]
    warehouse.register("run_minutes", pa.Table.from_pylist(runs))
    warehouse.register("call_minutes", pa.Table.from_pylist(calls))
    warehouse.register("delivery_minutes", pa.Table.from_pylist(deliveries))
    found = answer(
        warehouse,
        "second_order_over_time",
        unit="hour",
        step_minutes=60,
        first_functions=["f1"],
        second_functions=["f2"],
        deeper_functions=["f3"],
        buckets=["own"],
        **SPAN,
        **EVERYWHERE,
    )
    hour = datetime(2026, 1, 10, 14)
    assert found == [
        {"bucket": hour, "depth": 1, "entries": 14},
        {"bucket": hour, "depth": 2, "entries": 2},
        {"bucket": hour, "depth": 3, "entries": 2},
    ]


def test_a_gap_is_whole_hours_between_two_that_recorded(warehouse: Warehouse) -> None:
    cells = minutes((0, "a", 1), (60, "a", 1), (60 * 7, "a", 1), (0, "b", 1))
    warehouse.register("traffic_minutes", cells)
    assert answer(warehouse, "gaps", **SPAN, least_hours=3, most_rows=9) == [
        {
            "account_id": "a",
            "aws_region": "r",
            "gap_start": datetime(2026, 1, 10, 16),
            "gap_end": datetime(2026, 1, 10, 21),
            "gap_hours": 5.0,
        }
    ]


def test_coverage_counts_entries_and_busy_hours_a_day(warehouse: Warehouse) -> None:
    warehouse.register("traffic_minutes", minutes((0, "a", 1), (1, "a", 2), (120, "a", 3)))
    assert answer(warehouse, "coverage", **SPAN) == [
        {
            "day": datetime(2026, 1, 10),
            "account_id": "a",
            "aws_region": "r",
            "entries": 6,
            "hours": 2,
        }
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["2", "1"]),
        ({"function_text": "route"}, ["1"]),
        ({"actor_text": "alice"}, ["2"]),
        ({"event_text": "putrule"}, ["2"]),
        ({"any_text": "100%_of"}, ["2"]),
        ({"event_ids": ["1"], "any_id": False}, ["1"]),
        ({"accounts": ["b"], "all_accounts": False}, ["2"]),
    ],
)
def test_a_search_takes_parts_of_names_literally(
    warehouse: Warehouse, wanted: dict[str, Any], found: list[str]
) -> None:
    rows = [
        {"event_id": "1", "event_time": T0, "event_name": "Invoke", "account_id": "a",
         "event_source": "lambda.amazonaws.com", "function_arn": "arn:x:function:Router"},
        {"event_id": "2", "event_time": T0 + timedelta(seconds=1), "event_name": "PutRule",
         "account_id": "b", "event_source": "events.amazonaws.com",
         "identity_arn": "arn:aws:iam::1:user/Alice", "request_parameters": '{"a":"100%_OF"}'},
    ]  # fmt: skip
    warehouse.register("events", pa.Table.from_pylist(rows, schema=SCHEMA))
    nothing = {"function_text": "", "actor_text": "", "event_text": "", "any_text": ""}
    asked = {**nothing, "event_ids": [], "any_id": True, **EVERYWHERE, **wanted}
    shown = answer(warehouse, "search_events", **SPAN, **asked, most_rows=9)
    assert [row["event_id"] for row in shown] == found


def test_the_ledger_tells_what_was_loaded_rejected_and_proven(warehouse: Warehouse) -> None:
    for name, columns in LEDGER_TABLES.items():
        warehouse.register(name, ledger_table(name, columns))
    (loaded,) = answer(warehouse, "loaded")
    assert (loaded["files"], loaded["inserted"], loaded["rejected"]) == (2, 15, 1)
    assert answer(warehouse, "integrity") == [
        {"integrity": "not verified", "files": 1, "records": 6},
        {"integrity": "proven", "files": 1, "records": 10},
    ]
    assert answer(warehouse, "rejects", most_rows=9) == [
        {
            "reason": "no object",
            "records": 1,
            "files": 1,
            "first_uri": "two.json.gz",
            "first_record_index": 3,
        }
    ]


def ledger_table(name: str, columns: str) -> pa.Table:
    common = {"batch_id": 1, "etag": "e", "delivered_at": "2026-01-10T14:05:00Z", "duplicates": 0}
    rows: dict[str, list[dict[str, Any]]] = {
        "sources": [
            {"id": 1, "uri": "one.json.gz", "size": 5, "records": 10, "inserted": 10,
             "rejected": 0, "integrity": "proven", **common},
            {"id": 2, "uri": "two.json.gz", "size": 5, "records": 6, "inserted": 5,
             "rejected": 1, "integrity": None, **common},
        ],
        "event_files": [{"path": "p", "event_day": "2026-01-10", "rows": 15, "batch_id": 1}],
        "rejects": [{"source_id": 2, "record_index": 3, "reason": "no object"}],
        "batches": [{"id": 1, "started_at": "a", "committed_at": "b"}],
    }  # fmt: skip
    wanted = [column.strip() for column in columns.split(",")]
    return pa.Table.from_pylist([{key: row.get(key) for key in wanted} for row in rows[name]])

"""The rollup of subject-hours, as DuckDB runs it on rows given here."""

from __future__ import annotations

from datetime import datetime

import duckdb

from analytics.rollups import define_stages, known_sessions
from analytics.warehouse import Warehouse
from ingest.schema import SCHEMA

COLUMNS = (
    "event_time timestamp, event_id varchar, account_id varchar, function_arn varchar, "
    "run_id varchar, trigger_kind varchar, trigger_arn varchar, caller_function_arn varchar, "
    "role_arn varchar, identity_arn varchar, invoked_by varchar"
)
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:router"
GROUP = "arn:aws:logs:us-east-1:111111111111:log-group:trail"
ROLE = "arn:aws:iam::111111111111:role/deployer"
Row = tuple[str | None, ...]


def _rollup(*rows: Row) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    connection.execute(f"create table told ({COLUMNS})")
    connection.executemany("insert into told values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.from_arrow(SCHEMA.empty_table()).create("events")
    connection.execute("insert into events by name from told")
    day = {"day_start": datetime(2024, 5, 1), "day_end": datetime(2024, 5, 2)}
    engine = Warehouse(connection)
    engine.register("known_sessions", known_sessions([]))
    define_stages(engine, **day)
    return [tuple(row.values()) for row in engine.query("rollup_hours", **day).to_pylist()]


def _event(at: str, event_id: str, **fields: str) -> Row:
    names = [part.split()[0] for part in COLUMNS.split(", ")][3:]
    return (f"2024-05-{at}", event_id, "111111111111", *(fields.get(name) for name in names))


def _run(at: str, event_id: str, run_id: str, **fields: str) -> Row:
    return _event(at, event_id, function_arn=FUNCTION, run_id=run_id, **fields)


def _hour(hour: int) -> datetime:
    return datetime(2024, 5, 1, hour)


def test_an_asynchronous_run_is_one_run_of_the_function_and_the_source_and_two_entries() -> None:
    service = {
        "trigger_kind": "cloudwatch_logs",
        "trigger_arn": GROUP,
        "invoked_by": "logs.amazonaws.com",
    }
    rows = _rollup(
        _run("01 03:00:01", "a", "r1", **service),
        _run("01 03:00:02", "b", "r1", invoked_by="lambda.amazonaws.com"),
    )
    assert rows == [
        (_hour(3), "111111111111", "account", "111111111111", None, None, 2, 1, "a", "b"),
        (_hour(3), "111111111111", "function", FUNCTION, FUNCTION, None, 2, 1, "a", "b"),
        (_hour(3), "111111111111", "source", GROUP, FUNCTION, GROUP, 1, 1, "a", "a"),
    ]


def test_a_role_is_one_caller_whatever_it_calls_and_each_function_that_it_starts_has_a_row() -> (
    None
):
    session = {
        "role_arn": ROLE,
        "identity_arn": "arn:aws:sts::111111111111:assumed-role/deployer/x",
    }
    rows = _rollup(
        _event("01 04:10:00", "c", **session),
        _run("01 04:20:00", "d", "r2", trigger_kind="api", **session),
    )
    callers = [row for row in rows if row[2] == "caller"]
    assert callers == [
        (_hour(4), "111111111111", "caller", ROLE, FUNCTION, None, 1, 1, "d", "d"),
        (_hour(4), "111111111111", "caller", ROLE, None, None, 1, 0, "c", "c"),
    ]


def test_the_calling_function_is_the_caller_before_its_role() -> None:
    other = "arn:aws:lambda:us-east-1:111111111111:function:first"
    rows = _rollup(
        _run(
            "01 04:20:00",
            "d",
            "r2",
            trigger_kind="function",
            caller_function_arn=other,
            role_arn=ROLE,
        )
    )
    assert [row[3] for row in rows if row[2] == "caller"] == [other]


def test_only_the_days_own_hours_are_counted_and_equal_times_are_ordered_by_id() -> None:
    rows = _rollup(
        _event("01 23:59:59", "z"),
        _event("01 23:59:59", "y"),
        _event("02 00:00:00", "next day"),
    )
    assert rows == [
        (_hour(23), "111111111111", "account", "111111111111", None, None, 2, 0, "y", "z")
    ]

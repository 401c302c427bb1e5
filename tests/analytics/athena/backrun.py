"""Athena's words said back to DuckDB: what a statement means can be run without Athena."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
import sqlglot

from analytics.warehouse import Warehouse
from queries.athena import Statement


def with_days(events: pa.Table) -> pa.Table:
    """The entries with their partition, as Athena has it."""
    return events.append_column("event_day", pc.strftime(events["event_time"], "%Y-%m-%d"))


def filled(statement: Statement) -> str:
    """The text with each `?` replaced by the value that Athena would take for it, in order."""
    parts = statement.text.split("?")
    assert len(parts) == len(statement.arguments) + 1
    values = [*statement.arguments, ""]
    return "".join(part + value for part, value in zip(parts, values, strict=True))


def answer(statement: Statement, tables: Mapping[str, pa.Table], warehouse: Warehouse) -> pa.Table:
    """The rows that DuckDB gives for the statement."""
    for name, rows in tables.items():
        warehouse.register(name, with_days(rows) if name == "events" else rows)
    (text,) = sqlglot.transpile(filled(statement), read="athena", write="duckdb")
    return warehouse.sql(text)

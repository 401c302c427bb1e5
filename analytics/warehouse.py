"""The engine that runs a named query over a store, and the DuckDB file that others open.

Nothing else in `analytics` knows which engine runs the SQL.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import queries
from ingest.schema import SCHEMA
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

LEDGER_TABLES = {
    "sources": (
        "id, uri, etag, size, records, inserted, duplicates, rejected, delivered_at, batch_id, "
        "integrity, integrity_reason, sha256"
    ),
    "event_files": "path, event_day, rows, batch_id",
    "rejects": "source_id, record_index, reason",
    "batches": "id, started_at, committed_at",
}

_EVENT_INTEGRITY = """
create view event_integrity as
select
  e.event_id, e.recipient_account_id, e.event_time, e.source_id, e.record_index,
  s.uri, s.integrity, s.integrity_reason, s.sha256
from events as e
join sources as s on s.id = e.source_id
"""
"""Each entry with the state of the file that it was loaded from."""


class Warehouse:
    """A connection on a store: `query` runs a file of `queries/`, `sql` runs a text."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, layout: Layout) -> Warehouse:
        """All committed events and rollups of the store as views, in an engine of its own."""
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        warehouse = cls(connection)
        warehouse.use_events([layout.root / file.path for file in layout.committed_files()])
        for name, pattern in rollup_views(layout).items():
            connection.read_parquet(
                pattern, hive_partitioning=True, union_by_name=True
            ).create_view(name)
        return warehouse

    def use_events(self, paths: Sequence[Path]) -> None:
        """Points the view `events` at these files; an empty table where there are none."""
        if paths:
            files = [str(path) for path in paths]
            relation = self._connection.read_parquet(files, union_by_name=True)
        else:
            relation = self._connection.from_arrow(SCHEMA.empty_table())
        relation.create_view("events", replace=True)

    def register(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table readable under `name`."""
        self._connection.register(name, table)

    def define(self, name: str, query: str, **parameters: Any) -> None:
        """Makes the rows of a query readable under `name`."""
        self.register(name, self.query(query, **parameters))

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """The rows of the query called `name` in `queries/`."""
        return self.sql(queries.text(name), parameters)

    def sql(self, text: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The rows of one statement; StoreError says what the engine refused."""
        try:
            return self._connection.sql(text, params=dict(parameters or {})).to_arrow_table()
        except duckdb.Error as error:
            raise StoreError(f"the query failed ({str(error).splitlines()[0]})") from error


def rollup_views(layout: Layout) -> dict[str, str]:
    """View name to Parquet pattern, for every rollup that has files."""
    found = {}
    for folder in sorted(layout.rollups.glob("*")):
        if folder.is_dir() and any(folder.glob("*/*.parquet")):
            found[folder.name] = str(folder.resolve() / "*" / "*.parquet")
    return found


def publish(layout: Layout) -> Path:
    """Builds `stormtrail.duckdb` beside the old one and swaps it in whole; returns its path."""
    layout.root.mkdir(parents=True, exist_ok=True)
    fresh = layout.database.with_suffix(f".{os.getpid()}.new")
    _sweep(layout)
    try:
        with duckdb.connect(str(fresh)) as connection:
            connection.execute("set timezone = 'UTC'")
            _publish_events(connection, layout)
            _publish_ledger(connection, layout)
            connection.execute(_EVENT_INTEGRITY)
            _publish_rollups(connection, layout)
            connection.execute("checkpoint")  # as closing does, which says nothing of a full disk
        fresh.replace(layout.database)
    except (duckdb.Error, OSError) as error:
        hint = "free some space or check the folder's permissions"
        raise StoreError(
            f"cannot publish the database ({error})", where=str(fresh), hint=hint
        ) from error
    finally:
        _sweep(layout)
    return layout.database


def _sweep(layout: Layout) -> None:
    """Deletes what this process, and those that died while they published, left behind."""
    for path in layout.root.glob(f"{layout.database.stem}.*.new*"):
        owner = path.name.split(".")[1]
        if owner == str(os.getpid()) or not Path("/proc", owner).exists():
            path.unlink(missing_ok=True)


def _publish_events(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    if layout.committed_files():
        pattern = str(layout.events.resolve() / "*" / "*.parquet")
        connection.read_parquet(pattern, hive_partitioning=True, union_by_name=True).create_view(
            "events"
        )
    else:
        _as_table(connection, "events", SCHEMA.empty_table())


def _publish_ledger(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    for name, columns in LEDGER_TABLES.items():
        _as_table(connection, name, layout.ledger_rows(name, columns))


def _publish_rollups(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    for name, pattern in rollup_views(layout).items():
        connection.read_parquet(pattern, hive_partitioning=True, union_by_name=True).create_view(
            name
        )


def _as_table(
    connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table | pa.RecordBatchReader
) -> None:
    connection.from_arrow(table).create(name)

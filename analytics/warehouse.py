"""The engine that runs a named query over a store, and the DuckDB file that others open.

Nothing else in `analytics` knows which engine runs the SQL.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import queries
from analytics import rollup_files
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

EVENT_INTEGRITY = """
select
  e.event_id, e.recipient_account_id, e.event_time, e.source_id, e.record_index,
  s.uri, s.integrity, s.integrity_reason, s.sha256
from events as e
join sources as s on s.id = e.source_id
"""
"""The view of that name: each entry with the state of the file that it was loaded from."""

_LEDGER_STATE = (
    "select count(*), max(id) from batches",
    "select count(*), max(path) from event_files",
    "select count(*), max(id), count(integrity), count(sha256) from sources",
)
"""What changes when the ledger does, asked of the published database and of the ledger alike."""


class Warehouse:
    """A connection on a store: `query` runs a file of `queries/`, `sql` runs a text."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, rollups: Mapping[str, Path] | None = None
    ) -> None:
        self._connection = connection
        self._rollups = rollups or {}
        _view_rollups(connection, self._rollups, mixed=False)

    @classmethod
    def open(cls, layout: Layout) -> Warehouse:
        """All committed events and rollups of the store as views, in an engine of its own."""
        warehouse = cls.on_rollups(layout)
        warehouse.use_events([layout.root / file.path for file in layout.committed_files()])
        return warehouse

    @classmethod
    def on_rollups(cls, layout: Layout) -> Warehouse:
        """The rollups alone: not one file of events is opened, however many there are."""
        return cls(_connected(), rollup_views(layout))

    @classmethod
    def bare(cls, _: Layout) -> Warehouse:
        """Nothing of the store yet: for who says which events to use."""
        return cls(_connected())

    def use_events(self, paths: Sequence[Path]) -> None:
        """Points the view `events` at these files; an empty table where there are none."""
        if paths:
            files = [_literally(path) for path in paths]
            relation = self._connection.read_parquet(files, union_by_name=True)
        else:
            relation = self._connection.from_arrow(SCHEMA.empty_table())
        relation.create_view("events", replace=True)

    def register(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table readable under `name`, in place of any view of that name."""
        self._copy(name, self._connection.from_arrow(table))

    def define(self, name: str, query: str, **parameters: Any) -> None:
        """Makes the rows of a query readable under `name`."""
        self._copy(name, self._connection.sql(queries.text(query), params=parameters))

    def _copy(self, name: str, relation: duckdb.DuckDBPyRelation) -> None:
        """As a table: what DuckDB itself calls registered is one cursor's alone."""
        rows = f"{name}_rows"
        self._connection.execute(f"drop table if exists {rows}")
        relation.create(rows)
        self._connection.table(rows).create_view(name, replace=True)

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """The rows of the query called `name` in `queries/`."""
        return self.sql(queries.text(name), parameters)

    def answers(self, names: Sequence[str], **parameters: Any) -> Iterator[pa.Table]:
        """The rows of each of these queries in turn, worked out while the caller keeps those before."""
        with ThreadPoolExecutor(1) as pool:
            yield from pool.map(lambda name: self._beside().query(name, **parameters), names)

    def _beside(self) -> Warehouse:
        """The same database by a cursor of its own, for another thread."""
        return Warehouse(self._connection.cursor())

    def rollup(
        self, name: str, columns: Sequence[str], since: datetime, until: datetime
    ) -> pa.Table:
        """Rows of a rollup of minutes in [since, until), in the order they are kept in, texts by dictionaries."""
        return rollup_files.read_coded(self._rollups[name], columns, "minute", since, until)

    def sql(self, text: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The rows of one statement; StoreError says what the engine refused."""
        try:
            return self._connection.sql(text, params=dict(parameters or {})).to_arrow_table()
        except duckdb.Error as error:
            raise StoreError(f"the query failed ({str(error).splitlines()[0]})") from error


def _connected() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute("set parquet_metadata_cache = true")  # many queries read the same files
    return connection


def rollup_views(layout: Layout) -> dict[str, Path]:
    """View name to folder, for every rollup that has files."""
    return {
        folder.name: folder.resolve()
        for folder in sorted(layout.rollups.glob("*"))
        if folder.is_dir() and any(folder.glob("*/*.parquet"))
    }


def _view_rollups(
    connection: duckdb.DuckDBPyConnection, rollups: Mapping[str, Path], *, mixed: bool = True
) -> None:
    """`mixed`: while days are made anew, files of an earlier version's columns may stand among the others. Else
    one file tells the columns of all, and the others need not be opened for them."""
    for name, folder in rollups.items():
        pattern = f"{_literally(folder)}/*/*.parquet"
        rows = connection.read_parquet(pattern, hive_partitioning=True, union_by_name=mixed)
        rows.create_view(name, replace=True)


def _literally(path: Path) -> str:
    """A path that DuckDB takes for itself and not for a pattern."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def is_elsewhere(layout: Layout) -> bool:
    """Whether the published database reads the files of another folder: the store was moved or copied since."""
    try:
        with duckdb.connect(str(layout.database), read_only=True) as connection:
            return _reads_elsewhere(connection, layout)
    except duckdb.Error:
        return False


def _reads_elsewhere(connection: duckdb.DuckDBPyConnection, layout: Layout) -> bool:
    found = connection.execute(
        "select sql from duckdb_views() where view_name = 'events' and not internal"
    ).fetchall()
    place = _literally(layout.events.resolve()).replace("'", "''")
    return any(place not in text for (text,) in found)


def reads_rollups(layout: Layout) -> bool:
    """Whether the published database answers from every rollup that has files, as they are now."""
    try:
        with duckdb.connect(str(layout.database), read_only=True) as connection:
            if _reads_elsewhere(connection, layout):
                return False
            for name in rollup_views(layout):
                connection.table(name).limit(0).fetchall()
    except duckdb.Error:
        return False
    return True


def publish(layout: Layout) -> Path:
    """Builds `stormtrail.duckdb` beside the old one and swaps it in whole; returns its path."""
    layout.root.mkdir(parents=True, exist_ok=True)
    with _swapped_in(layout) as fresh, duckdb.connect(str(fresh)) as connection:
        connection.execute("set timezone = 'UTC'")
        _publish_events(connection, layout)
        _publish_ledger(connection, layout)
        connection.execute(f"create view event_integrity as {EVENT_INTEGRITY}")
        _view_rollups(connection, rollup_views(layout))
        connection.execute("checkpoint")  # as closing does, which says nothing of a full disk
    return layout.database


def publish_rollups(layout: Layout) -> None:
    """The same where the published database cannot read the rollups that there are; one that can reads days
    made since as well. Where it holds what the ledger does, only views are made anew."""
    if reads_rollups(layout):
        return
    if not _holds_the_ledger(layout):
        publish(layout)
        return
    with _swapped_in(layout) as fresh:
        shutil.copyfile(layout.database, fresh)
        with duckdb.connect(str(fresh)) as connection:
            _view_rollups(connection, rollup_views(layout))
            connection.execute("checkpoint")


def _holds_the_ledger(layout: Layout) -> bool:
    """Whether the published database has the ledger's rows as they are, and no views but those to be made."""
    try:
        with duckdb.connect(str(layout.database), read_only=True) as connection:
            rows = [connection.execute(each).fetchall() for each in _LEDGER_STATE]
            views = connection.execute(
                "select view_name from duckdb_views() where not internal"
            ).fetchall()
            elsewhere = _reads_elsewhere(connection, layout)
    except duckdb.Error:
        return False
    known = {"events", "event_integrity", *rollup_views(layout)}
    same = rows == [layout.ledger_answer(each) for each in _LEDGER_STATE]
    return same and not elsewhere and {name for (name,) in views} <= known


@contextmanager
def _swapped_in(layout: Layout) -> Iterator[Path]:
    """A path beside the published database, which takes its place; StoreError where it cannot be written."""
    fresh = layout.database.with_suffix(f".{os.getpid()}.new")
    _sweep(layout)
    try:
        yield fresh
        fresh.replace(layout.database)
    except (duckdb.Error, OSError) as error:
        hint = "free some space or check the folder's permissions"
        raise StoreError(
            f"cannot publish the database ({error})", where=str(fresh), hint=hint
        ) from error
    finally:
        _sweep(layout)


def _sweep(layout: Layout) -> None:
    """Deletes what this process, and those that died while they published, left behind."""
    for path in layout.root.glob(f"{layout.database.stem}.*.new*"):
        owner = path.name.split(".")[1]
        if owner == str(os.getpid()) or not Path("/proc", owner).exists():
            path.unlink(missing_ok=True)


_DAY: Any = pa.field("event_day", pa.date32())  # of the files' folders


def _publish_events(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    if layout.committed_files():
        pattern = f"{_literally(layout.events.resolve())}/*/*.parquet"
        connection.read_parquet(pattern, hive_partitioning=True, union_by_name=True).create_view(
            "events"
        )
    else:
        _as_table(connection, "events", SCHEMA.append(_DAY).empty_table())


def _publish_ledger(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    for name, columns in LEDGER_TABLES.items():
        _as_table(connection, name, layout.ledger_rows(name, columns))


def _as_table(
    connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table | pa.RecordBatchReader
) -> None:
    connection.from_arrow(table).create(name)

"""Where things stand inside a store, and which event files are committed.

A leaf module: every package may use it, it uses only `stormtrail.errors`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from stormtrail.errors import StoreError

_INTEGERS = ("id", "size", "records", "inserted", "duplicates", "rejected", "rows", "batch_id")
_LEDGER_ROWS = 20_000
_LEDGER_TYPES = dict.fromkeys((*_INTEGERS, "source_id", "record_index"), pa.int64())


@dataclass(frozen=True)
class EventFile:
    """One committed Parquet file of events: path below the store, UTC day, rows, ledger batch."""

    path: str
    event_day: str
    rows: int
    batch_id: int


@dataclass(frozen=True)
class Layout:
    """The fixed places of a store folder."""

    root: Path

    @property
    def events(self) -> Path:
        """Parquet, `event_day=YYYY-MM-DD/*.parquet`."""
        return self.root / "events"

    @property
    def rollups(self) -> Path:
        """Parquet, `NAME/event_day=YYYY-MM-DD/*.parquet`."""
        return self.root / "rollups"

    @property
    def ledger(self) -> Path:
        """SQLite: what is in, from where, what was rejected."""
        return self.root / "ledger.sqlite"

    @property
    def ledger_address(self) -> str:
        """The ledger for readers, as SQLite's URI."""
        return f"{self.ledger.absolute().as_uri()}?mode=ro"

    @property
    def database(self) -> Path:
        """The DuckDB file that any client can open read-only."""
        return self.root / "stormtrail.duckdb"

    @property
    def staging(self) -> Path:
        """Files being written; nothing here is committed."""
        return self.root / "staging"

    @property
    def findings(self) -> Path:
        """Findings by the state that they were found in; may be deleted at any time."""
        return self.root / "findings"

    @property
    def topology(self) -> Path:
        """JSON files of pulled and user-given links."""
        return self.root / "topology"

    @property
    def promises(self) -> Path:
        """JSON: what the last `plan` said that its cures would come to."""
        return self.root / "promises.json"

    @property
    def mirrored(self) -> Path:
        """In a mirror's folder alone: of which store on S3 it is one."""
        return self.root / "mirrored.json"

    @property
    def is_mirror(self) -> bool:
        """Whether the folder mirrors a store that machines share."""
        return self.mirrored.exists()

    def committed_files(self) -> tuple[EventFile, ...]:
        """Every committed event file, by day and path; StoreError where the ledger is unreadable."""
        query = "select path, event_day, rows, batch_id from event_files order by event_day, path"
        return tuple(EventFile(*row) for row in self.ledger_answer(query))

    def ledger_table(self, name: str, columns: str) -> pa.Table:
        """A ledger table as Arrow, `columns` in order, all rows; empty where there is no ledger.

        `name` and `columns` are this program's own words, never a user's.
        """
        return self.ledger_rows(name, columns).read_all()

    def ledger_rows(self, name: str, columns: str) -> pa.RecordBatchReader:
        """The same, some rows at a time: an archive may hold millions of files."""
        wanted = [column.strip() for column in columns.split(",")]
        schema = pa.schema([(name, _LEDGER_TYPES.get(name, pa.string())) for name in wanted])
        return pa.RecordBatchReader.from_batches(schema, self._batches(name, columns, schema))

    def ledger_answer(self, statement: str) -> list[tuple[Any, ...]]:
        """What the ledger answers to a read-only statement of this program's own; nothing where there is none."""
        if not self.ledger.exists():
            return []
        try:
            with closing(sqlite3.connect(self.ledger_address, uri=True)) as connection:
                return connection.execute(statement).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _batches(self, name: str, columns: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        if not self.ledger.exists():
            return
        try:
            # an engine may ask for batches from another thread than the first, never from two at once
            opened = sqlite3.connect(self.ledger_address, uri=True, check_same_thread=False)
            with closing(opened) as connection:
                found = connection.execute(f"select {columns} from {name}")  # noqa: S608
                while rows := found.fetchmany(_LEDGER_ROWS):
                    arrays = zip(zip(*rows, strict=True), schema.types, strict=True)
                    yield pa.record_batch([pa.array(*pair) for pair in arrays], schema=schema)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.Error) -> StoreError:
        hint = "is this folder a Stormtrail store?"
        return StoreError(f"ledger cannot be read ({error})", where=str(self.ledger), hint=hint)

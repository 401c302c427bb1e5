"""The ledger: which files were read, what is committed, what was rejected (SQLite)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from ingest.decode import Reject
from stormtrail.errors import StoreError
from stormtrail.layout import EventFile

_TABLES = """
create table if not exists batches(id integer primary key, started_at text, committed_at text);
create table if not exists sources(
  id integer primary key, uri text, etag text, size integer, records integer, inserted integer,
  duplicates integer, rejected integer, delivered_at text, batch_id integer,
  integrity text, integrity_reason text, sha256 text);
create unique index if not exists sources_by_uri on sources(uri, etag);
create index if not exists sources_unread on sources(id) where etag is null;
create table if not exists event_files(
  path text primary key, event_day text, rows integer, batch_id integer);
create index if not exists event_files_by_day on event_files(event_day);
create table if not exists rejects(
  source_id integer, record_index integer, reason text, raw blob);
create table if not exists removed_files(path text primary key);
create table if not exists formats(name text primary key, missing text);
create table if not exists bookmarks(prefix text primary key, day text);
create index if not exists rejects_by_source on rejects(source_id);
"""
_ADDED = {"integrity_reason": "text", "sha256": "text"}
"""Columns of `sources` that ledgers of earlier versions lack."""

UNPROVEN, UNVERIFIED = "unproven", "not verified"


@dataclass(frozen=True)
class SourceRow:
    """One object that was read; counts of its records. `etag` is None where reading failed.

    `sha256` is that of its content without gzip, in hex; None where nobody worked it out.
    """

    id: int
    uri: str
    etag: str | None
    size: int
    records: int
    inserted: int
    duplicates: int
    rejected: int
    delivered_at: str | None
    sha256: str | None = None


@dataclass(frozen=True)
class Unproven:
    """A file in the store whose integrity is not decided: its row, and the state that was read."""

    id: int
    uri: str
    etag: str
    sha256: str | None


@dataclass(frozen=True)
class Mark:
    """What is now known of a file: its integrity, why, and the hash of its content if known."""

    id: int
    integrity: str
    reason: str | None
    sha256: str | None


@dataclass(frozen=True)
class Batch:
    """What one commit adds."""

    id: int
    started_at: str
    sources: Sequence[SourceRow]
    files: Sequence[EventFile]
    rejects: Mapping[int, Sequence[Reject]]
    formats: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Formats other than CloudTrail's own, and the fields that each does not carry."""


def utc_text(time: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Ledger:
    """Reads and writes one ledger file. Only the holder of the store's lock may write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self._connection.executescript(_TABLES)
            self._add_columns()

    def _add_columns(self) -> None:
        """Brings a ledger of an earlier version up to date."""
        have = {row[1] for row in self._connection.execute("pragma table_info(sources)")}
        for name in _ADDED.keys() - have:
            self._connection.execute(f"alter table sources add column {name} {_ADDED[name]}")
        if _ADDED.keys() - have:
            self._connection.execute(
                "update sources set integrity = ?, integrity_reason = ? where integrity is null",
                (UNPROVEN, UNVERIFIED),
            )

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = "is the disk full, or is this folder not a store?"
            raise StoreError(f"ledger: {error}", where=str(self._path), hint=hint) from error

    def next_ids(self) -> tuple[int, int]:
        """The next free (source id, batch id)."""
        query = "select coalesce(max(id), 0) + 1 from "
        with self._explained():
            source = self._connection.execute(query + "sources").fetchone()[0]
            return source, self._connection.execute(query + "batches").fetchone()[0]

    def has(self, uri: str, etag: str) -> bool:
        """Whether this state of the object is in the store."""
        query = "select 1 from sources where uri = ? and etag = ?"
        with self._explained():
            return self._connection.execute(query, (uri, etag)).fetchone() is not None

    def files_of_day(self, event_day: str) -> list[str]:
        """Committed files of a UTC day, relative to the store."""
        query = "select path from event_files where event_day = ? order by path"
        with self._explained():
            return [row[0] for row in self._connection.execute(query, (event_day,))]

    def all_files(self) -> list[str]:
        """Every committed file, relative to the store."""
        with self._explained():
            return [row[0] for row in self._connection.execute("select path from event_files")]

    def removed_files(self) -> list[str]:
        """Files that are no longer part of the store and may still be on disk."""
        with self._explained():
            return [row[0] for row in self._connection.execute("select path from removed_files")]

    def forget_removed(self) -> None:
        """Says that the removed files are gone from disk."""
        with self._explained(), self._transaction() as connection:
            connection.execute("delete from removed_files")

    def exchange(self, old: Sequence[str], new: Sequence[EventFile]) -> None:
        """Puts event files in the place of others, in one transaction."""
        with self._explained(), self._transaction() as connection:
            record_exchange(connection, old, new)

    def bookmarks(self) -> dict[str, date]:
        """By prefix of an archive: the day before which all of it is in."""
        with self._explained():
            rows = self._connection.execute("select prefix, day from bookmarks")
            return {prefix: date.fromisoformat(day) for prefix, day in rows}

    def set_bookmarks(self, bookmarks: Mapping[str, date]) -> None:
        """Remembers how far prefixes were read."""
        with self._explained(), self._transaction() as connection:
            record_bookmarks(connection, bookmarks)

    def unproven(self, start: str, end: str, after: tuple[str, int], most: int) -> list[Unproven]:
        """The next files in [start, end) of URIs that are read and unproven, by URI and id."""
        query = (
            "select id, uri, etag, sha256 from sources where uri >= ? and uri < ? "
            "and (uri, id) > (?, ?) and etag is not null and integrity = ? order by uri, id limit ?"
        )
        with self._explained():
            found = self._connection.execute(query, (start, end, *after, UNPROVEN, most))
            return [Unproven(*row) for row in found]

    def mark(self, marks: Sequence[Mark]) -> None:
        """Keeps what verification found."""
        with self._explained(), self._transaction() as connection:
            record_marks(connection, marks)

    def integrity_counts(self, start: str, end: str) -> dict[str, int]:
        """How many files in [start, end) of URIs have each integrity."""
        query = (
            "select integrity, count(*) from sources where uri >= ? and uri < ? group by integrity"
        )
        with self._explained():
            return dict(self._connection.execute(query, (start, end)))

    def commit(self, batch: Batch) -> None:
        """Records a batch in one transaction: all of it or nothing."""
        with self._explained(), self._transaction() as connection:
            record_batch(connection, batch, utc_text(datetime.now(UTC)))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("begin immediate")
        try:
            yield self._connection
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()


def record_batch(connection: sqlite3.Connection, batch: Batch, committed_at: str) -> None:
    """Writes a batch's rows, within the caller's transaction."""
    times = (batch.id, batch.started_at, committed_at)
    connection.execute("insert into batches values (?, ?, ?)", times)
    _forget_failed(connection, batch.sources)
    connection.executemany(_INSERT_SOURCE, [_source_values(s, batch.id) for s in batch.sources])
    files = [(file.path, file.event_day, file.rows, batch.id) for file in batch.files]
    connection.executemany("insert into event_files values (?, ?, ?, ?)", files)
    connection.executemany("insert into rejects values (?, ?, ?, ?)", _reject_rows(batch))
    formats = [(name, ", ".join(missing)) for name, missing in batch.formats.items()]
    connection.executemany("insert or replace into formats values (?, ?)", formats)


def record_exchange(
    connection: sqlite3.Connection, old: Sequence[str], new: Sequence[EventFile]
) -> None:
    """Puts event files in the place of others, within the caller's transaction."""
    paths = [(path,) for path in old]
    connection.executemany("delete from event_files where path = ?", paths)
    connection.executemany("insert or replace into removed_files values (?)", paths)
    files = [(file.path, file.event_day, file.rows, file.batch_id) for file in new]
    connection.executemany("insert into event_files values (?, ?, ?, ?)", files)


def record_marks(connection: sqlite3.Connection, marks: Sequence[Mark]) -> None:
    """Writes what verification found, within the caller's transaction."""
    query = "update sources set integrity = ?, integrity_reason = ?, sha256 = ? where id = ?"
    rows = [(mark.integrity, mark.reason, mark.sha256, mark.id) for mark in marks]
    connection.executemany(query, rows)


def record_bookmarks(connection: sqlite3.Connection, bookmarks: Mapping[str, date]) -> None:
    """Writes how far prefixes were read, within the caller's transaction."""
    rows = [(prefix, day.isoformat()) for prefix, day in bookmarks.items()]
    connection.executemany("insert or replace into bookmarks values (?, ?)", rows)


_INSERT_SOURCE = """
insert or replace into sources(
  id, uri, etag, size, records, inserted, duplicates, rejected, delivered_at, batch_id,
  integrity, integrity_reason, sha256)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _source_values(source: SourceRow, batch_id: int) -> tuple[object, ...]:
    return (
        source.id,
        source.uri,
        source.etag,
        source.size,
        source.records,
        source.inserted,
        source.duplicates,
        source.rejected,
        source.delivered_at,
        batch_id,
        UNPROVEN,
        UNVERIFIED,
        source.sha256,
    )


def _forget_failed(connection: sqlite3.Connection, sources: Iterable[SourceRow]) -> None:
    """Removes what an earlier try to read the same objects left behind."""
    failed = connection.execute("select uri, id from sources where etag is null").fetchall()
    tried = {source.uri for source in sources} if failed else set()
    for old in [(source_id,) for uri, source_id in failed if uri in tried]:
        connection.execute("delete from rejects where source_id = ?", old)
        connection.execute("delete from sources where id = ?", old)


def _reject_rows(batch: Batch) -> Iterator[tuple[object, ...]]:
    for source_id, rejects in batch.rejects.items():
        for reject in rejects:
            yield source_id, reject.record_index, reject.reason, reject.raw

"""The ledger of a mirror: the log of commits, played into an ordinary ledger in its order.

Beside the ledger's own tables: `commit_log` (number, id and time of each commit that is in),
`documents` (the small files that machines share), `file_hashes` (SHA-256 of each committed event file)
and `replaced` (event files that the commit `number` took out of the store, which may still be in the
bucket). So the ledger is all that the commits up to its position said: a checkpoint of the log.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from ingest.decode import Reject
from ingest.ledger import (
    Batch,
    Ledger,
    Mark,
    record_batch,
    record_bookmarks,
    record_exchange,
    record_marks,
)
from ingest.remote.commits import Commit, Draft, stamp

_TABLES = """
create table if not exists commit_log(number integer primary key, id text unique, at text);
create table if not exists documents(path text primary key, sha256 text, content text);
create table if not exists file_hashes(path text primary key, sha256 text);
create table if not exists replaced(path text primary key, number integer);
"""

Publish = Callable[[Callable[[], "Draft | None"]], object]


class MirrorLedger(Ledger):
    """A mirror's ledger. What would change it is published, and comes back as a commit."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.publish: Publish = _unpublished
        with self._explained():
            self._connection.executescript(_TABLES)

    def position(self) -> int:
        """The number of the last commit that is in; 0 where none is."""
        with self._explained():
            found = self._connection.execute("select max(number) from commit_log").fetchone()[0]
            return int(found or 0)

    def holds(self, commit_id: str) -> bool:
        """Whether the commit is in."""
        with self._explained():
            query = "select 1 from commit_log where id = ?"
            return self._connection.execute(query, (commit_id,)).fetchone() is not None

    def known_documents(self) -> dict[str, str]:
        """SHA-256 of each document of the store, by path."""
        with self._explained():
            return dict(self._connection.execute("select path, sha256 from documents"))

    def documents(self) -> dict[str, str | None]:
        """The text of each document of the store, by path."""
        with self._explained():
            return dict(self._connection.execute("select path, content from documents"))

    def file_hashes(self) -> dict[str, str]:
        """SHA-256 of each committed event file, by path."""
        with self._explained():
            return dict(self._connection.execute("select path, sha256 from file_hashes"))

    def copy_to(self, path: Path) -> None:
        """Writes the ledger as it stands to another file."""
        with self._explained():
            self._connection.execute("vacuum into ?", (str(path),))

    def replaced(self) -> dict[str, int]:
        """Event files that are out of the store, and the number of the commit that did that."""
        with self._explained():
            return dict(self._connection.execute("select path, number from replaced"))

    def files_by_day(self) -> Iterator[tuple[str, str]]:
        """Path and UTC day of each committed file."""
        with self._explained():
            yield from self._connection.execute("select path, event_day from event_files")

    def loaded_after(self, uri: str, batch_id: int) -> bool:
        """Whether a batch after this one read the object."""
        query = "select 1 from sources where uri = ? and etag is not null and batch_id > ?"
        with self._explained():
            return self._connection.execute(query, (uri, batch_id)).fetchone() is not None

    def play(self, commits: Iterable[tuple[int, Commit]]) -> None:
        """Brings numbered commits in: all of them or none."""
        with self._explained(), self._transaction() as connection:
            for number, commit in commits:
                _play(connection, number, commit)

    def mark(self, marks: Sequence[Mark]) -> None:
        """Publishes what verification found."""
        if marks:
            self.publish(lambda: Draft(Commit(*stamp(), marks=tuple(marks))))

    def set_bookmarks(self, bookmarks: Mapping[str, date]) -> None:
        """Publishes how far prefixes were read, where that is further than was known."""

        def draft() -> Draft | None:
            known = self.bookmarks()
            new = {name: day for name, day in bookmarks.items() if day != known.get(name)}
            return Draft(Commit(*stamp(), bookmarks=new)) if new else None

        self.publish(draft)


def _unpublished(_make: Callable[[], Draft | None]) -> None:
    raise AssertionError("a mirror's ledger was changed without its store")


def _play(connection: sqlite3.Connection, number: int, commit: Commit) -> None:
    added = [one.file for one in commit.files]
    if commit.batch:
        times = commit.batch
        batch = Batch(times.id, times.started_at, commit.sources, added, {}, commit.formats)
        record_batch(connection, _with_rejects(batch, commit), times.committed_at)
    else:
        record_exchange(connection, commit.removed, added)
    hashes = [(one.file.path, one.sha256) for one in commit.files]
    connection.executemany("insert into file_hashes values (?, ?)", hashes)
    gone = [(path,) for path in commit.removed]
    connection.executemany("delete from file_hashes where path = ?", gone)
    replaced = [(path, number) for path in commit.removed]
    connection.executemany("insert or replace into replaced values (?, ?)", replaced)
    record_marks(connection, commit.marks)
    record_bookmarks(connection, commit.bookmarks)
    for path, text in commit.documents.items():
        connection.execute("delete from documents where path = ?", (path,))
        if text is not None:
            found = (path, text_hash(text), text)
            connection.execute("insert into documents values (?, ?, ?)", found)
    row = (number, commit.id, commit.at)
    connection.execute("insert into commit_log values (?, ?, ?)", row)


def _with_rejects(batch: Batch, commit: Commit) -> Batch:
    rejects: dict[int, list[Reject]] = {}
    for row in commit.rejects:
        found = Reject(row.record_index, row.reason, row.raw)
        rejects.setdefault(row.source_id, []).append(found)
    return Batch(batch.id, batch.started_at, batch.sources, batch.files, rejects, batch.formats)


def text_hash(text: str) -> str:
    """SHA-256 of a document, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()

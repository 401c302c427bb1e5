"""The work on one chunk of log files, the same in this process and in a worker.

Two steps with a question between: `prepare` reads and decodes and gives each entry's key; the
caller says which entries are new; `finish` writes those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ingest.coded import chosen
from ingest.columns import LogFile, complete, receive
from ingest.decode import Reject
from ingest.dedupe import entry_keys
from ingest.formats.base import Format
from ingest.held import Held
from ingest.inflate import inflate
from ingest.pieces import PIECE_BYTES, pieces
from ingest.sources.base import LogObject
from ingest.writer import Place, days_of, write_days
from stormtrail.errors import AccessError, InputError
from stormtrail.layout import EventFile
from stormtrail.text import plain as visible

_TABLE_BYTES = 24 << 20  # of received rows, before they are completed
_RAW_KEPT = 1 << 20  # bytes kept of a rejected record or file

_T = TypeVar("_T")


@dataclass(frozen=True)
class Chunk:
    """Objects to load as one batch; source ids count up from `first_source_id`.

    `hashed`: the SHA-256 of each file's content is wanted, for its proof.
    """

    objects: tuple[LogObject, ...]
    first_source_id: int
    batch_id: int
    staging: Path
    max_file_bytes: int
    hashed: bool = False


@dataclass(frozen=True)
class FileReport:
    """One file: rows it gave, plain bytes, why it could not be read, its format if not JSON."""

    rows: int
    plain_bytes: int
    failure: str | None = None
    format: Format | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Prepared:
    """What the caller needs to decide: key and day of each row, in the order of the files."""

    keys: Any
    days: Any
    reports: tuple[FileReport, ...]
    rejects: dict[int, list[Reject]]


@dataclass
class Worker:
    """Does the two steps; holds the rows between them.

    Rows that are many are held in `aside` (None: in the chunk's staging). The files are numbered
    from `first_part`, by which several tries at one chunk are told apart.
    """

    aside: Path | None = None
    first_part: int = 0
    _held: Held | None = None
    _chunk: Chunk | None = None

    def prepare(self, chunk: Chunk) -> Prepared:
        """Reads and decodes the chunk's objects."""
        held = (self.aside or chunk.staging) / f"{chunk.batch_id:08d}.rows"
        self._chunk, self._held = chunk, Held(held)
        told = _Told(chunk)
        keys, days = [np.zeros((0, 2), np.uint64)], [np.zeros(0, np.int64)]
        received = _received(_load(chunk, told), told)
        for tables in _batches(received, lambda table: table.nbytes, _TABLE_BYTES):
            table = complete(tables)
            self._held.add(table)
            told.rows(table)
            keys.append(entry_keys(table))
            days.append(days_of(table))
        reports = tuple(told.reports)
        return Prepared(np.concatenate(keys), np.concatenate(days), reports, told.rejects)

    def finish(self, new: Any) -> list[EventFile]:
        """Writes the rows where `new` is true; returns the staged files."""
        assert self._chunk is not None, "finish() follows prepare()"  # noqa: S101
        assert self._held is not None  # noqa: S101
        files: list[EventFile] = []
        start = 0
        for part, table in enumerate(self._held.take(), self.first_part):
            wanted = new[start : start + table.num_rows]
            start += table.num_rows
            place = Place(self._chunk.staging, self._chunk.batch_id, part)
            files += write_days(table if wanted.all() else chosen(table, wanted), place)
        return files


class _Told:
    """What there is to say of a chunk's files, gathered while they are read."""

    def __init__(self, chunk: Chunk) -> None:
        self.reports = [FileReport(0, 0) for _ in chunk.objects]
        self.rejects: dict[int, list[Reject]] = {}
        self._first = chunk.first_source_id

    def file(self, source_id: int, **facts: Any) -> None:
        """Sets facts of a file's report."""
        place = source_id - self._first
        self.reports[place] = replace(self.reports[place], **facts)

    def rows(self, table: Any) -> None:
        """Counts a table's rows for their files."""
        ids, counts = np.unique(table.column("source_id").to_numpy(), return_counts=True)
        for source_id, count in zip(ids.tolist(), counts.tolist(), strict=True):
            self.file(source_id, rows=self.reports[source_id - self._first].rows + count)

    def reject(self, rejects: Mapping[int, Iterable[Reject]]) -> None:
        """Keeps rejects, of each so much that it can be told what it was."""
        for source_id, found in rejects.items():
            short = [replace(one, raw=one.raw and one.raw[:_RAW_KEPT]) for one in found]
            if short:
                self.rejects.setdefault(source_id, []).extend(short)


def _received(logs: Iterable[LogFile], told: _Told) -> Iterator[Any]:
    """The files' rows as they came. Of a file in pieces, each piece but the last ends its group."""
    for group in _batches(logs, lambda log: len(log.data), PIECE_BYTES):
        received = receive(group)
        told.reject(received.rejects)
        yield received.table


def _batches(items: Iterable[_T], size: Callable[[_T], int], enough: int) -> Iterator[list[_T]]:
    """The items in order, in lists that each end where their sizes reach `enough`."""
    batch: list[_T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item)
        if total >= enough:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _load(chunk: Chunk, told: _Told) -> Iterator[LogFile]:
    for source_id, (found, raw) in enumerate(_read_all(chunk), chunk.first_source_id):
        if isinstance(raw, InputError):
            reason = visible(raw.line())  # a path can be bytes that are no text
            told.file(source_id, failure=reason)
            told.reject({source_id: [Reject(None, reason, None)]})
        else:
            yield from _plain(source_id, found, raw, chunk, told)


def _read_all(chunk: Chunk) -> Iterator[tuple[LogObject, bytes | InputError]]:
    """Each object's bytes in order, several read at once where waiting is long."""
    limit = chunk.max_file_bytes
    threads = max(found.reader.concurrency for found in chunk.objects)
    if threads == 1:
        yield from ((found, _read(found, limit)) for found in chunk.objects)
        return
    with ThreadPoolExecutor(threads) as pool:
        reads = pool.map(lambda found: _read(found, limit), chunk.objects)
        yield from zip(chunk.objects, reads, strict=True)


def _read(found: LogObject, limit: int) -> bytes | InputError:
    try:
        return found.reader.read(found.location, limit)
    except AccessError:
        raise  # no other object could be read either
    except InputError as error:
        return error


def _plain(
    source_id: int, found: LogObject, raw: bytes, chunk: Chunk, told: _Told
) -> Iterator[LogFile]:
    """The pieces of one file that was read."""
    plain = inflate(raw, chunk.max_file_bytes)
    if plain.problem:
        told.reject({source_id: [Reject(None, plain.problem, raw)]})
    elif chunk.hashed:
        told.file(source_id, sha256=hashlib.sha256(plain.data).hexdigest())
    if plain.whole:
        return
    told.file(source_id, plain_bytes=len(plain.data))
    for piece in pieces(plain.data, chunk.max_file_bytes):
        if piece.format:
            told.file(source_id, format=piece.format)
        if piece.problem:
            told.reject({source_id: [piece.problem]})
        if piece.data is not None:
            yield LogFile(source_id, found.facts.account, piece.data, piece.first_index)

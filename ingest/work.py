"""The work on one chunk of log files, the same in this process and in a worker.

Two steps with a question between: `prepare` reads and decodes and gives each entry's key; the
caller says which entries are new; `finish` writes those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.columns import LogFile, build
from ingest.decode import Decoded, Reject, decode
from ingest.dedupe import entry_keys
from ingest.formats.base import Format
from ingest.formats.reading import as_json
from ingest.inflate import Inflated, inflate
from ingest.schema import SCHEMA
from ingest.sources.base import LogObject
from ingest.writer import Place, days_of, write_days
from stormtrail.errors import AccessError, InputError, RecordError
from stormtrail.layout import EventFile

_BUILD_BYTES = 8 << 20  # plain bytes decoded before they become columns: fits the caches
_RAW_KEPT = 1 << 20  # bytes kept of a rejected record or file


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
    """Does the two steps; holds the rows between them."""

    _tables: list[Any] = field(default_factory=list)
    _chunk: Chunk | None = None

    def prepare(self, chunk: Chunk) -> Prepared:
        """Reads and decodes the chunk's objects."""
        self._chunk, self._tables = chunk, []
        reports: list[FileReport] = []
        rejects: dict[int, list[Reject]] = {}
        keys = [np.zeros((0, 2), np.uint64)]
        for files in _grouped(_load(chunk)):
            built = build([file.log for file in files])
            self._tables.append(built.table)
            keys.append(entry_keys(built.table))
            rejects |= {key: _bounded(value) for key, value in built.rejects.items() if value}
            reports += _reports(files, built.table)
        days = [np.zeros(0, np.int64), *map(days_of, self._tables)]
        return Prepared(np.concatenate(keys), np.concatenate(days), tuple(reports), rejects)

    def finish(self, new: Any) -> list[EventFile]:
        """Writes the rows where `new` is true; returns the staged files."""
        assert self._chunk is not None, "finish() follows prepare()"  # noqa: S101
        table = pa.concat_tables([SCHEMA.empty_table(), *self._tables])
        self._tables = []
        place = Place(self._chunk.staging, self._chunk.batch_id)
        return write_days(table if new.all() else table.filter(pa.array(new)), place)


def _bounded(rejects: Iterable[Reject]) -> list[Reject]:
    return [replace(reject, raw=reject.raw and reject.raw[:_RAW_KEPT]) for reject in rejects]


@dataclass(frozen=True)
class _Loaded:
    log: LogFile
    failure: str | None = None
    format: Format | None = None
    sha256: str | None = None


def _reports(files: list[_Loaded], table: Any) -> Iterator[FileReport]:
    ids = table.column("source_id").to_numpy()
    for file in files:
        rows = np.searchsorted(ids, [file.log.source_id, file.log.source_id + 1])
        count = int(rows[1] - rows[0])
        yield FileReport(count, len(file.log.data), file.failure, file.format, file.sha256)


def _grouped(files: Iterable[_Loaded]) -> Iterator[list[_Loaded]]:
    group: list[_Loaded] = []
    size = 0
    for file in files:
        group.append(file)
        size += len(file.log.data)
        if size >= _BUILD_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _load(chunk: Chunk) -> Iterator[_Loaded]:
    for place, (found, raw) in enumerate(_read_all(chunk)):
        yield _decoded(found, raw, chunk.first_source_id + place, chunk)


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


def _decoded(found: LogObject, raw: bytes | InputError, source_id: int, chunk: Chunk) -> _Loaded:
    account = found.facts.account
    if isinstance(raw, InputError):
        rejected = Decoded([], rejects=[Reject(None, raw.line(), None)])
        return _Loaded(LogFile(source_id, account, b"", rejected), raw.line())
    inflated = inflate(raw, chunk.max_file_bytes)
    whole = chunk.hashed and not inflated.problem
    sha256 = hashlib.sha256(inflated.data).hexdigest() if whole else None
    plain, found_format = _as_records(inflated, chunk.max_file_bytes)
    decoded = Decoded([]) if plain.whole else decode(plain.data)
    if plain.problem:
        decoded.rejects.append(Reject(None, plain.problem, raw))
    return _Loaded(LogFile(source_id, account, plain.data, decoded), None, found_format, sha256)


def _as_records(plain: Inflated, limit: int) -> tuple[Inflated, Format | None]:
    """Parquet and CSV as the JSON that CloudTrail would have written."""
    try:
        found = None if plain.whole else as_json(plain.data, limit)
    except RecordError as error:
        return Inflated(b"", error.what, whole=True), None
    return (plain, None) if found is None else (replace(plain, data=found[0]), found[1])

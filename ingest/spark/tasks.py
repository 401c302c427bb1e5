"""What an executor does: stages a chunk, reads known keys, takes rows out again.

Picklable functions of one value each. What a person can mend comes back as the value, for the
driver to raise: Spark would try it four times and then bury it in a page of Java.
"""

from __future__ import annotations

import errno
import gc
import os
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.decode import Reject
from ingest.dedupe import first_of_each
from ingest.machine import new_a_file
from ingest.schema import SCHEMA
from ingest.spark.keys import KeyFile, write_keys
from ingest.store import file_keys
from ingest.work import Chunk, FileReport, Worker
from ingest.writer import Place, day_number, write_file
from stormtrail.errors import StoreError, StormtrailError
from stormtrail.layout import EventFile

_PARTS_A_TRY = 1_000_000  # parts of one chunk that a try may write
_GARBAGE_AFTER = 200_000  # objects; records make many and no cycles
_HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT}

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True)
class Staged:
    """A chunk in staging, each entry once within it: `files`, and beside each its `keys`.

    `inserted` has one value an object of the chunk: its rows in the files.
    """

    chunk: Chunk
    reports: tuple[FileReport, ...]
    inserted: tuple[int, ...]
    rejects: Mapping[int, Sequence[Reject]]
    files: tuple[EventFile, ...]
    keys: tuple[KeyFile, ...]


def each(
    work: Callable[[_In], _Out],
) -> Callable[[Iterable[_In]], Iterator[_Out | StormtrailError]]:
    """`work` for the values of a partition; an error for a person is given as it is."""

    def values(partition: Iterable[_In]) -> Iterator[_Out | StormtrailError]:
        gc.set_threshold(_GARBAGE_AFTER)
        for value in partition:
            try:
                yield work(value)
            except StormtrailError as error:
                yield error
            except OSError as error:
                if error.errno not in _HOPELESS:
                    raise  # another try, on another machine perhaps, may do
                yield _not_written(error)

    return values


def _not_written(error: OSError) -> StoreError:
    what = f"cannot be written by worker {socket.gethostname()} ({error.strerror})"
    hint = "free some space there, or check the folder's permissions"
    return StoreError(what, where=str(error.filename or "staging"), hint=hint)


def stage(chunk: Chunk) -> Staged:
    """Reads, decodes and writes a chunk; of equal entries in it the first stays."""
    _require_store(chunk.staging)
    with tempfile.TemporaryDirectory(dir=_own_disk()) as aside:
        worker = Worker(Path(aside), _try_number() * _PARTS_A_TRY)
        prepared = worker.prepare(chunk)
        new = first_of_each(prepared.keys)
        files = worker.finish(new)
    inserted = tuple(new_a_file(prepared, new))
    keys = tuple(_keys(chunk, files, prepared.keys[new], prepared.days[new]))
    return Staged(chunk, prepared.reports, inserted, prepared.rejects, tuple(files), keys)


def _require_store(staging: Path) -> None:
    if not staging.is_dir():
        hint = "put the store on a path that every worker sees (docs/spark.md)"
        what = f"worker {socket.gethostname()} does not see the store"
        raise StoreError(what, where=str(staging), hint=hint)


def _own_disk() -> str | None:
    """The executor's scratch folder, as Spark tells it; None is the system's."""
    return os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None


def _try_number() -> int:
    """A number that no other try of any task of this session has."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return int(context.taskAttemptId()) + 1 if context else 0


def _keys(chunk: Chunk, files: Sequence[EventFile], keys: Any, days: Any) -> Iterator[KeyFile]:
    """Key files in the order of the files: a day's rows stand in its files one after the other."""
    done: dict[int, int] = {}
    for number, file in enumerate(files):
        day = day_number(file.event_day)
        start = done.get(day, 0)
        done[day] = start + file.rows
        path = _beside(chunk.staging, _staged(chunk, file).name)
        mine = keys[days == day][start : start + file.rows]
        yield write_keys(mine, day, path, chunk.batch_id, number)


def _beside(staging: Path, name: str) -> Path:
    return staging / "keys" / name


@dataclass(frozen=True)
class Known:
    """An event file of earlier runs whose keys are wanted in `staging`."""

    path: Path
    day: int
    staging: Path


def known_keys(known: Known) -> KeyFile:
    """Writes the keys of a committed event file."""
    _require_store(known.staging)
    name = f"{_try_number()}.{known.path.name}"
    return write_keys(file_keys(known.path), known.day, _beside(known.staging, name))


@dataclass(frozen=True)
class Excess:
    """A staged chunk and, by number of its file, the rows that are in the store or a chunk before."""

    staged: Staged
    rows: Mapping[int, Any]


def without(excess: Excess) -> Staged:
    """Writes those files anew that have rows too many."""
    staged = excess.staged
    files: list[EventFile] = []
    inserted = np.array(staged.inserted)
    for number, file in enumerate(staged.files):
        dropped = excess.rows.get(number)
        if dropped is None:
            files.append(file)
            continue
        table = pq.read_table(_staged(staged.chunk, file), partitioning=None)
        kept = np.ones(table.num_rows, bool)
        kept[dropped] = False
        places = table.column("source_id").to_numpy()[dropped] - staged.chunk.first_source_id
        inserted -= np.bincount(places, minlength=len(inserted))
        if kept.any():
            place = _another_place(staged.chunk, number)
            rows = table.filter(pa.array(kept)).cast(SCHEMA)
            files.append(write_file([rows], file.event_day, place))
    return replace(staged, files=tuple(files), inserted=tuple(inserted.tolist()))


def _staged(chunk: Chunk, file: EventFile) -> Path:
    """Where the file stands now: `Place` calls it by its day and name."""
    return chunk.staging / f"{file.event_day}.{Path(file.path).name}"


def _another_place(chunk: Chunk, part: int) -> Place:
    return Place(chunk.staging, chunk.batch_id, _try_number() * _PARTS_A_TRY + part)

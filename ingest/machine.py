"""The engine of one machine: worker processes decode, this process knows which entries are in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from ingest.crew import crew_of
from ingest.dedupe import Seen
from ingest.engine import Loaded
from ingest.sources.base import LogObject, Source
from ingest.store import Store
from ingest.work import Chunk, Prepared

_GZIP_RATIO = 12  # plain bytes a gzipped byte stands for, for estimates
_SMALL_BYTES = 24 << 20  # estimated plain bytes, and
_SMALL_OBJECTS = 400  # objects, under which other processes do not pay


class Machine:
    """Works on this machine's cores: `workers` processes, None one a core where that pays."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers

    def objects(self, source: Source) -> Iterator[LogObject]:
        """What the source holds."""
        return source.objects()

    def load(self, chunks: Iterator[Chunk], store: Store) -> Iterator[Loaded]:
        """Stages every chunk, in order."""
        if (first := next(chunks, None)) is None:
            return
        seen = Seen(store.keys_of_day, store.staging)
        new: dict[int, Any] = {}

        def admit(chunk: Chunk, prepared: Prepared) -> Any:
            new[chunk.batch_id] = seen.admit(prepared.keys, prepared.days)
            return new[chunk.batch_id]

        for chunk, prepared, files in crew_of(self._count(first), chain([first], chunks), admit):
            inserted = new_a_file(prepared, new.pop(chunk.batch_id))
            yield Loaded(chunk, prepared.reports, inserted, prepared.rejects, files)

    def _count(self, first: Chunk) -> int:
        if self._workers is not None:
            return self._workers
        return 0 if _is_small(first.objects) else len(os.sched_getaffinity(0))


def new_a_file(prepared: Prepared, new: Any) -> list[int]:
    """How many of each file's rows are new (`new`: a bool a row, in the order of the files)."""
    ends = np.cumsum([report.rows for report in prepared.reports])
    return [int(np.count_nonzero(rows)) for rows in np.split(new, ends[:-1])]


def _is_small(objects: tuple[LogObject, ...]) -> bool:
    return len(objects) < _SMALL_OBJECTS and plain_bytes(objects) < _SMALL_BYTES


def plain_bytes(objects: Iterable[LogObject]) -> int:
    """Plain bytes that the objects will probably hold."""
    return sum(
        found.size * (_GZIP_RATIO if found.location.endswith(".gz") else 1) for found in objects
    )

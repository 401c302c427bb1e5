"""The engine: waves of chunks, each decoded, compared and staged by the cluster.

A wave is as many chunks as keep every core busy for a minute or so. One chunk is one task, and
chunks are cut by bytes and objects, so that a function that owns nearly all entries of an account
and hour is spread like any others. While the driver commits one wave, the cluster works on the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ingest.engine import Loaded
from ingest.sources.base import LogObject, Source
from ingest.spark.keys import KeyFile, Later, later_ones
from ingest.spark.listing import listed
from ingest.spark.shipping import ship
from ingest.spark.spreading import spread
from ingest.spark.tasks import Excess, Known, Staged, known_keys, stage, without
from ingest.store import Store
from ingest.work import Chunk
from ingest.writer import day_number
from stormtrail.layout import EventFile

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_CHUNKS_A_CORE = 32
_WAVE_OBJECTS = 1_000_000  # what the driver holds of a wave is in proportion to these


class SparkCluster:
    """Works on a session's executors: one chunk a task, `wave` chunks at once (None: 32 a core)."""

    def __init__(self, session: SparkSession, wave: int | None = None) -> None:
        self._session = session
        self._wave = wave
        ship(session.sparkContext)

    def objects(self, source: Source) -> Iterator[LogObject]:
        """What the source holds; a bucket is listed by all executors, its oldest days first."""
        return listed(self._session.sparkContext, source)

    def load(self, chunks: Iterator[Chunk], store: Store) -> Iterator[Loaded]:
        """Stages every chunk, in order; a wave ahead of what is committed."""
        run = _Run(self._session, store)
        ahead: Future[list[Loaded]] | None = None
        with ThreadPoolExecutor(1) as other:
            try:
                for wave in _waves(chunks, self._size):
                    done, ahead = ahead, other.submit(run.load, wave)
                    yield from done.result() if done else ()
                yield from ahead.result() if ahead else ()
            finally:
                run.cancel()

    def _size(self) -> int:
        """Chunks of the next wave; executors come and go."""
        return self._wave or _CHUNKS_A_CORE * self._session.sparkContext.defaultParallelism


class _Run:
    """What one run knows: the key files of its own chunks and of earlier runs' days."""

    def __init__(self, session: SparkSession, store: Store) -> None:
        self._session, self._context = session, session.sparkContext
        self._staging = store.staging.resolve()  # a worker's current folder is another
        self._root = store.layout.root.resolve()
        self._earlier: dict[int, list[EventFile]] = {}
        for file in store.layout.committed_files():
            self._earlier.setdefault(day_number(file.event_day), []).append(file)
        self._keys: dict[int, list[KeyFile]] = {}
        self._group = f"stormtrail {store.staging.name}"

    def load(self, wave: list[Chunk]) -> list[Loaded]:
        """One wave, all of it staged."""
        self._context.setJobGroup(self._group, "stormtrail ingest", True)
        chunks = [replace(chunk, staging=self._staging) for chunk in wave]
        staged = spread(self._context, stage, chunks)
        later = self._later(staged)
        excess = [
            Excess(one, later[one.chunk.batch_id]) for one in staged if one.chunk.batch_id in later
        ]
        mended = {one.chunk.batch_id: one for one in spread(self._context, without, excess)}
        return [_loaded(mended.get(one.chunk.batch_id, one)) for one in staged]

    def cancel(self) -> None:
        """Ends what is still being worked on."""
        self._context.cancelJobGroup(self._group)

    def _later(self, staged: list[Staged]) -> Later:
        """Of the wave's entries those that the store or an earlier chunk has."""
        days = {file.day for one in staged for file in one.keys}
        self._learn(days)
        self._remember(chain.from_iterable(one.keys for one in staged))
        files = [file for day in sorted(days) for file in self._keys.get(day, ())]
        if len(files) < 2:  # a chunk holds nothing twice
            return {}
        return later_ones(self._session, files, staged[0].chunk.batch_id)

    def _learn(self, days: Iterable[int]) -> None:
        """Has the keys written that earlier runs committed on these days, once a run."""
        files = [(day, file) for day in days for file in self._earlier.pop(day, ())]
        wanted = [Known(self._root / file.path, day, self._staging) for day, file in files]
        self._remember(spread(self._context, known_keys, wanted))

    def _remember(self, files: Iterable[KeyFile]) -> None:
        for file in files:
            self._keys.setdefault(file.day, []).append(file)


def _waves(chunks: Iterator[Chunk], most: Callable[[], int]) -> Iterator[list[Chunk]]:
    wave: list[Chunk] = []
    objects = 0
    for chunk in chunks:
        wave.append(chunk)
        objects += len(chunk.objects)
        if len(wave) >= most() or objects >= _WAVE_OBJECTS:
            yield wave
            wave, objects = [], 0
    if wave:
        yield wave


def _loaded(staged: Staged) -> Loaded:
    return Loaded(staged.chunk, staged.reports, staged.inserted, staged.rejects, staged.files)

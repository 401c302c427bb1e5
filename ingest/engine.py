"""The interface of an engine: it lists objects and stages their new entries; the pipeline commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.decode import Reject
from ingest.sources.base import LogObject, Source
from ingest.store import Store
from ingest.work import Chunk, FileReport
from stormtrail.layout import EventFile


@dataclass(frozen=True)
class Loaded:
    """A chunk whose new entries stand in staged `files`.

    `reports` and `inserted` (rows that are new) have one value an object of the chunk, in order.
    """

    chunk: Chunk
    reports: Sequence[FileReport]
    inserted: Sequence[int]
    rejects: Mapping[int, Sequence[Reject]]
    files: Sequence[EventFile]


class Engine(Protocol):
    """Where the work is done: on this machine, or on a cluster."""

    def objects(self, source: Source) -> Iterator[LogObject]:
        """What the source holds, in its own order."""
        ...

    def load(self, chunks: Iterator[Chunk], store: Store) -> Iterator[Loaded]:
        """Stages every chunk, in order; each is committed before the next is asked for.

        An entry that several chunks hold, or the store and a chunk, is new in the first alone.
        """
        ...

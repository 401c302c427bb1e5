"""A bucket listed by the executors: level by level to accounts, regions and days, then all days.

The oldest days come first, over all accounts, so that a wave of chunks has entries of few days and
is compared with few keys. What is listed is what one machine would list (`S3Source`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from ingest.sources.base import LATENESS, SCHEME, LogObject, Source
from ingest.sources.bookmarks import Bookmarks
from ingest.sources.keys import first_key, read_key
from ingest.spark.spreading import spread

if TYPE_CHECKING:
    from pyspark import SparkContext

    from ingest.sources.s3 import S3Source

_AT_ONCE = 16  # requests of one task: they wait for the network
_TASKS_A_CORE = 4
_FOLDERS_A_TASK = 64
_YEAR_OR_MONTH = re.compile(r"/\d{4}/(?:\d{2}/)?$", re.ASCII)


@dataclass(frozen=True)
class Folder:
    """A prefix to list: one level of it, or all below it where it is `whole`.

    `region` is the prefix of the account's region that it lies in, `start` that region's first day.
    """

    prefix: str
    whole: bool = False
    region: str | None = None
    start: date | None = None

    @property
    def day(self) -> date:
        """Its day; the first of all where it has none."""
        return read_key(self.prefix).day or date.min


@dataclass(frozen=True)
class Level:
    """What a folder holds: wanted objects, and folders to go on with."""

    folder: Folder
    objects: tuple[LogObject, ...]
    folders: tuple[Folder, ...] = ()


def listed(context: SparkContext, source: Source) -> Iterator[LogObject]:
    """What the source holds: a folder by this process, a bucket by all executors."""
    from ingest.sources.s3 import S3Source  # boto3 takes long to import

    if isinstance(source, S3Source):
        yield from _Listing(context, source).objects()
    else:
        yield from source.objects()


class _Listing:
    """The driver's part: whose turn it is, and how far each region was listed."""

    def __init__(self, context: SparkContext, source: S3Source) -> None:
        self._context = context
        self._source = source
        self._newest: dict[str, date] = {}
        # What earlier runs learned stays with the driver.
        self._look = partial(_levels, replace(source, bookmarks=Bookmarks()))

    def objects(self) -> Iterator[LogObject]:
        """Wanted objects by day and key; AccessError where a part of the bucket cannot be listed."""
        folders = [self._entered(Folder(self._source.prefix))]
        whole: list[Folder] = []
        while folders:
            whole += [folder for folder in folders if folder.whole]
            levels = self._listed([folder for folder in folders if not folder.whole])
            folders = []
            for level in levels:
                yield from level.objects
                folders += map(self._entered, level.folders)
        whole.sort(key=lambda folder: (folder.day, folder.prefix))
        for level in self._listed(whole):
            yield from level.objects
        for region, newest in self._newest.items():
            self._source.bookmarks.move(region, self._source.selection.since, newest)

    def _entered(self, folder: Folder) -> Folder:
        """The folder with what is known of its region."""
        if folder.region is None and first_key(folder.prefix, date.min):
            region = f"{SCHEME}{self._source.bucket}/{folder.prefix}"
            start = self._source.bookmarks.start(region, self._source.selection.since)
            whole = read_key(folder.prefix).day is not None
            return Folder(folder.prefix, whole, region, start)
        return folder

    def _listed(self, folders: Sequence[Folder]) -> Iterator[Level]:
        tasks = _TASKS_A_CORE * self._context.defaultParallelism
        size = max(1, min(_FOLDERS_A_TASK, -(-len(folders) // tasks)))
        groups = [folders[at : at + size] for at in range(0, len(folders), size)]
        for at in range(0, len(groups), tasks):
            for level in chain.from_iterable(
                spread(self._context, self._look, groups[at : at + tasks])
            ):
                self._note(level)
                yield level

    def _note(self, level: Level) -> None:
        region = level.folder.region
        if region is None:
            return
        days = [found.facts.day for found in level.objects if found.facts.day]
        if level.folder.whole:
            days.append(level.folder.day)
        if newest := max((day for day in days if day > date.min), default=None):
            self._newest[region] = max(newest, self._newest.get(region, newest))


def _levels(source: S3Source, folders: Sequence[Folder]) -> list[Level]:
    """The executor's part: several folders at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(partial(_level, source), folders))


def _level(source: S3Source, folder: Folder) -> Level:
    if folder.whole:
        return Level(folder, tuple(source.below(folder.prefix)))
    objects, prefixes = source.level(folder.prefix)
    if folder.region is None:
        return Level(folder, tuple(objects), tuple(_towards_regions(source, prefixes)))
    span = _Span.of(source, folder)
    inside = tuple(found for found in objects if span.has(found.location))
    return Level(folder, inside, tuple(_in_region(folder, filter(span.has, prefixes))))


def _towards_regions(source: S3Source, prefixes: Sequence[str]) -> Iterator[Folder]:
    for prefix in source.branches(prefixes):
        yield Folder(prefix, whole=not source.leads_to_regions(prefix, len(prefixes)))


def _in_region(folder: Folder, prefixes: Iterator[str]) -> Iterator[Folder]:
    for prefix in prefixes:
        yield replace(folder, prefix=prefix, whole=not _YEAR_OR_MONTH.search(prefix))


@dataclass(frozen=True)
class _Span:
    """The keys of a region between its first and its last wanted day."""

    first: str | None
    last: str | None

    @classmethod
    def of(cls, source: S3Source, folder: Folder) -> _Span:
        until = source.selection.until
        return cls(
            first_key(folder.prefix, folder.start) if folder.start else None,
            first_key(folder.prefix, until + LATENESS) if until else None,
        )

    def has(self, key: str) -> bool:
        """Whether the key, or a key in the folder that it names, can lie in the span."""
        early = self.first and key < self.first and not self.first.startswith(key)
        late = self.last and key > self.last and not key.startswith(self.last)
        return not (early or late)

"""How entries spread over tasks when one function owns nearly all of one account's hour: a simulation.

Files are drawn one by one, entries are counted: each way of making tasks gives the entries of its
largest task. Seeded, so that the figures can be had again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

_SIGMA = 1.0  # of the logarithm of a file's records: most are near the middle, few are ten times it


@dataclass(frozen=True)
class World:
    """A day: entries, accounts, records a file, and the storm's parts: of the day in one account's
    hour, and of that hour in one function."""

    entries: float
    accounts: int
    records_a_file: float
    hour_share: float
    function_share: float
    seed: int = 1


@dataclass(frozen=True)
class Spread:
    """One way of making tasks: how many there are, the mean and the most entries of one."""

    way: str
    tasks: int
    mean: float
    most: float

    @property
    def skew(self) -> float:
        """The largest task in means."""
        return self.most / self.mean


def simulate(world: World, entries_a_task: float) -> Iterator[Spread]:
    """Each way in turn; those that are free to choose make tasks of about so many entries."""
    chance = np.random.default_rng(world.seed)
    hours = _account_hours(world)
    yield _spread("decode by account and hour", hours)
    files, _ = _files(world, hours, chance)
    tasks = int(np.ceil(world.entries / entries_a_task))
    by_name = np.bincount(chance.integers(0, tasks, len(files)), files, tasks)
    yield _spread("decode by hash of the file's name", by_name)
    yield _spread("decode by bytes, file after file", _packed(files, entries_a_task))
    yield _spread("duplicates by event id", _hashed(world.entries, tasks, chance))
    storm = world.entries * world.hour_share * world.function_share
    yield Spread("runs by function", tasks, world.entries / tasks, storm)
    yield _spread("runs by request id", _hashed(world.entries, tasks, chance))


def rows_of_a_minute(world: World, entries_a_task: float) -> int:
    """Rows that reach whoever adds up the storm's function for one minute: a task sends one, whatever
    number of entries it summed."""
    files, of_the_storm = _files(world, _account_hours(world), np.random.default_rng(world.seed))
    return len(np.unique(_task_of(files, entries_a_task)[of_the_storm]))


def _account_hours(world: World) -> Any:
    """Entries of every account's every hour; the first is the storm's, the rest fall as 1/rank."""
    weights = 1 / np.arange(1, world.accounts * 24)
    rest = world.entries * (1 - world.hour_share) * weights / weights.sum()
    return np.concatenate([[world.entries * world.hour_share], rest])


def _files(world: World, hours: Any, chance: np.random.Generator) -> tuple[Any, Any]:
    """Records of each file, and whether it is of the storm's hour."""
    count = np.maximum(1, np.round(hours / world.records_a_file)).astype(np.int64)
    size = chance.lognormal(0.0, _SIGMA, int(count.sum()))
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    scale = hours / np.add.reduceat(size, starts)
    return size * np.repeat(scale, count), np.repeat(np.arange(len(hours)) == 0, count)


def _packed(files: Any, entries_a_task: float) -> Any:
    return np.bincount(_task_of(files, entries_a_task), files)


def _task_of(files: Any, entries_a_task: float) -> Any:
    """Files in their order; a task ends where the next file would begin beyond its share."""
    return np.floor((np.cumsum(files) - files) / entries_a_task).astype(np.int64)


def _hashed(entries: float, tasks: int, chance: np.random.Generator) -> Any:
    """Ids that are as good as random fall into tasks as dice do."""
    return chance.multinomial(int(entries), np.full(tasks, 1 / tasks))


def _spread(way: str, entries: Any) -> Spread:
    return Spread(way, len(entries), float(entries.mean()), float(entries.max()))

"""What a run's columns add up to: entries, runs and returns of each source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.log import Log
from simulation.plan import Plan

SETTLE_SECONDS = 10.0
"""What a batch starts has begun within this: later ones are being processed at the end."""

LEAD_SECONDS = 60.0
"""A loop's first entry that comes back is caused by a batch at most this much older."""

QUIET_SECONDS = 1800.0
"""A loop whose feedback stopped this long before the end is over."""

Span = tuple[float, float]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Return:
    """Rows of one template that processing of `cause` wrote and that were handed to `target`."""

    cause: int
    template: int
    target: int
    rows: NDArray[np.int64]


def distinct(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """The sorted distinct values of whole numbers >= 0: marked, not sorted, as they are dense."""
    marks = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=bool)
    marks[numbers] = True
    return np.flatnonzero(marks)


class Counts:
    """Masks and sums over the rows of a log; sources are indexes.

    `visible` rows are of accounts that the archive holds; `settled` ones are caused by a batch
    that was not still being processed at the window's end.
    """

    def __init__(self, plan: Plan, log: Log) -> None:
        self.plan, self.log = plan, log
        self.templates = np.asarray(log.templates)
        self.times = np.asarray(log.times)
        self.batches = np.asarray(log.batches)
        self.batch_times = np.asarray(log.batch_times)
        self.batch_sources = np.asarray(log.batch_sources)
        self.batch_entries = np.asarray(log.batch_entries)
        self.causes = self._of_batch(self.batch_sources, -1)
        settled = self._of_batch(self.batch_times, -np.inf) < plan.seconds - SETTLE_SECONDS
        self.runs = np.asarray(log.runs)
        self.orders = np.asarray(log.orders)
        missing = plan.organization.archiving.missing_accounts
        seen = [t.account not in missing for t in plan.templates] or [True]
        self.visible = np.array(seen)[self.templates]
        is_run = np.array([t.run for t in plan.templates] or [False])
        self.is_run = is_run[self.templates] & self.visible
        self.settled = settled & self.visible
        self.returns = list(self._returns())

    def _of_batch(self, values: NDArray[Any], default: float) -> NDArray[Any]:
        """A batch's value for each row; `default` for rows of no batch."""
        return np.asarray(np.append(values, default)[self.batches])

    def _returns(self) -> Iterator[Return]:
        """By cause, template and source fed: the rows that were handed on to it."""
        caused = np.flatnonzero(self.causes >= 0)
        templates = self.templates[caused]
        for template in distinct(templates).tolist():
            rows = caused[templates == template]
            for target, begin, end in self.plan.coverage[template].feeds:
                fed = rows[(self.times[rows] >= begin) & (self.times[rows] < end)]
                fed = np.setdiff1d(fed, self.log.missed.get(target, []))
                for cause in distinct(self.causes[fed]).tolist():
                    yield Return(int(cause), template, target, fed[self.causes[fed] == cause])

    def delivered(self, index: int, since: Span | None = None) -> int:
        """Entries in the batches of a source that ran; all, or between two times (seconds)."""
        first, last = since or (-np.inf, np.inf)
        last = min(last, self.plan.seconds - SETTLE_SECONDS)
        chosen = (self.batch_sources == index) & (self.batch_times < last)
        chosen &= self.batch_times >= first - LEAD_SECONDS
        return int(self.batch_entries[chosen].sum())

    def runs_in(self, rows: Mask) -> int:
        """How many runs (distinct requestIDs) the rows belong to."""
        return len(distinct(self.runs[rows & self.is_run]))

    def feedback(self, index: int, since: Span | None = None) -> dict[int, float]:
        """Entries caused at each source by one entry of source `index`."""
        delivered = self.delivered(index, since)
        caused: dict[int, int] = {}
        for found in self.returns:
            if found.cause == index:
                rows = int(self.settled[found.rows].sum())
                caused[found.target] = caused.get(found.target, 0) + rows
        return {target: rows / delivered for target, rows in caused.items() if delivered}

    def runs_by_order(self, rows: Mask) -> dict[int, int]:
        """Runs by their order: 1 for those that an original entry caused."""
        rows = rows & self.is_run
        _, first = np.unique(self.runs[rows], return_index=True)
        orders, numbers = np.unique(self.orders[rows][first], return_counts=True)
        return dict(zip(orders.tolist(), numbers.tolist(), strict=True))

    def span(self, members: set[int]) -> Span:
        """First and last time (seconds) that something came back; no last while still live."""
        inside = [r.rows for r in self.returns if {r.cause, r.target} <= members]
        times = [self.times[rows].min() for rows in inside]
        times += [self.times[rows].max() for rows in inside]
        lines = [t for (c, s), t in self.log.lines.items() if {c, s} <= members]
        times += [t.first for t in lines] + [t.last for t in lines]
        last = float(max(times))
        ended = last < self.plan.seconds - QUIET_SECONDS
        return float(min(times)), last if ended else np.inf

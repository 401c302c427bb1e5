"""Runs a plan: entries -> delivery -> batches -> runs -> records, which are routed again.

A discrete-event simulation in continuous time. Every entry keeps the batch whose processing
caused it (-1: none) and its order (0: original), so the truth is counted, not estimated. A
relay's run belongs to the batch that its first message came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf

import numpy as np
from numpy.typing import NDArray

from simulation.chance import POOL, Times, arrivals, delays, endless, hash_group
from simulation.log import Log, Tally
from simulation.organization import Delay
from simulation.plan import HOUR, Plan, Step, Work

Moment = tuple[float, int, int, int, int]
"""A time, a tie breaker, a queue, an order (or ~token of a batch that is due), and a group."""


@dataclass
class _Waiting:
    """What waits in one queue and group."""

    entries: int = 0
    cause: int = -1
    order: int = 0
    token: int = 0
    due: float = inf


class Engine:
    """One run of a plan with one seed."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.rng = np.random.default_rng([seed, 1])
        self.log = Log()
        self.heap: list[Moment] = []
        self.turns = count()
        self.run_ids = 0
        self.waiting: list[dict[int, _Waiting]] = [{} for _ in plan.queues]
        self.allowed = [0.0] * len(plan.queues)
        self.coverage = [(c.since, c.until, c.feeds) for c in plan.coverage]
        self.linked = [(s.since * HOUR, s.until * HOUR) for s in plan.organization.sources]
        self.groups = [hash_group(t.account, t.region) for t in plan.templates]
        self.uniform = endless(lambda: self.rng.random(POOL))
        self.delays = [delays(self.rng, queue.delay or Delay()) for queue in plan.queues]

    def run(self) -> Log:
        """Everything that happens in the window."""
        self._changes()
        until = 0.0
        while until < self.plan.seconds:
            start, until = until, min(until + HOUR, self.plan.seconds)
            for work in self.plan.works:
                self._ordinary(work, start, until)
            heapify(self.heap)
            self._advance(until)
        return self.log

    # ordinary work

    def _changes(self) -> None:
        for template, change in zip(self.plan.changes, self.plan.organization.changes, strict=True):
            before = len(self.log.times)
            self._emit(change.hour * HOUR, template, -1, -1, 0)
            self.log.change_rows.append(before if len(self.log.times) > before else -1)

    def _ordinary(self, work: Work, start: float, until: float) -> None:
        times = arrivals(work.workload, start, until, self.rng)
        if not times.size:
            return
        if work.one_of:
            picks = self.rng.integers(0, len(work.steps), times.size)
            for index, (template, _, _, _) in enumerate(work.steps):
                self._bulk(times[picks == index], template, -1)
            return
        first = self.run_ids
        self.run_ids += times.size * (1 + max(step[3] for step in work.steps))
        for template, offset, chance, group in work.steps:
            chosen = self.rng.random(times.size) < chance
            jitter = self.rng.exponential(0.3, times.size) * (offset > 0)
            runs = first + group * times.size + np.arange(times.size)
            self._bulk(
                (times + offset + jitter)[chosen], template, runs[chosen] if group >= 0 else -1
            )

    def _bulk(self, times: Times, template: int, runs: NDArray[np.int64] | int) -> None:
        since, until, feeds = self.coverage[template]
        kept = (times >= since) & (times < until)
        times = times[kept]
        self.log.times.frombytes(times.tobytes())
        columns = [(self.log.templates, template, np.int32), (self.log.batches, -1, np.int32)]
        columns += [(self.log.orders, 0, np.int32)]
        for column, value, kind in columns:
            column.frombytes(np.full(times.size, value, kind).tobytes())
        ids = runs[kept] if isinstance(runs, np.ndarray) else np.full(times.size, runs)
        self.log.runs.frombytes(ids.astype(np.int64).tobytes())
        for source, begin, end in feeds:
            self._deliver(times[(times >= begin) & (times < end)], source, template)

    def _deliver(self, times: Times, source: int, template: int) -> None:
        group = self._group(source, template)
        waits, turns = self.delays[source], self.turns
        since, until = self.linked[source]
        self.heap += [
            (arrival, next(turns), source, 0, group)
            for time in times.tolist()
            if since <= (arrival := time + next(waits)) < until
        ]

    def _group(self, source: int, template: int) -> int:
        batching = self.plan.queues[source].batching
        if batching.per_file:
            return self.groups[template]
        return next(self.turns) % batching.shards if batching.shards > 1 else 0

    # log processing

    def _advance(self, until: float) -> None:
        heap = self.heap
        while heap and heap[0][0] < until:
            time, _, queue, what, group = heappop(heap)
            if what >= 0:
                self._receive(time, queue, 1, -1, what, group)
            else:
                self._fire(time, queue, ~what, group)

    def _emit(self, time: float, template: int, run: int, cause: int, order: int) -> None:
        since, until, feeds = self.coverage[template]
        if not since <= time < until:
            return
        log = self.log
        log.times.append(time)
        log.templates.append(template)
        log.runs.append(run)
        log.batches.append(cause)
        log.orders.append(order)
        for source, begin, end in feeds:
            if begin <= time < end:
                self._hand_on(time + next(self.delays[source]), source, template, order)

    def _hand_on(self, arrival: float, source: int, template: int, order: int) -> None:
        """Hands the row that was written last to a source, if that is linked when it arrives."""
        since, until = self.linked[source]
        if since <= arrival < until:
            group = self._group(source, template)
            heappush(self.heap, (arrival, next(self.turns), source, order, group))
        else:
            self.log.missed.setdefault(source, []).append(len(self.log.times) - 1)

    def _receive(
        self, time: float, queue: int, entries: int, cause: int, order: int, group: int
    ) -> None:
        batching = self.plan.queues[queue].batching
        if batching.size == 1 and batching.runs_per_second == inf:
            for _ in range(entries):
                self._batch(time, queue, 1, cause, order, late=False)
            return
        waiting = self.waiting[queue].setdefault(group, _Waiting())
        if not waiting.entries:
            waiting.cause, waiting.order, waiting.due = cause, order, inf
        waiting.entries += entries
        self._schedule(time, queue, group, waiting)

    def _schedule(self, time: float, queue: int, group: int, waiting: _Waiting) -> None:
        batching = self.plan.queues[queue].batching
        due = time if waiting.entries >= batching.size else time + batching.window
        due = max(due, self.allowed[queue])
        if due < waiting.due:
            waiting.due = due
            waiting.token += 1
            heappush(self.heap, (due, next(self.turns), queue, ~waiting.token, group))

    def _fire(self, time: float, queue: int, token: int, group: int) -> None:
        waiting = self.waiting[queue][group]
        if token != waiting.token or not waiting.entries:
            return
        waiting.due = inf
        if time < self.allowed[queue]:
            self._schedule(time, queue, group, waiting)
            return
        batching = self.plan.queues[queue].batching
        late = waiting.entries > batching.size
        taken = min(waiting.entries, batching.ceiling or batching.size)
        self.allowed[queue] = time + 1.0 / batching.runs_per_second
        waiting.entries -= taken
        cause, order = waiting.cause, waiting.order
        if waiting.entries:
            self._schedule(time, queue, group, waiting)
        self._batch(time, queue, taken, cause, order, late=late)

    def _batch(
        self, time: float, queue: int, entries: int, cause: int, order: int, *, late: bool
    ) -> None:
        if queue < len(self.plan.organization.sources):
            cause = len(self.log.batch_times)
            self.log.batch_times.append(time)
            self.log.batch_sources.append(queue)
            self.log.batch_entries.append(entries)
        for step in self.plan.queues[queue].steps:
            self._step(time, step, entries, cause, order + 1, late=late)

    def _step(
        self, time: float, step: Step, entries: int, cause: int, order: int, *, late: bool = False
    ) -> None:
        chance = self.uniform
        if step.accept >= 0:
            time = self._start(time, step, cause, order, late=late)
        if step.lines >= 0:
            self._write_lines(time, step.lines, cause, order)
        for template, twin, per_run in step.calls:
            for _ in range(int(per_run + next(chance))):
                self._call(time + 0.1 + next(chance), template, twin, cause, order)
        for inner in step.next:
            self._step(time + 0.2 + 0.5 * next(chance), inner, entries, cause, order)
        for queue, per_entry in step.queues:
            arrival = time + 0.3 + next(chance)
            self._receive(arrival, queue, entries if per_entry else 1, cause, order - 1, 0)

    def _write_lines(self, time: float, source: int, cause: int, order: int) -> None:
        """Hands a run's log lines to the source that is subscribed to its log group, if it is."""
        subscription = self.plan.organization.sources[source]
        if subscription.since * HOUR <= time < subscription.until * HOUR:
            _count(self.log.lines, (self.log.batch_sources[cause], source), time)
            arrival = time + next(self.delays[source])
            heappush(self.heap, (arrival, next(self.turns), source, order, 0))

    def _call(self, time: float, template: int, twin: int, cause: int, order: int) -> None:
        if twin < 0:
            self._emit(time, template, -1, cause, order)
            return
        run = self._new_run()
        self._emit(time, template, run, cause, order)
        self._emit(time, twin, run, cause, order)

    def _start(self, time: float, step: Step, cause: int, order: int, *, late: bool) -> float:
        """Writes the records of a run; the time its code begins."""
        chance = self.uniform
        if step.before >= 0:
            self._emit(time, step.before, -1, cause, order)
            time += 0.2
        throttled = late and next(chance) < step.throttles
        run = self._new_run()
        if step.synchronous:
            if throttled:
                self._emit(time, step.throttled, self._new_run(), cause, order)
                time += 1.0
            self._accept(time, step, run, cause, order)
            return time
        if not (step.lost_accepts and next(chance) < step.lost_accepts):
            self._accept(time, step, run, cause, order)
        time += 0.05 + 0.4 * next(chance)
        if throttled:
            self._emit(time, step.throttled, run, cause, order)
            time += 1.0 + next(chance)
        self._emit(time, step.execute, run, cause, order)
        if step.retries and next(chance) < step.retries:
            time += 60.0 + next(chance)
            self._emit(time, step.execute, run, cause, order)
        return time

    def _accept(self, time: float, step: Step, run: int, cause: int, order: int) -> None:
        self._emit(time, step.accept, run, cause, order)
        if step.copy >= 0:
            self._emit(time, step.copy, run, cause, order)

    def _new_run(self) -> int:
        self.run_ids += 1
        return self.run_ids - 1


def _count(lines: dict[tuple[int, int], Tally], key: tuple[int, int], time: float) -> None:
    tally = lines.setdefault(key, Tally())
    tally.entries += 1
    tally.first = min(tally.first, time)
    tally.last = max(tally.last, time)

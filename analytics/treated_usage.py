"""A month of treated functions as a usage that can be priced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from analytics.candidates import Candidate, account_of
from analytics.treatments import Effect
from analytics.usage import (
    MONTH_SECONDS,
    SECOND,
    Assumptions,
    BucketUse,
    EntryGroup,
    FunctionUse,
    LogGroupUse,
    Metered,
    Usage,
)

Treated = Sequence[tuple[Candidate, Effect]]


@dataclass(frozen=True)
class Flows:
    """Entries a second that each source delivers (`rate`, by `index`), and the original of them.

    `beside` is second-order entries an entry that no function explains, each recorded `copies` times.
    """

    index: Mapping[str, int]
    rate: NDArray[np.float64]
    original: NDArray[np.float64]
    assumptions: Assumptions
    beside: Mapping[str, float]
    copies: Mapping[str, float]

    def usage(self, log_groups: Iterable[str], treated: Treated) -> Usage:
        """A month at these rates: runs, second-order entries, ingest of the log groups, streams."""
        groups = _merged(
            chain(
                (group for item in treated for group in self._entry_groups(*item)),
                map(self._unexplained, self.beside),
            )
        )
        return Usage(
            float(MONTH_SECONDS),
            groups=groups,
            functions=tuple(use for item in treated for use in self._uses(*item)),
            log_groups=tuple(self._log_group(arn) for arn in log_groups),
            buckets=tuple(_stored(group) for group in groups),
            metered=tuple(_metered(treated)),
            bytes_per_entry=self.assumptions.bytes_per_entry,
        )

    def _monthly(self, source: str) -> float:
        return float(self.rate[self.index[source]]) * MONTH_SECONDS

    def _unexplained(self, source: str) -> EntryGroup:
        count = self._monthly(source) * self.beside[source]
        return EntryGroup(account_of(source), "Data", self.copies[source], SECOND, count)

    def _log_group(self, arn: str) -> LogGroupUse:
        total = self._monthly(arn)
        return LogGroupUse(arn, account_of(arn), total, total * self._share(arn))

    def _share(self, source: str) -> float:
        """The share of what a source delivers that is not original: that processing caused."""
        rate, original = (float(part[self.index[source]]) for part in (self.rate, self.original))
        return max(0.0, 1.0 - original / rate) if rate else 0.0

    def _uses(self, function: Candidate, done: Effect) -> Iterator[FunctionUse]:
        entries = self._monthly(function.source)
        management = entries * done.further * _management_share(function)
        caused = entries * (done.own + done.further + done.stream)
        yield FunctionUse(
            arn=function.function,
            account=function.account,
            invocations=entries * done.runs,
            entries=caused,
            management_entries=management,
            data_entries=caused - management,
            logged_entries=sum(carried(function, done).values()) * entries,
            copies=function.copies,
            management_copies=function.management_copies,
            memory_mb=function.memory_mb,
            arm=function.arm,
            duration_ms=self._duration(function.duration_ms, function, done),
        )
        duration = self._duration(None, function, done)
        for arn, runs in sorted(function.callees.items()):
            calls = entries * done.calling_runs * runs
            memory = function.callees_memory_mb.get(arn)
            yield FunctionUse(arn, account_of(arn), calls, memory_mb=memory, duration_ms=duration)

    def _duration(self, now: float | None, function: Candidate, done: Effect) -> float:
        """A run's milliseconds: as now, and some more for every entry that it takes more."""
        base = self.assumptions.lambda_duration_ms if now is None else now
        further = max(0.0, done.entries_per_run - function.entries_per_run)
        return base + further * self.assumptions.lambda_ms_per_further_entry

    def _entry_groups(self, function: Candidate, done: Effect) -> Iterator[EntryGroup]:
        entries = self._monthly(function.source)
        management = entries * done.further * _management_share(function)
        data = entries * (done.own + done.further + done.stream) - management
        yield EntryGroup(function.account, "Data", function.copies, SECOND, data)
        yield EntryGroup(
            function.account, "Management", function.management_copies, SECOND, management
        )


def _merged(groups: Iterable[EntryGroup]) -> tuple[EntryGroup, ...]:
    """One group of each kind: ten thousand functions are of a few kinds."""
    sums: defaultdict[tuple[str, str, float, str], float] = defaultdict(float)
    for group in groups:
        sums[group.account, group.category, group.copies, group.order] += group.entries
    return tuple(EntryGroup(*kind, entries) for kind, entries in sums.items())


def carried(function: Candidate, done: Effect) -> Mapping[str, float]:
    """Entries that each source delivers again for one entry, through this function."""
    further = function.routed if function.further_routed is None else function.further_routed
    targets = sorted({*function.routed, *further, *function.stream_routed})
    return {
        target: done.own * function.routed.get(target, 0.0)
        + done.further * further.get(target, 0.0)
        + done.stream * function.stream_routed.get(target, 0.0)
        for target in targets
    }


def _metered(treated: Treated) -> Iterator[Metered]:
    """All other use; functions that are moved from one source share one stream, the largest."""
    streams: dict[tuple[str, str], Metered] = {}
    for function, done in treated:
        for use in done.metered:
            if not use.price.startswith("kinesis."):
                yield use
            elif use.quantity > getattr(streams.get((function.source, use.price)), "quantity", -1):
                streams[function.source, use.price] = use
    yield from streams.values()


def _stored(group: EntryGroup) -> BucketUse:
    copies = group.entries * group.copies
    return BucketUse(group.account, 0.0, copies, copies)


def _management_share(function: Candidate) -> float:
    if not function.further_entries:
        return 0.0
    return function.further_management / function.further_entries

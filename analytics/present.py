"""Each source at present: what it takes in, s and K, from the minute on that the window shows them.

A month is not the window's mean: it goes on from what is now. Entries count as taken in when they
are processed, so that what they cause is compared with them and not with entries still under way.
What one run causes is what it did from then on, where enough of them ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from analytics import amplification, describe, effects, feedback, filters
from analytics.findings import Findings
from analytics.recording import Copies, mean_of_source
from analytics.series import Floats
from analytics.sources import Measured
from analytics.what_if import SourceFlow

if TYPE_CHECKING:
    from analytics.case import Case

LEAST_BASIS = 60  # minutes; a rate of less is no month
DIGITS = 6  # as the findings round s

Matrix = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Present:
    """What holds from minute `first` on, by source.

    `taken` entries were processed (runs, where the entries are not in the archive); one of them
    causes `s` (None: not known), of which `k[i][j]` are delivered by j for one that i takes in.
    """

    first: int
    taken: Mapping[str, float]
    s: Mapping[str, float | None]
    k: Matrix


def present(case: Case, first: int) -> Present:
    """The case from minute `first` on."""
    started = {node: runs_an_entry(item, case, first) for node, item in case.measured.items()}
    processed = {
        node: float(item.direct_runs[first:].sum()) / started[node]
        for node, item in case.measured.items()
    }
    return Present(
        first,
        processed,
        {
            node: None
            if item.estimate is None
            else item.a_run(effects.entries(case.weights[node], case.data), first) * started[node]
            for node, item in case.measured.items()
        },
        {
            node: {
                target: case.measured[node].a_run(_back(node, target, case), first) * started[node]
                for target, back in row.items()
                if back.last > first
            }
            for node, row in case.returned.items()
            if processed[node] > 0
        },
    )


def _back(node: str, target: str, case: Case) -> Floats:
    """Entries a minute that the one source causes and the other delivers."""
    return feedback.series(case.weights[node], case.measured[target], case.data)


def first_minute(findings: Findings, case: Case) -> int:
    """The minute from which the window shows what is now: after a loop or a source last began or ended, or what it
    is given or takes at once was changed."""
    times = [loop.ended if loop.state == "ended" else loop.onset for loop in findings.loops]
    minutes = [case.data.span.minute(time.replace(tzinfo=None)) for time in times if time]
    minutes += [minute for item in case.measured.values() for minute in _turns(item, case)]
    changed = (
        case.data.span.minute(time) for node in case.measured for time in _changed(node, case)
    )
    minutes += [minute for minute in changed if minute < case.data.span.minutes]
    last = max(case.data.span.minutes - LEAST_BASIS, 0)
    return int(min(max(minutes, default=0), last))


def _turns(item: Measured, case: Case) -> list[float]:
    """The minutes in which a source began and ended, where it did so within the window."""
    runs = item.direct_runs
    busy = np.flatnonzero(runs)
    if not busy.size:
        return []
    began = [] if describe.is_active(runs[::-1], case.data) else [float(busy[0])]
    return began if describe.is_active(runs, case.data) else [*began, float(busy[-1] + 1)]


def _changed(node: str, case: Case) -> Iterator[datetime]:
    """When what a source hands on, and to whom, was changed: its event source mapping, a link or a filter on its way,
    the selectors of its trails."""
    topology = case.topology
    for change in topology.changes:
        if change.event_name.startswith("UpdateEventSourceMapping") and node in change.touches:
            yield change.event_time
    links = topology.out_of(node), *(way for _, way in topology.feeding_trails(node))
    held = [(link.since, link.until) for way in links for link in way]
    on_the_way = filters.on_the_way(node, case.graph.functions_of(node), topology)
    held += [(item.since, item.until) for item in on_the_way]
    yield from (time for times in held for time in times if time)
    for trail, _ in topology.feeding_trails(node):
        for (_, before), (time, after) in pairwise(trail.selectors):
            if time and after != before:
                yield time


def flows(findings: Findings, case: Case, now: Present, found: Copies) -> tuple[SourceFlow, ...]:
    """Every source as it is now, with what the findings say of it over the whole window."""
    of_window = {source.arn: source.s for source in findings.sources}
    return tuple(
        replace(
            _flow(node, of_window.get(node), case, now),
            copies=mean_of_source(node, case, found, now.first),
        )
        for node in case.measured
    )


def _flow(node: str, of_window: float | None, case: Case, now: Present) -> SourceFlow:
    item, took = case.measured[node], now.taken[node]
    seconds = 60.0 * (case.data.span.minutes - now.first)
    s = now.s[node] if took else of_window
    return SourceFlow(
        arn=node,
        kind=item.verdict.kind,
        delivered_per_second=took / seconds,
        original_per_second=min(took, _original(item, case, now.first)) / seconds,
        s=None if s is None else round(s, DIGITS),
        self_logging=item.verdict.kind == "s3" and not case.graph.functions_of(node),
        s_of_window=of_window,
        of_trail=bool(item.feed.parts),
    )


def _original(item: Measured, case: Case, first: int) -> float:
    """Entries delivered that no source caused; all runs where the entries are not in the archive."""
    if item.estimate is None:
        return taken(item, case, first)
    delivered = float(item.feed.series(case.data.traffic)[first:].sum())
    back = sum(
        float(effects.returning(weights, item.feed, case.data)[first:].sum())
        for weights in case.weights.values()
    )
    return max(delivered - back, 0.0)


def taken(item: Measured, case: Case, first: int) -> float:
    """Entries processed from minute `first` on; a run counts as one where its entries are not known."""
    return float(item.direct_runs[first:].sum()) / runs_an_entry(item, case, first)


def runs_an_entry(item: Measured, case: Case, first: int) -> float:
    """Runs that an entry starts directly, from minute `first` on; the whole window's where that is all
    there is, or where the part is too short to tell."""
    known = item.estimate
    if known is None:
        return 1.0
    delivered = item.feed.series(case.data.traffic)
    return amplification.part(known, item.direct_runs, delivered, first, known.last).ratio

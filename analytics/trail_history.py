"""When a trail logs, and of which accounts and regions, by the changes that are known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analytics.series import Span
from analytics.topology import Topology, Trail


def logging(trail: Trail, topology: Topology, span: Span) -> Iterator[tuple[int, int]]:
    """The spans of minutes in which the trail logs; it did before the first change that is known, unless
    that one began it."""
    changes = [*trail.logging, *((time, False) for time in _deleted(trail, topology))]
    changes += [(trail.created, True)] if trail.created else []
    ordered = sorted(changes)
    on, since = not (ordered and ordered[0][1]), 0
    for time, turned_on in ordered:
        if on and not turned_on:
            yield since, span.clipped(time)
        elif turned_on and not on:
            since = span.clipped(time)
        on = turned_on
    if on:
        yield since, span.minutes


def _deleted(trail: Trail, topology: Topology) -> list[datetime]:
    found = (change for change in topology.changes if change.event_name == "DeleteTrail")
    return [change.event_time for change in found if trail.arn in change.touches]


def reaching_in(
    trail: Trail, first: int, last: int, span: Span
) -> Iterator[tuple[int, int, Trail]]:
    """The spans of minutes within [first, last) in which its reach is one, each with the trail as it was."""
    known = trail.reaches or ((None, trail.organization, trail.multi_region),)
    starts = [span.clipped(since) for since, *_ in known]
    for (_, *reach), start, end in zip(known, starts, [*starts[1:], span.minutes], strict=True):
        if max(first, start) < min(last, end):
            yield max(first, start), min(last, end), trail.reaching(*reach)

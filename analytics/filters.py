"""Filters on the way to a source, a log group's or a bucket's notifications': what they let pass, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analytics import arns, filter_patterns
from analytics.feeds import Feed, Mask, Part, doubted, mask_of
from analytics.lags import active_span
from analytics.selectors import Cell
from analytics.series import Counts, Floats, Span
from analytics.topology import Filter, Topology


@dataclass(frozen=True)
class _Passing:
    """Cells that pass, and those of them of which it cannot be told."""

    mask: Mask
    guessed: Mask


def on_the_way(node: str, functions: Sequence[str], topology: Topology) -> tuple[Filter, ...]:
    """The filters through which entries come to the functions of a source: its own, where it is a log group or a
    bucket, else those of the groups and buckets before it."""
    if _has_filters(node):
        return tuple(item for item in _of_group(node, topology) if item.target in functions)
    return tuple(
        item
        for group, way in topology.upstream(node)
        if _has_filters(group) and way
        for item in _of_group(group, topology)
        if item.target == way[0].target
    )


def _has_filters(node: str) -> bool:
    return ":log-group:" in node or arns.service(node) == "s3"


def _of_group(group: str, topology: Topology) -> list[Filter]:
    """A group's filters, and the policy of its account and region."""
    return [item for item in topology.filters if item.of_group(group)]


def takes(filters: Sequence[Filter], all_cells: Sequence[Cell]) -> Mask:
    """The cells that any of these filters lets pass at any time; all where there is none."""
    return _passing(filters, all_cells).mask


def narrowed(
    feed: Feed,
    filters: Sequence[Filter],
    all_cells: Sequence[Cell],
    runs: Floats,
    traffic: Counts,
    span: Span,
) -> Feed:
    """The feed less what the filters hold back, each while it was set; the first of them what is under way as it is
    set, where nothing ran before."""
    if all(filter_patterns.parse(item.pattern) is None for item in filters):
        return feed
    parts: list[Part] = []
    guessed = np.zeros(len(all_cells), dtype=bool)
    edges = sorted({0, span.minutes, *_edges(filters, span)})
    earliest = min((span.clipped(item.since) for item in filters if item.since), default=0)
    new = all(item.since for item in filters) and active_span(runs)[0] >= earliest
    for first, last in pairwise(edges):
        minute = max(first, earliest) if new else first
        open_ = [item for item in filters if _open(item, minute, span)]
        passing = _passing(open_, all_cells)
        guessed |= passing.guessed
        parts += [
            replace(
                part,
                first=max(part.first, first),
                last=min(part.last, last),
                mask=part.mask & passing.mask,
            )
            for part in feed.parts
            if max(part.first, first) < min(part.last, last)
        ]
    mask = takes(filters, all_cells)
    others = tuple(other & mask for other in feed.others)
    return doubted(replace(feed, parts=tuple(parts), others=others), guessed, runs, traffic)


def _edges(filters: Sequence[Filter], span: Span) -> list[int]:
    times = [time for item in filters for time in (item.since, item.until) if time]
    return [span.clipped(time) for time in times]


def _open(item: Filter, minute: int, span: Span) -> bool:
    """Whether it is set in a minute; one whose beginning is not known, from the window's."""
    begun = item.since is None or span.clipped(item.since) <= minute
    return begun and (item.until is None or span.clipped(item.until) > minute)


def _passing(filters: Sequence[Filter], all_cells: Sequence[Cell]) -> _Passing:
    """What any of the filters lets pass: everything where there is none, for it is not recorded then."""
    tests = [filter_patterns.parse(item.pattern) for item in filters]
    if not tests or None in tests:
        every = np.ones(len(all_cells), dtype=bool)
        return _Passing(every, ~every)
    told = [[test(cell) for test in tests if test] for cell in all_cells]
    mask = mask_of(any(one is not False for one in of_cell) for of_cell in told)
    return _Passing(mask, mask & mask_of(True not in of_cell for of_cell in told))

"""Entries of runs by their record: that a run was accepted (`Invoke`), or executed (`InvokeExecution`).

A run's records are counted together. Where a filter, a selector or a pattern lets the one kind pass and not the
other, they must be told apart: which of them comes back decides whether a loop grows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from analytics import event_patterns, feeds, filter_patterns
from analytics.rollup_data import RollupData
from analytics.selectors import Cell
from analytics.series import Counts, Ints
from analytics.topology import Topology

ACCEPTED, EXECUTED = "Invoke", "InvokeExecution"

Test = Callable[[Cell], object]


def told_apart(data: RollupData, topology: Topology) -> RollupData:
    """The rollups with each key of the runs whose two kinds of record are treated unlike as two keys: the second
    has no runs, and the entries that are no accepted run."""
    cells = feeds.cells(data.traffic)
    pairs = _treated_unlike(cells, list(_tests(topology)))
    if not pairs:
        return data
    accepted = data.run_cells.copy()
    executed: dict[int, int] = {}
    for key, place in enumerate(data.run_cells):
        pair = pairs.get(_place(cells[place])) if place >= 0 else None
        if pair:
            accepted[key], executed[key] = pair
    if not executed:
        return data
    more = np.array([*executed.values()], dtype=np.int64)
    run_cells = np.concatenate([accepted, more])
    return replace(data, runs=_split(data.runs, [*executed]), run_cells=run_cells)


def _treated_unlike(
    cells: Sequence[Cell], tests: Sequence[Test]
) -> dict[tuple[object, ...], tuple[int, int]]:
    """By account, region, category and resource: the places of both kinds of record, where a test tells them
    apart."""
    siblings: dict[tuple[object, ...], dict[str | None, int]] = defaultdict(dict)
    for place, cell in enumerate(cells):
        siblings[_place(cell)].setdefault(cell.event_name, place)
    pairs = {
        where: (kinds[ACCEPTED], kinds[EXECUTED])
        for where, kinds in siblings.items()
        if ACCEPTED in kinds and EXECUTED in kinds
    }
    return {
        where: (one, other)
        for where, (one, other) in pairs.items()
        if any(test(cells[one]) != test(cells[other]) for test in tests)
    }


def _tests(topology: Topology) -> Iterator[Test]:
    """What may let some entries pass and others not."""
    for item in topology.filters:
        if test := filter_patterns.parse(item.pattern):
            yield test
    for trail in topology.trails.values():
        yield from (chosen.matches for _, chosen in trail.selectors)
    for rule in event_patterns.rules(topology):
        yield from (pattern.told for _, pattern in event_patterns.of_rule(rule, topology))


def _place(cell: Cell) -> tuple[object, ...]:
    return cell.account, cell.region, cell.category, cell.event_source, cell.resource


def _split(runs: Counts, keys: list[int]) -> Counts:
    """The counts with a second key for each of these, in their order."""
    new: Ints = np.full(len(runs.keys), -1, dtype=np.int64)
    new[keys] = len(runs.keys) + np.arange(len(keys))
    entries, started = runs.measures["entries"], runs.measures["runs"]
    rest = np.where(new[runs.key] >= 0, np.maximum(entries - started, 0.0), 0.0)
    rows = np.flatnonzero(rest)
    added = {name: np.zeros(len(rows)) for name in runs.measures} | {"entries": rest[rows]}
    kept = replace(runs, measures=runs.measures | {"entries": entries - rest})
    more = [runs.keys[key] for key in keys]
    return kept.extended(more, runs.minute[rows], new[runs.key[rows]], added)

"""Lambda's data entries by function, where the selectors of a trail name functions.

`traffic_minutes` counts entries by service and name, not by what was called; a trail whose selectors name
functions records only theirs (CloudTrail user guide, "Logging data events"). The runs are counted by
function: their shares divide the traffic of such accounts, so that a cell knows the function that it is of.
Functions which all selectors treat alike share one cell, so that there are few, however many functions run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from analytics.feeds import cells
from analytics.rollup_data import RollupData
from analytics.selectors import Cell, Selector
from analytics.series import Counts, Floats, Ints, Key
from analytics.topology import Trail

SERVICE = "lambda.amazonaws.com"
# Minutes about one without a run's first record in which the shares are looked for: retries come later.
NEARBY = 5

Place = tuple[object, object]  # account, region
Groups = dict[str, list[int]]  # the function that stands for its like: places among the runs' keys


def told_apart(data: RollupData, trails: Iterable[Trail]) -> RollupData:
    """The rollups with each Lambda cell that a selector does not match as a whole divided by function."""
    every = tuple(trails)
    for place, at in _lambda_cells(data.traffic).items():
        kinds = [cells(data.traffic)[cell] for cell in at]
        asking = _asking(every, kinds)
        runs = [n for n, key in enumerate(data.runs.keys) if key[4:7] == (*place, "Data")]
        if asking and runs:
            data = _divided(data, at, _alike(runs, data.runs.keys, asking, kinds))
    return data


def _lambda_cells(traffic: Counts) -> dict[Place, list[int]]:
    """The places of Lambda's data cells among the traffic's keys, by account and region."""
    found: dict[Place, list[int]] = defaultdict(list)
    for cell, key in enumerate(traffic.keys):
        if key[2:4] == ("Data", SERVICE):
            found[key[0], key[1]].append(cell)
    return found


def _asking(trails: Iterable[Trail], kinds: Sequence[Cell]) -> list[Selector]:
    """The selectors, now or before, that match some of these cells only for some functions."""
    return [
        chosen
        for trail in trails
        if trail.covers(kinds[0].account, kinds[0].region)
        for _, chosen in trail.selectors
        if any(chosen.guesses(cell) for cell in kinds)
    ]


def _alike(
    runs: Iterable[int], keys: Sequence[Key], asking: Sequence[Selector], kinds: Sequence[Cell]
) -> Groups:
    """The runs' keys by the first of the functions that the selectors treat as they treat theirs."""
    by_function: dict[str, list[int]] = defaultdict(list)
    for run in runs:
        by_function[str(keys[run][0])].append(run)
    first: dict[tuple[bool, ...], str] = {}
    found: Groups = defaultdict(list)
    for function, mine in sorted(by_function.items()):
        of_it = [replace(cell, resource=function) for cell in kinds]
        treated = tuple(chosen.matches(cell) for chosen in asking for cell in of_it)
        found[first.setdefault(treated, function)] += mine
    return found


def _divided(data: RollupData, at: Sequence[int], groups: Groups) -> RollupData:
    """The rollups with the traffic's cells `at` divided among groups of functions: the first group's stand
    where the whole's stood, so that the places of other cells stay."""
    keys = list(data.traffic.keys)
    whole = np.isin(data.traffic.key, at)
    minute, key = data.traffic.minute[whole], data.traffic.key[whole]
    entries = data.traffic.measures["entries"][whole]
    rows = [(data.traffic.minute[~whole], data.traffic.key[~whole])]
    values = [data.traffic.measures["entries"][~whole]]
    run_cells = data.run_cells.copy()
    renamed = np.arange(len(keys))
    shares = _shares(data.runs, list(groups.values()))
    for number, ((function, runs), share) in enumerate(zip(groups.items(), shares, strict=True)):
        for cell in at:
            named = (*data.traffic.keys[cell][:6], function)
            renamed[cell] = len(keys) if number else cell
            keys[cell : cell + 1] = [keys[cell]] if number else [named]
            keys += [named] if number else []
        run_cells[runs] = renamed[at[0]]
        rows.append((minute, renamed[key]))
        values.append(entries * share[minute])
    minutes, places = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return replace(
        data, traffic=_counts(data.traffic, keys, minutes, places, values), run_cells=run_cells
    )


def _counts(
    like: Counts, keys: Sequence[Key], minutes: Ints, places: Ints, values: Sequence[Floats]
) -> Counts:
    entries = np.concatenate(values)
    there = entries > 0
    return Counts(
        minutes[there], places[there], tuple(keys), {"entries": entries[there]}, like.minutes
    )


def _shares(runs: Counts, groups: Sequence[Sequence[int]]) -> Floats:
    """Each group's share of their runs' entries, [groups, minutes]: of the minute's, else of the minutes'
    about it, else of the window's."""
    counted = np.stack([runs.series("entries", _chosen(group, runs)) for group in groups])
    near = np.ones(2 * NEARBY + 1)
    about = np.stack(
        [np.convolve(row, near)[NEARBY : NEARBY + runs.minutes].round() for row in counted]
    )
    window = np.repeat(counted.sum(axis=1, keepdims=True), runs.minutes, axis=1)
    best = np.where(about.sum(axis=0) > 0, about, window)
    best = np.where(counted.sum(axis=0) > 0, counted, best)
    return np.asarray(best / np.maximum(best.sum(axis=0), 1e-9))


def _chosen(group: Sequence[int], runs: Counts) -> Floats:
    weight = np.zeros(len(runs.keys))
    weight[list(group)] = 1.0
    return weight

"""Lambda's data entries by function, where the selectors of a trail, or a rule's pattern, name functions.

A trail whose selectors name functions records only theirs (CloudTrail user guide, "Logging data events").
The runs are counted by function: their shares divide the traffic of such accounts, so that a cell knows the
function that it is of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics import divided
from analytics.divided import Asker
from analytics.feeds import cells
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, about

SERVICE = "lambda.amazonaws.com"
# Minutes about one without a run's first record in which the shares are looked for: retries come later.
NEARBY = 5

Place = tuple[object, object]  # account, region


def told_apart(data: RollupData, askers: Sequence[Asker]) -> RollupData:
    """The rollups with each Lambda cell that a trail or rule does not match as a whole divided by function."""
    if not askers:
        return data
    all_cells = cells(data.traffic)
    run_places: dict[Place, list[int]] = defaultdict(list)
    for run, key in enumerate(data.runs.keys):
        if key[6] == "Data":
            run_places[key[4], key[5]].append(run)
    parts: dict[int, divided.Shares] = {}
    of_runs: dict[tuple[int, str], list[int]] = {}
    for place, at in _lambda_cells(data.traffic).items():
        kinds = [all_cells[cell] for cell in at]
        runs = run_places[place]
        asked = divided.asking(askers, kinds)
        if not (asked and runs):
            continue
        names = divided.alike({str(data.runs.keys[run][0]) for run in runs}, asked, kinds)
        groups: dict[str, list[int]] = defaultdict(list)
        for run in runs:
            groups[names[str(data.runs.keys[run][0])]].append(run)
        shares = dict(zip(groups, _shares(data.runs, list(groups.values())), strict=True))
        parts |= dict.fromkeys(at, shares)
        of_runs |= {(at[0], name): mine for name, mine in groups.items()}
    if not parts:
        return data
    traffic, places = divided.divide(data.traffic, parts)
    run_cells = data.run_cells.copy()
    for part, mine in of_runs.items():
        run_cells[mine] = places[part]
    return replace(data, traffic=traffic, run_cells=run_cells)


def _lambda_cells(traffic: Counts) -> dict[Place, list[int]]:
    """The places of Lambda's data cells among the traffic's keys, by account and region."""
    found: dict[Place, list[int]] = defaultdict(list)
    for cell, key in enumerate(traffic.keys):
        if key[2:4] == ("Data", SERVICE):
            found[key[0], key[1]].append(cell)
    return found


def _shares(runs: Counts, groups: Sequence[Sequence[int]]) -> Floats:
    """Each group's share of their runs' entries, [groups, minutes]: of the minute's, else of the minutes'
    about it, else of the window's."""
    counted = np.stack([runs.series("entries", runs.only(group)) for group in groups])
    near = np.stack([about(row, NEARBY).round() for row in counted])
    window = np.repeat(counted.sum(axis=1, keepdims=True), runs.minutes, axis=1)
    best = np.where(near.sum(axis=0) > 0, near, window)
    best = np.where(counted.sum(axis=0) > 0, counted, best)
    return np.asarray(best / np.maximum(best.sum(axis=0), 1e-9))

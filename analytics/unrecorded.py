"""Runs of which the archive has calls alone: a trail of management events records what functions call and not that they
run, and one that begins to record runs in the window records none before.

A run makes each of its calls as often as any other, and starts each further function as often. So where the links tell
what starts a function of which no run is recorded, its most frequent call stands for its runs; and before the first
and after the last run that is recorded its calls stand for as many runs as they do in between, where that is known.
What an entry causes is right then, however many such calls a run makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from analytics import lags, starts
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Key
from analytics.topology import Topology

MEASURES = {
    "runs": 1.0,
    "executed": 1.0,
    "throttled": 0.0,
    "entries": 0.0,
}  # of a call that stands for a run
LEAST_CALLS = (
    20  # at a time without recorded runs, that show it, and with, that tell how many a run makes
)

Call = tuple[str, str]
INVOKE = "lambda.amazonaws.com", "Invoke"


@dataclass(frozen=True)
class Stand:
    """A function, the call (service, name) that stands for its runs, and since and until when there are runs that
    are recorded, if there are any."""

    function: str
    event_source: str
    event_name: str
    recorded: tuple[datetime, datetime] | None = None

    def __str__(self) -> str:
        call = f"{self.event_source.split('.')[0]}:{self.event_name}"
        if self.recorded is None:
            return f"{self.function}: no run of it is recorded; its calls of {call} stand for its runs."
        since, until = self.recorded
        return (
            f"{self.function}: its runs are recorded from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}; its calls "
            f"of {call} stand for those before and after."
        )


def stood_for(data: RollupData, topology: Topology) -> tuple[RollupData, tuple[Stand, ...]]:
    """The rollups with such functions' runs, and what stands for each."""
    calls = _calls(data)
    whole, of_all = _without_any(data, calls, topology)
    partly, of_some = _without_some(whole, calls)
    return partly, (*of_all, *of_some)


def _calls(data: RollupData) -> dict[str, dict[Call, list[int]]]:
    """By function and kind of call the places of its keys."""
    found: dict[str, dict[Call, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, key in enumerate(data.calls.keys):
        found[str(key[0])][str(key[4]), str(key[5])].append(place)
    return found


def _counted(kinds: Mapping[Call, Sequence[int]], data: RollupData) -> dict[Call, Floats]:
    """Calls a minute of each kind."""
    return {
        kind: data.calls.series("entries", data.calls.only(mine))
        for kind, mine in sorted(kinds.items())
    }


def _without_any(
    data: RollupData, calls: Mapping[str, Mapping[Call, Sequence[int]]], topology: Topology
) -> tuple[RollupData, list[Stand]]:
    """Functions of which no run is recorded, and that one thing starts as far as the links tell."""
    known = {key[0] for key in data.runs.keys} | {key[3] for key in data.runs.keys}
    keys: list[Key] = []
    series: list[Floats] = []
    stands: list[Stand] = []
    for function, kinds in sorted(calls.items()):
        start = None if function in known else starts.only_way_in(function, topology)
        if start is None:
            continue
        counted = _counted(kinds, data)
        chosen = max(counted, key=lambda kind: float(counted[kind].sum()))
        account_region_category = data.calls.keys[kinds[chosen][0]][1:4]
        keys.append((function, start.kind, start.node, None, *account_region_category))
        series.append(counted[chosen])
        stands.append(Stand(function, *chosen))
    if not stands:
        return data, []
    places = range(len(data.runs.keys), len(data.runs.keys) + len(keys))
    cells = np.concatenate([data.run_cells, np.full(len(keys), -1, dtype=np.int64)])
    return replace(data, runs=_with(data.runs, keys, places, series), run_cells=cells), stands


def _without_some(
    data: RollupData, calls: Mapping[str, Mapping[Call, Sequence[int]]]
) -> tuple[RollupData, list[Stand]]:
    """Functions that ran before or after the runs that are recorded of them; from those on that others start, whose
    runs stand for those of their callers."""
    stands: dict[str, Stand] = {}
    for _ in range(len(data.runs.keys)):
        found = [
            stand
            for function in _run_beyond(data)
            if function not in stands
            and (stand := _outside(function, _counted(calls.get(function, {}), data), data))
        ]
        if not found:
            break
        places = [place for _, place, _ in found]
        series = [added for _, _, added in found]
        data = replace(data, runs=_with(data.runs, (), places, series))
        stands |= {stand.function: stand for stand, _, _ in found}
    return data, list(stands.values())


def _run_beyond(data: RollupData) -> list[str]:
    """Functions that called something, or started others, longer before their first or after their last recorded run
    than a run can last."""
    runs, calls = data.runs, data.calls
    number = {name: code for code, name in enumerate(sorted({str(key[0]) for key in runs.keys}))}
    first, last = np.full(len(number), runs.minutes), np.full(len(number), -1)
    ran = runs.measures["runs"] > 0
    function = np.array([number[str(key[0])] for key in runs.keys], dtype=np.int64)[runs.key[ran]]
    np.minimum.at(first, function, runs.minute[ran])
    np.maximum.at(last, function, runs.minute[ran])
    beyond = np.zeros(len(number))
    for counts, measure, place in ((calls, "entries", 0), (runs, "runs", 3)):
        codes = np.array([number.get(str(key[place]), -1) for key in counts.keys], dtype=np.int64)
        rows = np.flatnonzero(codes[counts.key] >= 0)
        of, minute = codes[counts.key[rows]], counts.minute[rows]
        apart = (minute < first[of] - lags.LAGS) | (minute > last[of] + lags.LAGS)
        apart &= last[of] >= 0
        values = counts.measures[measure][rows]
        beyond += np.bincount(of[apart], values[apart], len(number))
    return [name for name, code in number.items() if beyond[code] >= LEAST_CALLS]


def _outside(
    function: str, calls: dict[Call, Floats], data: RollupData
) -> tuple[Stand, int, Floats] | None:
    """What stands for the runs of a function that are not recorded: the key that most of its runs have, and how many a
    minute are its. None where there is nothing to tell of any."""
    mine = [place for place, key in enumerate(data.runs.keys) if key[0] == function]
    runs = data.runs.series("runs", data.runs.only(mine))
    started = data.runs.series("runs", data.runs.where(lambda key: key[3] == function))
    first, last = lags.active_span(runs)
    kinds = {**calls, INVOKE: started}
    beyond = {
        kind: float(series[: max(first - lags.LAGS, 0)].sum() + series[last + lags.LAGS :].sum())
        for kind, series in kinds.items()
    }
    kind = max(beyond, key=lambda kind: beyond[kind])
    if beyond[kind] < LEAST_CALLS:
        return None
    outside = np.array(kinds[kind])
    within = float(outside[first:last].sum())
    outside[first:last] = 0.0
    added = outside * (float(runs.sum()) / within if within >= LEAST_CALLS else 1.0)
    totals = data.runs.totals("runs")
    recorded = data.span.time(first), data.span.time(last - 1)
    return Stand(function, *kind, recorded), max(mine, key=lambda place: totals[place]), added


def _with(
    runs: Counts, keys: Sequence[Key], places: Sequence[int], series: Sequence[Floats]
) -> Counts:
    """The counts with further keys, and with so many runs a minute of the keys at these places."""
    row, minute = np.nonzero(series)
    counted = np.asarray(series)[row, minute]
    measures = {name: MEASURES[name] * counted for name in runs.measures}
    return runs.extended(keys, minute, np.asarray(places)[row], measures)

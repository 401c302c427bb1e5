"""Functions of which the archive has calls and no run: a trail of management events records what they call alone.

Where the links tell what starts such a function, its most frequent call stands for its runs: a run makes each of its
calls as often as any other. So what an entry causes is right, however many such calls a run makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics import starts
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Key
from analytics.topology import Topology

MEASURES = {
    "runs": 1.0,
    "executed": 1.0,
    "throttled": 0.0,
    "entries": 0.0,
}  # of a call that stands for a run


@dataclass(frozen=True)
class Stand:
    """A function, and the call (service, name) that stands for its runs."""

    function: str
    event_source: str
    event_name: str

    def __str__(self) -> str:
        call = f"{self.event_source.split('.')[0]}:{self.event_name}"
        return f"{self.function}: no run of it is recorded; its calls of {call} stand for its runs."


def stood_for(data: RollupData, topology: Topology) -> tuple[RollupData, tuple[Stand, ...]]:
    """The rollups with such functions' runs, and what stands for each."""
    known = {key[0] for key in data.runs.keys} | {key[3] for key in data.runs.keys}
    calls: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, key in enumerate(data.calls.keys):
        if key[0] not in known:
            calls[str(key[0])][str(key[4]), str(key[5])].append(place)
    keys: list[Key] = []
    series: list[Floats] = []
    stands: list[Stand] = []
    for function, kinds in sorted(calls.items()):
        start = starts.only_way_in(function, topology)
        if start is None:
            continue
        counted = {
            kind: data.calls.series("entries", data.calls.only(mine))
            for kind, mine in sorted(kinds.items())
        }
        chosen = max(counted, key=lambda kind: float(counted[kind].sum()))
        account_region_category = data.calls.keys[kinds[chosen][0]][1:4]
        keys.append((function, start.kind, start.node, None, *account_region_category))
        series.append(counted[chosen])
        stands.append(Stand(function, *chosen))
    if not stands:
        return data, ()
    runs = _with(data.runs, keys, series)
    cells = np.concatenate([data.run_cells, np.full(len(keys), -1, dtype=np.int64)])
    return replace(data, runs=runs, run_cells=cells), tuple(stands)


def _with(runs: Counts, keys: Sequence[Key], series: Sequence[Floats]) -> Counts:
    """The counts with further keys, each with a run for every count a minute."""
    place, minute = np.nonzero(series)
    counted = np.asarray(series)[place, minute]
    measures = {name: MEASURES[name] * counted for name in runs.measures}
    return runs.extended(keys, minute, len(runs.keys) + place, measures)

"""What nodes start: their runs a minute, and the entries that those write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics import arns, effects, feeds, filling
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats
from analytics.starts import Graph, Start


def nodes(graph: Graph) -> dict[str, Start]:
    """Every node that starts functions, other than functions, by its id."""
    return {
        start.node: start
        for ways in graph.starts.values()
        for start in ways
        if start.kind != "function"
    }


def direct_runs(node: str, graph: Graph, data: RollupData) -> Floats:
    """Runs a minute that this node starts."""
    mine = [
        place for (_, start), places in graph.keys.items() if start.node == node for place in places
    ]
    return data.runs.series("runs", data.runs.only(mine))


def keys_of(function: str, node: str, graph: Graph, data: RollupData) -> Floats:
    """Weights of the run counts: 1 for this function as this node starts it."""
    return data.runs.only(
        place
        for (arn, start), places in graph.keys.items()
        if arn == function and start.node == node
        for place in places
    )


def busiest_runs(node: str, graph: Graph, data: RollupData) -> Floats:
    """Runs a minute of the function that this node starts most often: each message or execution may start
    every one of its functions, so that all together run more often than who fills it."""
    found: dict[str, Floats] = {}
    for (arn, start), places in graph.keys.items():
        if start.node == node:
            mine = data.runs.series("runs", data.runs.only(places))
            found[arn] = found.get(arn, 0.0) + mine
    return max(found.values(), key=lambda runs: float(runs.sum()))


def function_runs(arn: str, data: RollupData) -> Floats:
    """Runs a minute of a function, whatever started them."""
    return data.runs.series("runs", data.runs.where(lambda key: key[0] == arn))


def own_entries(functions: Sequence[str], graph: Graph, data: RollupData) -> Floats:
    """Entries a minute of the runs and calls of these functions and all that they call, or start through
    state machines: those run within seconds, as a called function does."""
    reached = _reached(functions, graph, data)
    runs = data.runs.series("entries", data.runs.where(lambda key: key[0] in reached))
    return runs + data.calls.series("entries", data.calls.where(lambda key: key[0] in reached))


def written(functions: Sequence[str], graph: Graph, data: RollupData) -> Counts:
    """The entries of the runs and calls of these functions and all that they start, by the keys of the traffic."""
    reached = _reached(functions, graph, data)
    minutes, cells, entries = [], [], []
    for counts, places in ((data.runs, data.run_cells), (data.calls, data.call_cells)):
        mine = counts.where(lambda key: key[0] in reached) & (places >= 0)
        rows = np.flatnonzero(mine[counts.key])
        minutes.append(counts.minute[rows])
        cells.append(places[counts.key[rows]])
        entries.append(counts.measures["entries"][rows])
    measures = {"entries": np.concatenate(entries)}
    keys = data.traffic.keys
    return Counts(np.concatenate(minutes), np.concatenate(cells), keys, measures, data.span.minutes)


def own_entries_fed(node: str, feed: feeds.Feed, graph: Graph, data: RollupData) -> Floats:
    """Those of the source's own entries that its feed delivers, by the minute of the run that wrote them."""
    bucket = arns.part(node, 5)
    reached = _reached(graph.functions_of(node), graph, data)
    tables = [
        (data.runs, data.run_cells, data.runs.where(lambda key: key[0] in reached)),
        (data.calls, data.call_cells, data.calls.where(lambda key: key[0] in reached)),
    ]
    if not reached:
        mine = data.deliveries.where(lambda key: key[4] == bucket)
        tables = [(data.deliveries, data.delivery_cells, mine)]
    parts = [
        effects.covered(counts, mine.astype(float), cells, feed, data)
        for counts, cells, mine in tables
    ]
    return np.asarray(np.sum(parts, axis=0))


def _reached(functions: Sequence[str], graph: Graph, data: RollupData) -> set[str]:
    """These functions and all that they call, or start through state machines."""
    machines = [start for start in nodes(graph).values() if start.kind == "step_functions"]
    filled = filling.recorded_relays(data.calls, machines) if machines else {}
    reached = set(functions)
    while True:
        more = {
            arn
            for arn, ways in graph.starts.items()
            if any(
                start.node in reached
                if start.kind == "function"
                else not reached.isdisjoint(filled.get(start.node, ()))
                for start in ways
            )
        } - reached
        if not more:
            return reached
        reached |= more

"""What the entries of a source cause: its second-order entries by minute, function and cell.

Weights are shares in [0, 1] per key of the run and call counts: the part of that key's entries that a
source caused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics import starts
from analytics.feeds import Feed
from analytics.flows import Flow
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Ints, about
from analytics.starts import Graph

# Minutes before and after a call in which the runs are looked for that may have made it.
NEARBY = 5


@dataclass(frozen=True)
class Weights:
    """Shares per key: of the runs, of the calls, of CloudTrail's recorded deliveries; `first` is the minute
    before which the source caused nothing. `runs_then` and `calls_then` say for each row of those counts how
    often the key's share it is then: a function that a source started until noon starts no other after, and
    makes no calls."""

    runs: Floats
    calls: Floats
    deliveries: Floats
    first: int = 0
    runs_then: Floats | None = None
    calls_then: Floats | None = None

    def runs_of(self, data: RollupData) -> Counts:
        """The runs, each row as often as its key's share is that of its time."""
        return _often(data.runs, self.runs_then)

    def calls_of(self, data: RollupData) -> Counts:
        """The calls, each row as often as its key's share is that of its time."""
        return _often(data.calls, self.calls_then)


def _often(counts: Counts, then: Floats | None) -> Counts:
    if then is None:
        return counts
    measures = {name: values * then for name, values in counts.measures.items()}
    return replace(counts, measures=measures)


def of_source(source: str, graph: Graph, flow: Flow, data: RollupData) -> Weights:
    """What `source` caused."""
    shares = {arn: share.get(source, 0.0) for arn, share in flow.shares.items()}
    runs = _run_weights(
        graph,
        data,
        shares,
        lambda start: 1.0 if start.node == source else _passed(start, source, flow),
    )
    bucket = source.removeprefix("arn:aws:s3:::")
    deliveries = data.deliveries.where(lambda key: key[4] == bucket).astype(float)
    caused = data.runs.series("runs", runs) + data.deliveries.series("entries", deliveries)
    begun = np.flatnonzero(caused)
    first = int(begun[0]) if begun.size else 0
    partly = {arn for arn, share in shares.items() if 0 < share < 1}
    runs_then, calls_then = _then(partly, runs, graph, flow, data) if partly else (None, None)
    return Weights(runs, _call_weights(data, shares), deliveries, first, runs_then, calls_then)


def of_log_processing(sources: set[str], graph: Graph, flow: Flow, data: RollupData) -> Weights:
    """What log processing caused at all, each entry once."""

    def share(start: starts.Start) -> float:
        if start.node in sources:
            return 1.0
        fillers = (start.node,) if start.kind == "function" else flow.relays.get(start.node, ())
        return max((flow.log_share.get(filler, 0.0) for filler in fillers), default=0.0)

    runs = _run_weights(graph, data, flow.log_share, share)
    buckets = {node.removeprefix("arn:aws:s3:::") for node in sources}
    deliveries = data.deliveries.where(lambda key: key[4] in buckets).astype(float)
    return Weights(runs, _call_weights(data, flow.log_share), deliveries)


def _run_weights(
    graph: Graph,
    data: RollupData,
    shares: Mapping[str, float],
    share: Callable[[starts.Start], float],
) -> Floats:
    weight = np.zeros(len(data.runs.keys))
    for (function, start), places in graph.keys.items():
        if shares.get(function, 0.0) > 0:
            weight[list(places)] = share(start) if start.kind != "unknown" else shares[function]
    return weight


def _passed(start: starts.Start, source: str, flow: Flow) -> float:
    if start.kind == "function":
        return flow.shares.get(start.node, {}).get(source, 0.0)
    fillers = flow.relays.get(start.node, ())
    return sum(flow.shares.get(filler, {}).get(source, 0.0) for filler in fillers) / max(
        len(fillers), 1
    )


def _call_weights(data: RollupData, shares: Mapping[str, float]) -> Floats:
    return np.array([shares.get(str(key[0]), 0.0) for key in data.calls.keys], dtype=float)


def _then(
    functions: set[str], runs: Floats, graph: Graph, flow: Flow, data: RollupData
) -> tuple[Floats, Floats]:
    """How often its key's share is each row of the runs that these functions start, and of their calls: the
    source's part of the function's runs about that minute, of its part of all of them. 1 where the function did
    not run. From the callers on, so that what they pass on is known when they are asked."""
    runs_then, calls_then = np.ones(len(data.runs.minute)), np.ones(len(data.calls.minute))
    for arn in sorted(functions, key=lambda arn: (flow.depth.get(arn, 0), arn)):
        mine = _of(arn, data.runs)
        caused = _often(data.runs, runs_then).series("runs", runs * mine)
        if not caused.any():
            continue
        relative = _relative(caused, data.runs.series("runs", mine))
        started = [
            place
            for (_, start), places in graph.keys.items()
            if start.node == arn or flow.relays.get(start.node) == (arn,)
            for place in places
        ]
        for counts, keys, then in (
            (data.runs, data.runs.only(started), runs_then),
            (data.calls, _of(arn, data.calls), calls_then),
        ):
            rows = keys[counts.key] > 0
            then[rows] = relative[counts.minute[rows]]
    return runs_then, calls_then


def _of(function: str, counts: Counts) -> NDArray[np.bool_]:
    return counts.where(lambda key: key[0] == function)


def _relative(part: Floats, whole: Floats) -> Floats:
    """A part's share of the whole about each minute, of its share of all; 1 where there is nothing."""
    parts, wholes = about(part, NEARBY), about(whole, NEARBY)
    expected = wholes * (part.sum() / whole.sum())
    relative: Floats = np.divide(parts, expected, out=np.ones_like(parts), where=wholes > 0.5)
    return relative


def entries(weights: Weights, data: RollupData) -> Floats:
    """Second-order entries a minute."""
    return (
        weights.runs_of(data).series("entries", weights.runs)
        + weights.calls_of(data).series("entries", weights.calls)
        + data.deliveries.series("entries", weights.deliveries)
    )


def runs(weights: Weights, data: RollupData) -> Floats:
    """Runs a minute."""
    return weights.runs_of(data).series("runs", weights.runs)


def returning(weights: Weights, feed: Feed, data: RollupData) -> Floats:
    """Second-order entries a minute that this feed delivers again."""
    total = np.zeros(data.span.minutes)
    for counts, weight, cells in tables(weights, data):
        total += covered(counts, weight, cells, feed, data)
    total[: weights.first] = 0.0
    return total


def by_function(weights: Weights, data: RollupData, first: int = 0) -> dict[str, float]:
    """Entries from minute `first` on by the function whose run or call they record."""
    return _by_function(
        (counts, counts.measures["entries"] * weight[counts.key] * (counts.minute >= first))
        for counts, weight, _ in tables(weights, data)[:2]
    )


def returning_by_function(
    weights: Weights, feed: Feed, data: RollupData, first: int = 0
) -> dict[str, float]:
    """Entries from minute `first` on that come back through this feed, by the function whose run or call
    they record."""
    since = max(first, weights.first)
    return _by_function(
        (
            counts,
            counts.measures["entries"]
            * weight[counts.key]
            * (feed.covered(cells[counts.key], counts.minute) & (counts.minute >= since)),
        )
        for counts, weight, cells in tables(weights, data)[:2]
    )


def _by_function(tables: Iterable[tuple[Counts, Floats]]) -> dict[str, float]:
    """Sums by function of a value for each row of the counts."""
    found: dict[str, float] = {}
    for counts, values in tables:
        totals = np.bincount(counts.key, weights=values, minlength=len(counts.keys))
        for key, total in zip(counts.keys, totals, strict=True):
            if total > 0:
                found[str(key[0])] = found.get(str(key[0]), 0.0) + float(total)
    return found


def tables(weights: Weights, data: RollupData) -> list[tuple[Counts, Floats, Ints]]:
    """The counts that hold a source's effects, each with its weights and its keys' places among the cells."""
    return [
        (weights.runs_of(data), weights.runs, data.run_cells),
        (weights.calls_of(data), weights.calls, data.call_cells),
        (data.deliveries, weights.deliveries, data.delivery_cells),
    ]


def covered(counts: Counts, weight: Floats, cells: Ints, feed: Feed, data: RollupData) -> Floats:
    """Entries a minute that this feed delivers, of the counts' keys with their weights; `cells` are the keys'
    places among the traffic's."""
    if not len(counts.keys):
        return np.zeros(data.span.minutes)
    inside = feed.covered(cells[counts.key], counts.minute)
    values = counts.measures["entries"] * weight[counts.key] * inside
    return np.bincount(counts.minute, weights=values, minlength=data.span.minutes).astype(float)

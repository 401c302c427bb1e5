"""Which functions process logs, and how much of what starts them comes from logs.

A *relay* is a queue, topic, stream, bucket or state machine that log-processing functions fill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import networkx as nx

from analytics.starts import Graph, Start


@dataclass(frozen=True)
class Flow:
    """Log processing, traced: per function its share of runs caused by each source, and its depth."""

    shares: Mapping[str, Mapping[str, float]]
    depth: Mapping[str, int]
    log_share: Mapping[str, float]
    calls: Mapping[tuple[str, str], float] = field(default_factory=dict)
    relays: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def trace(graph_: Graph, sources: Iterable[str], relays: Mapping[str, tuple[str, ...]]) -> Flow:
    """Follows runs from the log sources through calls and relays (`relays[node]` = who fills it).

    Shares solve x = D + C x, with D the direct part of a function's runs and C the parts its callers
    start; repeated substitution, since a graph of calls is shallow and a recursion's share is < 1.
    """
    known = set(sources)
    roots = known - set(relays)
    shares: dict[str, dict[str, float]] = {}
    logs: dict[str, float] = {}
    for _ in range(60):
        fresh = {arn: _share(ways, known, relays, shares) for arn, ways in graph_.starts.items()}
        fresh_logs = {
            arn: _log_share(ways, roots, relays, logs) for arn, ways in graph_.starts.items()
        }
        if fresh == shares and fresh_logs == logs:
            break
        shares, logs = fresh, fresh_logs
    found = {
        arn: share for arn, share in shares.items() if any(part > 0 for part in share.values())
    }
    calls = _calls(graph_, relays, found)
    return Flow(
        found,
        _depths(graph_, known, relays, found),
        {arn: min(1.0, logs[arn]) for arn in found},
        calls,
        relays,
    )


def _share(
    ways: Mapping[Start, float],
    sources: set[str],
    relays: Mapping[str, tuple[str, ...]],
    shares: Mapping[str, Mapping[str, float]],
) -> dict[str, float]:
    total = sum(ways.values()) or 1.0
    found: dict[str, float] = defaultdict(float)
    for start, runs in ways.items():
        if start.node in sources:
            found[start.node] += runs / total
        for source, part in _passed_on(start, relays, shares).items():
            found[source] += part * runs / total
    return {source: round(part, 9) for source, part in found.items() if part > 1e-6}


def _passed_on(
    start: Start, relays: Mapping[str, tuple[str, ...]], shares: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """The sources behind a caller or a relay; a relay's fillers count alike."""
    if start.kind == "function":
        return dict(shares.get(start.node, {}))
    fillers = relays.get(start.node, ())
    passed: dict[str, float] = defaultdict(float)
    for filler in fillers:
        for source, part in shares.get(filler, {}).items():
            passed[source] += part / len(fillers)
    return passed


def _log_share(
    ways: Mapping[Start, float],
    roots: set[str],
    relays: Mapping[str, tuple[str, ...]],
    logs: Mapping[str, float],
) -> float:
    total = sum(ways.values()) or 1.0
    caused = 0.0
    for start, runs in ways.items():
        fillers = (start.node,) if start.kind == "function" else relays.get(start.node, ())
        part = (
            1.0
            if start.node in roots
            else sum(logs.get(filler, 0.0) for filler in fillers) / max(len(fillers), 1)
        )
        caused += runs * part
    return round(caused / total, 9)


def _calls(
    graph_: Graph, relays: Mapping[str, tuple[str, ...]], found: Mapping[str, object]
) -> dict[tuple[str, str], float]:
    """Runs from function to function, over relays too."""
    calls: dict[tuple[str, str], float] = defaultdict(float)
    for arn in found:
        for start, runs in graph_.starts[arn].items():
            fillers = (start.node,) if start.kind == "function" else relays.get(start.node, ())
            for filler in fillers:
                if filler in found:
                    calls[filler, arn] += runs / len(fillers)
    return dict(calls)


def _depths(
    graph_: Graph,
    sources: set[str],
    relays: Mapping[str, tuple[str, ...]],
    found: Mapping[str, object],
) -> dict[str, int]:
    way: nx.DiGraph[str] = nx.DiGraph()
    for arn in found:
        for start in graph_.starts[arn]:
            if start.node in relays:
                way.add_edges_from((filler, arn) for filler in relays[start.node])
            elif start.node in sources:
                way.add_edge("", arn)
            elif start.kind == "function":
                way.add_edge(start.node, arn)
    reached = nx.single_source_shortest_path_length(way, "") if "" in way else {}
    return {arn: int(reached.get(arn, 1)) for arn in found}

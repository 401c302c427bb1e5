"""What starts each function: the graph that log flows through.

A *start* is one way in to a function: a log source, another function, or ordinary use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics import arns
from analytics.series import Counts, Floats
from analytics.topology import Link, Topology, covers

LEAST_RUNS = 30  # before the counts of two functions tell that they have one source
IN_STEP = 0.5


@dataclass(frozen=True)
class Start:
    """A way in: trigger kind and ARN (an id of ours where it is not recorded), or the calling function."""

    kind: str
    node: str
    recorded: bool = True


@dataclass(frozen=True)
class Graph:
    """`starts[function][start]` = runs; `keys[function][start]` = the keys of the run counts behind it."""

    starts: Mapping[str, Mapping[Start, float]]
    keys: Mapping[tuple[str, Start], tuple[int, ...]]

    def functions_of(self, node: str) -> tuple[str, ...]:
        """The functions that this node starts."""
        return tuple(
            sorted(
                arn
                for arn, ways in self.starts.items()
                if any(start.node == node for start in ways)
            )
        )


def graph(runs: Counts, topology: Topology) -> Graph:
    """Every function with its ways in; keys of `runs` are (function, kind, trigger, caller, account, region, category).

    The runs of a function whose accept records are missing go to its main way in; a function of which no run is
    recorded has the way in that the links tell.
    """
    totals = runs.totals("runs") + 1e-6 * runs.totals("entries")
    starts: dict[str, dict[Start, float]] = defaultdict(lambda: defaultdict(float))
    keys: dict[tuple[str, Start], list[int]] = defaultdict(list)
    unknown: list[int] = []
    for place, key in enumerate(runs.keys):
        start = start_of(key, topology)
        if start is None:
            unknown.append(place)
            continue
        starts[str(key[0])][start] += totals[place]
        keys[str(key[0]), start].append(place)
    for place in unknown:
        function = str(runs.keys[place][0])
        known = starts[function]
        start = (
            max(known, key=lambda item: known[item])
            if known
            else Start("unknown", f"unknown:unknown:{function}", False)
        )
        known[start] += totals[place]
        keys[function, start].append(place)
    for caller, places in _unrecorded(runs, starts).items():
        if (only := only_way_in(caller, topology)) is not None:
            starts[caller][only] = float(totals[places].sum())
            keys[caller, only] = places
    return Graph(
        {arn: dict(ways) for arn, ways in starts.items()},
        {at: tuple(places) for at, places in keys.items()},
    )


def _unrecorded(runs: Counts, recorded: Container[str]) -> dict[str, list[int]]:
    """The functions that start others though no run of theirs is recorded, as where a trail records the runs of
    some accounts only: each with the keys of the runs that it starts, which stand for its own."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(runs.keys):
        if key[3] is not None and str(key[3]) not in recorded:
            found[str(key[3])].append(place)
    return dict(found)


def only_way_in(function: str, topology: Topology) -> Start | None:
    """What starts a function by the links alone; None where they tell of nothing or of several."""
    linked = _linked(topology.into(function), topology)
    if len(set(linked)) != 1:
        return None
    return Start(arns.kind(linked[0]) or "unknown", arns.log_group(linked[0]))


def start_of(key: tuple[object, ...], topology: Topology) -> Start | None:
    """The way in that a key of the run counts tells; None where its accept record is missing."""
    function = str(key[0])
    kind, arn, caller = (None if part is None else str(part) for part in key[1:4])
    if caller:
        return Start("function", caller)
    if kind in (None, "unknown", "dispatch"):
        return None
    if kind == "function":  # a session of an asynchronous destination names no function
        return Start("destination", unknown_node("destination", function), recorded=False)
    if arn and kind == "step_functions":
        return Start(kind, arn, recorded=False)  # the role that the state machine runs as
    if arn:
        return Start(arns.kind(arn) or kind, arns.log_group(arn))
    into = [link for link in topology.into(function) if _fits(kind, arns.kind(link.source))]
    linked = _linked(into, topology)
    linked = linked or (_fed_streams(function, topology) if kind == "firehose" else [])
    if len(set(linked)) == 1:
        return Start(arns.kind(linked[0]) or kind, linked[0])
    return Start(kind, unknown_node(kind, function), recorded=False)


def unknown_node(kind: str, function: str) -> str:
    """The id of what starts a function where its ARN is not recorded, one for each function: functions of
    one kind, account and region need not share it."""
    return f"unknown:{kind}:{arns.account(function)}:{arns.region(function)}#{arns.function_name(function)}"


def without_function(node: str) -> str:
    """The contract's id of an unknown source."""
    return node.split("#", 1)[0] if node.startswith("unknown:") else node


def joined(graph_: Graph, nodes: Iterable[str]) -> Graph:
    """The graph with these unknown nodes under the contract's id, so that functions of one source share it."""
    return renamed(graph_, {node: without_function(node) for node in nodes})


def renamed(graph_: Graph, names: Mapping[str, str]) -> Graph:
    """The graph with some nodes under other names; nodes that get one name become one."""
    return moved(graph_, lambda _, start: _renamed(start, names))


def moved(graph_: Graph, place: Callable[[str, Start], Start]) -> Graph:
    """The graph with the way in that `place` gives for a function's own one."""
    starts: dict[str, dict[Start, float]] = {}
    keys: dict[tuple[str, Start], tuple[int, ...]] = {}
    for arn, ways in graph_.starts.items():
        mine = starts.setdefault(arn, {})
        for start, runs in ways.items():
            other = place(arn, start)
            mine[other] = mine.get(other, 0.0) + runs
            keys[arn, other] = keys.get((arn, other), ()) + graph_.keys.get((arn, start), ())
    return Graph(starts, keys)


def _renamed(start: Start, names: Mapping[str, str]) -> Start:
    name = names.get(start.node, start.node)
    if name == start.node or name.startswith("unknown:"):
        return replace(start, node=name)
    return Start(arns.kind(name) or start.kind, name)


def named(graph_: Graph) -> Graph:
    """The graph with an unknown way in to a function under the name of its only known one of that kind: good
    records lack their parameters now and then."""
    names: dict[str, str] = {}
    for ways in graph_.starts.values():
        for start in ways:
            if start.node.startswith("unknown:") and "#" in start.node:
                known = {
                    other.node for other in ways if other.recorded and _fits(start.kind, other.kind)
                }
                if len(known) == 1:
                    names[start.node] = known.pop()
    return renamed(graph_, names)


def in_step(graph_: Graph, runs: Counts) -> Graph:
    """The graph with one node for unknown ways in of one kind and place whose functions run minute by minute
    as often as each other: what one source hands to several functions starts them at once.

    Counts that know nothing of each other differ by 2 √(λ/π) a minute on average (two Poisson counts of
    mean λ); half of that is evidence.
    """
    seen: dict[str, list[tuple[str, Floats]]] = defaultdict(list)
    names: dict[str, str] = {}
    for (_, start), places in sorted(graph_.keys.items(), key=lambda item: item[0][1].node):
        if start.node.startswith("unknown:") and "#" in start.node and start.node not in names:
            mine = runs.series("runs", runs.only(places))
            alike = seen[without_function(start.node)]
            names[start.node] = next(
                (name for name, other in alike if together(mine, other)), start.node
            )
            if names[start.node] == start.node:
                alike.append((start.node, mine))
    return renamed(graph_, names)


def together(mine: Floats, other: Floats) -> bool:
    """Whether two counts a minute are as even as no two are that know nothing of each other."""
    mean = (mine + other) / 2
    apart = float(np.abs(mine - other).sum())
    return bool(mean.sum() >= LEAST_RUNS and apart < IN_STEP * 2 * np.sqrt(mean / np.pi).sum())


def _linked(links: Sequence[Link], topology: Topology) -> list[str]:
    """Where the links begin; an account's policy subscribes every log group: of them, the one that a trail is
    known to feed."""
    policies = [link for link in links if link.source.endswith(":log-group:*")]
    fed = {link.target for arn in topology.trails for link in topology.out_of(arn)}
    covered = [node for node in fed if any(covers(policy, node) for policy in policies)]
    return covered or [link.source for link in links]


def _fed_streams(function: str, topology: Topology) -> list[str]:
    """Delivery streams in the function's account and region that a trail feeds: which function transforms
    for a stream is seldom recorded."""
    place = (arns.account(function), arns.region(function))
    return [
        link.target
        for link in topology.links
        if arns.service(link.target) == "firehose"
        and (arns.account(link.target), arns.region(link.target)) == place
        and topology.feeding_trails(link.target)
    ]


def _fits(kind: str, other: str | None) -> bool:
    return kind == other or (
        kind == "event_source_mapping" and other in ("sqs", "kinesis", "dynamodb")
    )

"""The storm as a graph: accounts feed sources, sources start functions, functions write elsewhere.

Only the largest functions get a node of their own; the rest of a column is one node that says
how many it stands for, so the picture stays readable with ten thousand functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics.findings import Findings, LogFunction, Source
from dashboard.words import quantity, short

MOST_FUNCTIONS = 30
MOST_SOURCES = 20
MOST_DESTINATIONS = 8
MOST_ACCOUNTS = 8
MOST_RETURNS = 6


@dataclass(frozen=True)
class Node:
    """A circle: `column` counts from the left, `entries` decides the size."""

    id: str
    name: str
    kind: str
    column: int
    entries: int
    in_loop: bool = False
    stands_for: int = 1


@dataclass(frozen=True)
class Edge:
    """An arrow, as wide as its entries; `returns` closes a loop and is drawn backwards."""

    start: str
    end: str
    entries: int
    in_loop: bool = False
    returns: bool = False


@dataclass(frozen=True)
class Graph:
    """What the map draws."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Destination:
    """Where a function writes: a bucket, queue, stream or service, and the entries of it."""

    function: str
    target: str
    entries: int


def build(findings: Findings, destinations: Iterable[Destination] = ()) -> Graph:
    """The graph of all findings, largest first in every column."""
    sources = sorted(findings.sources, key=lambda s: (-s.second_order_entries, s.arn))[
        :MOST_SOURCES
    ]
    functions = sorted(findings.functions, key=lambda f: (not f.in_loop, -f.entries, f.arn))
    nodes: dict[str, Node] = {s.arn: _source_node(s) for s in sources}
    names = _function_nodes(functions, nodes)
    edges = [*_starts(functions, names, nodes), *_returns(sources, functions, names)]
    edges += _feeds(sources, nodes)
    edges += _destinations(destinations, names, nodes)
    return Graph(tuple(nodes.values()), _merge(edges))


def _source_node(source: Source) -> Node:
    looped = source.loop is not None
    return Node(source.arn, short(source.arn), "source", 1, source.entries_delivered or 0, looped)


def _function_nodes(functions: Sequence[LogFunction], nodes: dict[str, Node]) -> dict[str, str]:
    """Adds nodes; returns for every function ARN the id of the node that shows it."""
    names = {f.arn: f.arn for f in functions[:MOST_FUNCTIONS]}
    for function in functions[:MOST_FUNCTIONS]:
        column = 1 + max(1, function.depth)
        node = Node(
            function.arn,
            short(function.arn),
            "function",
            column,
            function.entries,
            function.in_loop,
        )
        nodes[function.arn] = node
    rest = defaultdict(list)
    for function in functions[MOST_FUNCTIONS:]:
        rest[max(1, function.depth)].append(function)
    for depth, members in sorted(rest.items()):
        node = _rest_node(depth, members)
        nodes[node.id] = node
        names |= {f.arn: node.id for f in members}
    return names


def _rest_node(depth: int, members: Sequence[LogFunction]) -> Node:
    entries = sum(f.entries for f in members)
    looped = any(f.in_loop for f in members)
    name = quantity(len(members), "other")
    return Node(f"rest:{depth}", name, "function", 1 + depth, entries, looped, len(members))


def _starts(
    functions: Sequence[LogFunction], names: Mapping[str, str], nodes: Mapping[str, Node]
) -> list[Edge]:
    """From what starts a function to it: its callers, or else its sources."""
    edges = []
    for function in functions:
        starters = [names[arn] for arn in function.callers if arn in names]
        if not starters or function.depth <= 1:
            starters += [arn for arn in function.sources if arn in nodes]
        part = function.entries // max(1, len(starters))
        edges += [Edge(arn, names[function.arn], part, function.in_loop) for arn in starters]
    return edges


def _returns(
    sources: Sequence[Source], functions: Sequence[LogFunction], names: Mapping[str, str]
) -> list[Edge]:
    """Back to the source that delivers a loop's entries again; without functions from a source."""
    edges = []
    for source in sources:
        carriers = [f for f in functions if f.in_loop and source.arn in f.sources][:MOST_RETURNS]
        for target, fed in source.feedback.items():
            caused = int(fed * (source.entries_delivered or 0))
            if caused and not carriers:
                edges.append(Edge(source.arn, target, caused, True, True))
            total = sum(f.entries for f in carriers) or 1
            edges += [
                Edge(names[f.arn], target, caused * f.entries // total, True, True)
                for f in carriers
            ]
    return [edge for edge in edges if edge.end in {source.arn for source in sources}]


def _feeds(sources: Sequence[Source], nodes: dict[str, Node]) -> list[Edge]:
    """From the accounts whose trails feed a source, to it."""
    edges = []
    for source in sources:
        accounts = sorted({account for fed in source.fed_by for account in fed.accounts})
        many = len(accounts) > MOST_ACCOUNTS
        shown = [f"accounts:{source.arn}"] if many else accounts
        part = (source.entries_delivered or 0) // max(1, len(shown))
        for account in shown:
            name = quantity(len(accounts), "account") if many else account
            stands_for = len(accounts) if many else 1
            nodes.setdefault(account, Node(account, name, "account", 0, 0, False, stands_for))
            edges.append(Edge(account, source.arn, part))
    return edges


def _destinations(
    destinations: Iterable[Destination], names: Mapping[str, str], nodes: dict[str, Node]
) -> list[Edge]:
    """From functions to what they write to, in a last column."""
    totals: dict[str, int] = defaultdict(int)
    known = [item for item in destinations if item.function in names]
    for item in known:
        totals[item.target] += item.entries
    largest = sorted(totals, key=lambda target: (-totals[target], target))[:MOST_DESTINATIONS]
    column = 1 + max((node.column for node in nodes.values()), default=1)
    for target in largest:
        nodes[f"to:{target}"] = Node(
            f"to:{target}", short(target), "destination", column, totals[target]
        )
    return [
        Edge(names[item.function], f"to:{item.target}", item.entries)
        for item in known
        if item.target in largest
    ]


def _merge(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Edges between the same nodes as one, entries added."""
    merged: dict[tuple[str, str, bool], Edge] = {}
    for edge in edges:
        key = (edge.start, edge.end, edge.returns)
        known = merged.get(key)
        entries = edge.entries + (known.entries if known else 0)
        looped = edge.in_loop or bool(known and known.in_loop)
        merged[key] = Edge(edge.start, edge.end, entries, looped, edge.returns)
    return tuple(merged.values())

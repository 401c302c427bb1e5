"""Log-processing functions and their chains, as findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

import networkx as nx
import numpy as np

from analytics import arns
from analytics.findings import Chain, LogFunction, Trigger
from analytics.flows import Flow
from analytics.rollup_data import RollupData
from analytics.series import Floats
from analytics.starts import Graph, start_of, without_function
from analytics.timing import utc
from analytics.topology import Topology

QUIET = timedelta(minutes=30)  # a function that has been silent so long is not active …
QUIET_INTERVALS = 20  # … unless it usually pauses longer
MOST_CHAINS = 500
MOST_EVIDENCE = 5


def functions(
    graph: Graph, flow: Flow, data: RollupData, batch: Mapping[str, float], in_loop: Iterable[str]
) -> tuple[LogFunction, ...]:
    """Every log-processing function, by ARN; `batch` gives entries a run where known."""
    looping = set(in_loop)
    return tuple(
        _function(arn, graph, flow, data, batch.get(arn), arn in looping)
        for arn in sorted(flow.shares)
    )


def notes(found: Iterable[LogFunction]) -> Iterator[str]:
    """What is not recorded of the functions, a sentence each."""
    for function in found:
        if not function.invocations and not function.entries:
            yield f"{function.arn}: no run of it is recorded; the runs that it starts stand for its own."


def _function(
    arn: str, graph: Graph, flow: Flow, data: RollupData, batch: float | None, in_loop: bool
) -> LogFunction:
    keys = data.runs.where(lambda key: key[0] == arn)
    runs = data.runs.series("runs", keys)
    entries = data.runs.series("entries", keys).sum()
    entries += data.calls.series("entries", data.calls.where(lambda key: key[0] == arn)).sum()
    invocations = round(float(runs.sum()))
    first, last = seen(arn, data)
    return LogFunction(
        arn=arn,
        account=arns.account(arn),
        region=arns.region(arn),
        depth=flow.depth[arn],
        sources=tuple(sorted(flow.shares[arn])),
        callers=tuple(sorted(caller for caller, called in flow.calls if called == arn)),
        triggers=_triggers(arn, graph),
        invocations=invocations,
        entries=round(float(entries)),
        entries_per_invocation=round(float(entries) / invocations, 4) if invocations else None,
        batch_size=None if batch is None else round(batch, 3),
        in_loop=in_loop,
        first_seen=utc(first) if first else None,
        last_seen=utc(last) if last else None,
        active=is_active(runs, data),
    )


def _triggers(arn: str, graph: Graph) -> tuple[Trigger, ...]:
    found = {(start.kind, start.node if start.recorded else None) for start in graph.starts[arn]}
    return tuple(
        Trigger(kind, node)
        for kind, node in sorted(found, key=lambda pair: (pair[0], pair[1] or ""))
    )


def seen(arn: str, data: RollupData) -> tuple[datetime | None, datetime | None]:
    """First and last record of a function's starts in the window, else by its runs' minutes."""
    rows = [row for row in data.edges if row["function_arn"] == arn]
    if rows:
        return min(_time(row, "first_seen") for row in rows), max(
            _time(row, "last_seen") for row in rows
        )
    runs = data.runs.series("runs", data.runs.where(lambda key: key[0] == arn))
    busy = np.flatnonzero(runs)
    return (
        (data.span.time(int(busy[0])), data.span.time(int(busy[-1]))) if busy.size else (None, None)
    )


def _time(row: Mapping[str, object], name: str) -> datetime:
    """A time of a row; the rollups hold no other type there."""
    value = row[name]
    if not isinstance(value, datetime):
        raise TypeError(f"{name} is no time: {value!r}")
    return value


def is_active(series: Floats, data: RollupData) -> bool:
    """Whether something that happened `series[n]` times a minute still goes on at the window's end."""
    busy = np.flatnonzero(series > 0)
    if not busy.size:
        return False
    usual = QUIET_INTERVALS * (busy[-1] - busy[0] + 1) / busy.size
    silent = data.span.minutes - 1 - busy[-1]
    return bool(silent <= max(QUIET / timedelta(minutes=1), usual))


def chains(
    sources: Iterable[str], graph: Graph, flow: Flow, topology: Topology, data: RollupData
) -> tuple[Chain, ...]:
    """The longest simple paths from each source, most runs first."""
    calls: nx.DiGraph[str] = nx.DiGraph()
    calls.add_nodes_from(flow.shares)
    calls.add_edges_from(pair for pair in flow.calls if pair[0] != pair[1])
    runs = _runs_by_function(data)
    found = [
        _chain(source, path, runs, flow, topology, data)
        for source in sorted(sources)
        for first in graph.functions_of(source)
        if first in flow.shares
        for path in _paths(calls, first)
    ]
    return tuple(
        sorted(found, key=lambda chain: (-chain.invocations, chain.source, chain.path))[
            :MOST_CHAINS
        ]
    )


def _paths(calls: nx.DiGraph[str], first: str) -> list[tuple[str, ...]]:
    """Simple paths from `first` that cannot be made longer; bounded, since graphs of calls can be dense."""
    found: list[tuple[str, ...]] = []
    todo: list[tuple[str, ...]] = [(first,)]
    while todo and len(found) < MOST_CHAINS:
        path = todo.pop()
        longer = [
            (*path, called) for called in sorted(calls.successors(path[-1])) if called not in path
        ]
        if longer:
            todo.extend(reversed(longer))
        else:
            found.append(path)
    return found


def _chain(
    source: str,
    path: tuple[str, ...],
    runs: Mapping[str, float],
    flow: Flow,
    topology: Topology,
    data: RollupData,
) -> Chain:
    caused = runs.get(path[-1], 0.0) * min(1.0, flow.shares[path[-1]].get(source, 0.0))
    accounts = tuple(dict.fromkeys(filter(None, (arns.account(arn) for arn in path))))
    shown = evidence_of_chain(source, path, flow, topology, data)
    return Chain(source, path, accounts, round(caused), shown)


def _runs_by_function(data: RollupData) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for key, total in zip(data.runs.keys, data.runs.totals("runs"), strict=True):
        found[str(key[0])] += float(total)
    return dict(found)


def evidence(path: Iterable[str], data: RollupData) -> tuple[str, ...]:
    """Up to five event ids that show these functions being started, one of each before a second of any."""
    return _of_each([row for row in data.edges if row["function_arn"] == arn] for arn in path)


def evidence_of_chain(
    source: str, path: tuple[str, ...], flow: Flow, topology: Topology, data: RollupData
) -> tuple[str, ...]:
    """The same of functions each of which the one before starts, the first the source, where records show that."""
    found = []
    for before, arn in zip((source, *path), path, strict=False):
        rows = [row for row in data.edges if row["function_arn"] == arn]
        by = {before, *(node for node, fillers in flow.relays.items() if before in fillers)}
        found.append([row for row in rows if _started_by(row, topology) in by] or rows)
    return _of_each(found)


def _started_by(row: Mapping[str, object], topology: Topology) -> str | None:
    """The node that starts a function, as an edge tells."""
    names = ("function_arn", "trigger_kind", "trigger_arn", "caller_function_arn")
    start = start_of(tuple(row[name] for name in names), topology)
    return without_function(start.node) if start else None


def _of_each(edges: Iterable[Sequence[Mapping[str, object]]]) -> tuple[str, ...]:
    """Event ids of each list of edges in turn: its first, its last, then others."""
    turns = zip_longest(*(_event_ids(rows) for rows in edges))
    return tuple(dict.fromkeys(found for turn in turns for found in turn if found))[:MOST_EVIDENCE]


def _event_ids(edges: Sequence[Mapping[str, object]]) -> list[str]:
    """All that the edges, which are by day, tell: the first, the last, then others."""
    ends = [
        *(row["first_event_id"] for row in edges[:1]),
        *(row["last_event_id"] for row in edges[-1:]),
    ]
    names = ("first_event_id", "last_event_id", "low_event_id", "high_event_id")
    others = (row[name] for name in names for row in edges)
    return list(dict.fromkeys(str(found) for found in (*ends, *others) if found))

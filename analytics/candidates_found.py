"""The functions that log sources start, as measured: counts of the case turned into candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analytics import arns, describe, effects, recording, started, stream_calls
from analytics.candidates import Candidate
from analytics.function_settings import FunctionSettings
from analytics.measured_usage import function_use, of_function
from analytics.present import taken
from analytics.recording import Copies, Means
from analytics.series import Floats

if TYPE_CHECKING:
    from analytics.case import Case

STREAMS = ("kinesis", "dynamodb", "firehose")


def candidates(case: Case, first: int, found: Copies) -> Iterator[Candidate]:
    """Every function that a log source starts, as measured from minute `first` on."""
    means = {start: recording.means(case, found, start) for start in (0, first)}
    known = case.function_settings
    for node in case.measured:
        for function in case.graph.functions_of(node):
            candidate = _candidate(node, function, case, first, means)
            if candidate:
                yield _with_settings(candidate, known)


def _with_settings(candidate: Candidate, known: Mapping[str, FunctionSettings]) -> Candidate:
    """The candidate with what the archive tells of its functions themselves."""
    own = known.get(candidate.function, FunctionSettings())
    memory = {arn: found.memory_mb for arn, found in known.items() if found.memory_mb is not None}
    callees = {arn: memory[arn] for arn in candidate.callees if arn in memory}
    return replace(
        candidate, memory_mb=own.memory_mb, arm=own.arm, role=own.role, callees_memory_mb=callees
    )


def _candidate(
    node: str, function: str, case: Case, since: int, means: Mapping[int, Means]
) -> Candidate | None:
    """One function on one source; of one that no longer runs, what it did when it ran."""
    data, kind = case.data, case.measured[node].verdict.kind
    chosen = started.keys_of(function, node, case.graph, data)
    series = data.runs.series("runs", chosen)
    active = describe.is_active(series, data)
    first = since if active else 0
    runs = series[first:]
    if not runs.sum():
        return None
    own = float(data.runs.series("entries", chosen)[first:].sum()) / float(runs.sum())
    pattern = _pattern(node, function, case)
    stream = stream_calls.planned_stream(function, node, pattern)
    callees = dict(_callees(function, case))
    further = _further(function, callees, case, first)
    copies = _copies({function: 1.0, **callees}, case, means[first], first)
    return Candidate(
        function=function,
        source=node,
        source_kind=kind,
        batch=_batch(node, runs, case, first),
        runs_per_minute_mean=float(runs.mean()),
        runs_per_minute_peak=float(runs.max()),
        active=active,
        run_entries=own,
        further_entries=further[0],
        further_management=further[1],
        callees=callees,
        routed=_routed({function}, _own(function, node, case), case, first),
        further_routed=_routed({function, *callees}, _others(function, node, case), case, first),
        copies=copies[0],
        management_copies=copies[1],
        behind_stream=kind in STREAMS,
        records_kinesis=stream_calls.recorded(stream, node, case),
        stream_routed=stream_calls.delivered(stream, case),
        own_log_group=arns.own_log_group_of(node) == arns.function_name(function),
        evidence=describe.evidence_of_chain(node, (function,), case.flow, case.topology, data),
        filter_pattern=pattern,
    )


def _pattern(node: str, function: str, case: Case) -> str:
    """The pattern of the log group's filter on the function."""
    if arns.kind(node) != "cloudwatch_logs":
        return ""
    links = (link for link in case.topology.into(function) if link.source == node)
    return next((link.pattern or "" for link in links if link.until is None), "")


def _batch(node: str, runs: Floats, case: Case, first: int) -> float | None:
    """Entries a run of this function takes; each function of a source is handed every entry."""
    item = case.measured[node]
    if item.estimate is None:
        return None
    return taken(item, case, first) / float(runs.sum())


def _callees(function: str, case: Case) -> Iterator[tuple[str, float]]:
    """Functions that this one starts to any depth, with their runs for one of its runs."""
    totals: dict[str, float] = {}
    todo = [(function, 1.0, frozenset([function]))]
    while todo:
        arn, rate, seen = todo.pop()
        runs = of_function(case.data.runs, arn, "runs") or 1.0
        for (caller, called), count in case.flow.calls.items():
            if caller == arn and called not in seen:
                part = rate * float(count) / runs
                totals[called] = totals.get(called, 0.0) + part
                todo.append((called, part, seen | {called}))
    yield from sorted(totals.items())


def _further(
    function: str, callees: dict[str, float], case: Case, first: int
) -> tuple[float, float]:
    """Entries beyond its own run records that one run causes: in all, and management entries."""
    total = management = 0.0
    for arn, rate in {function: 1.0, **callees}.items():
        use = function_use(arn, case, first)
        runs = use.invocations or 1.0
        own = of_function(case.data.runs, arn, "entries", first)
        total += rate * (use.entries - (own if arn == function else 0.0)) / runs
        management += rate * use.management_entries / runs
    return total, management


def _copies(rates: dict[str, float], case: Case, means: Means, first: int) -> tuple[float, float]:
    """Mean copies of the data and of the management entries of these functions' runs (`rates`: for one)."""
    many, single = [0.0, 0.0], [0.0, 0.0]
    for arn, rate in rates.items():
        use = function_use(arn, case, first)
        per_run = rate / (use.invocations or 1.0)
        entries = (use.data_entries * per_run, use.management_entries * per_run)
        for place, category in enumerate(("Data", "Management")):
            single[place] += entries[place]
            many[place] += entries[place] * means.get((arn, category), 1.0)
    data, management = (m / s if s else 1.0 for m, s in zip(many, single, strict=True))
    return data, management


def _own(function: str, node: str, case: Case) -> effects.Weights:
    """What the source causes, of that only this function's run records."""
    weights, mine = case.weights[node], case.data.runs.where(lambda key: key[0] == function)
    none = np.zeros_like
    return effects.Weights(weights.runs * mine, none(weights.calls), none(weights.deliveries))


def _others(function: str, node: str, case: Case) -> effects.Weights:
    """What the source causes, but for this function's run records."""
    weights, other = case.weights[node], case.data.runs.where(lambda key: key[0] != function)
    return replace(weights, runs=weights.runs * other, first=0)


def _routed(
    functions: set[str], weights: effects.Weights, case: Case, first: int
) -> dict[str, float]:
    """The share of these functions' entries since minute `first`, as far as weighted, that each source
    delivers again."""
    everything = effects.by_function(weights, case.data, first)
    total = sum(everything.get(arn, 0.0) for arn in functions)
    found = {}
    for target, item in case.measured.items():
        back = effects.returning_by_function(weights, item.feed, case.data, first)
        share = sum(back.get(arn, 0.0) for arn in functions) / total if total else 0.0
        if share > 0:
            found[target] = float(share)
    return found

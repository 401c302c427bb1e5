"""Money and the cure, added to findings: what the prices and the cures need, taken from the case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analytics import arns, cure, describe, effects, prices
from analytics.cost import cost
from analytics.findings import Findings, Recommendation
from analytics.series import Counts, Floats
from analytics.situation import Settings, Situation
from analytics.sources import Measured
from analytics.treatments import Candidate
from analytics.usage import BucketUse, EntryGroup, FunctionUse, LogGroupUse, Usage
from analytics.what_if import SourceFlow

if TYPE_CHECKING:
    from analytics.analysis import AnalysisOptions, Case

STREAMS = ("kinesis", "dynamodb", "firehose")
LEAST_BASIS = 60  # minutes; a rate of less is no month


def with_money(findings: Findings, case: Case, options: AnalysisOptions) -> Findings:
    """The findings with cost and recommendations; a month is at the rate of the window's steady part."""
    book = prices.load(options.prices)
    first = steady_from(findings, case)
    window, steady = usage(case, 0), usage(case, first)
    return replace(
        findings,
        cost=cost(window, book, options.assumptions, steady),
        recommendations=recommendations(findings, case, options),
    )


def situation(findings: Findings, case: Case, options: AnalysisOptions) -> Situation:
    """What the cures are worked out from."""
    first = steady_from(findings, case)
    settings = Settings(
        min_batch=options.min_batch, latency_budget_seconds=options.latency_budget_seconds
    )
    return Situation(
        k=case.k,
        sources=tuple(_flow(node, case, first) for node in case.measured),
        candidates=tuple(candidates(case, first)),
        book=prices.load(options.prices),
        assumptions=options.assumptions,
        settings=settings,
    )


def recommendations(
    findings: Findings, case: Case, options: AnalysisOptions
) -> tuple[Recommendation, ...]:
    """What to do about each function that a log source starts."""
    return cure.recommend(situation(findings, case, options))


def steady_from(findings: Findings, case: Case) -> int:
    """The minute from which the window shows the present state: after the last loop began or ended."""
    times = [loop.ended if loop.state == "ended" else loop.onset for loop in findings.loops]
    minutes = [case.data.span.minute(time.replace(tzinfo=None)) for time in times if time]
    last = max(case.data.span.minutes - LEAST_BASIS, 0)
    return int(min(max(minutes, default=0), last))


def usage(case: Case, first: int) -> Usage:
    """What happened from minute `first` on, as counts that cost money."""
    data = case.data
    log_weights = case.log_weights
    second = _second_by_cell(case, log_weights, first)
    totals = data.traffic.totals("entries", first)
    return Usage(
        window_seconds=60.0 * (data.span.minutes - first),
        groups=tuple(_groups(case, totals, second)),
        functions=tuple(_function_use(arn, case, first) for arn in sorted(case.flow.shares)),
        log_groups=tuple(_log_groups(case, first)),
        buckets=(
            BucketUse(
                _main_account(case),
                float(data.files) * (data.span.minutes - first) / data.span.minutes,
                float(totals.sum()),
                float(second.sum()),
            ),
        ),
    )


def _second_by_cell(case: Case, weights: effects.Weights, first: int) -> Floats:
    data = case.data
    found = np.zeros(len(data.traffic.keys))
    for counts, weight, places in effects.tables(weights, data):
        np.add.at(
            found, places[places >= 0], (counts.totals("entries", first) * weight)[places >= 0]
        )
    return found


def _groups(case: Case, totals: Floats, second: Floats) -> Iterator[EntryGroup]:
    sums: dict[tuple[str, str, str], float] = {}
    for key, total, caused in zip(case.data.traffic.keys, totals, second, strict=True):
        place = (str(key[0]), str(key[2]))
        sums[*place, "second"] = sums.get((*place, "second"), 0.0) + float(min(caused, total))
        sums[*place, "original"] = sums.get((*place, "original"), 0.0) + float(
            max(total - caused, 0.0)
        )
    for (account, category, order), entries in sorted(sums.items()):
        if entries > 0:
            yield EntryGroup(account, category, 1, order, entries)


def _function_use(arn: str, case: Case, first: int) -> FunctionUse:
    data = case.data
    own = _of(data.runs, arn, "entries", first)
    calls = {
        category: sum(
            float(total)
            for key, total in zip(data.calls.keys, data.calls.totals("entries", first), strict=True)
            if key[0] == arn and (key[3] == "Data") == (category == "Data")
        )
        for category in ("Data", "Management")
    }
    return FunctionUse(
        arn=arn,
        account=arns.account(arn) or "unknown",
        invocations=_of(data.runs, arn, "runs", first),
        entries=own + calls["Data"] + calls["Management"],
        management_entries=calls["Management"],
        data_entries=own + calls["Data"],
        logged_entries=_logged(arn, case, first),
    )


def _logged(arn: str, case: Case, first: int) -> float:
    """How many of a function's entries go through trails' log groups."""
    total = 0.0
    for item in case.measured.values():
        if item.verdict.kind in ("cloudwatch_logs", "kinesis"):
            found = effects.returning_by_function(case.log_weights, item.feed, case.data, first)
            total += found.get(arn, 0.0)
    return total


def _of(counts: Counts, arn: str, measure: str, first: int) -> float:
    totals = counts.totals(measure, first)
    return float(
        sum(total for key, total in zip(counts.keys, totals, strict=True) if key[0] == arn)
    )


def _log_groups(case: Case, first: int) -> Iterator[LogGroupUse]:
    for node, item in case.measured.items():
        if item.verdict.kind in ("cloudwatch_logs", "kinesis", "firehose") and item.feed.parts:
            delivered = item.feed.series(case.data.traffic)[first:].sum()
            back = sum(
                effects.returning(case.weights[other], item.feed, case.data)[first:].sum()
                for other in case.measured
            )
            yield LogGroupUse(
                node,
                arns.account(node) or _main_account(case),
                float(delivered),
                float(min(back, delivered)),
            )


def _main_account(case: Case) -> str:
    return next(
        (arns.account(node) or "" for node in case.measured if arns.account(node)), "unknown"
    )


def _flow(node: str, case: Case, first: int) -> SourceFlow:
    item = case.measured[node]
    seconds = 60.0 * (case.data.span.minutes - first)
    delivered = float(item.feed.series(case.data.traffic)[first:].sum())
    back = float(
        sum(
            effects.returning(case.weights[other], item.feed, case.data)[first:].sum()
            for other in case.measured
        )
    )
    second = float(effects.entries(case.weights[node], case.data)[first:].sum())
    return SourceFlow(
        arn=node,
        kind=item.verdict.kind,
        delivered_per_second=delivered / seconds,
        original_per_second=max(delivered - back, 0.0) / seconds,
        s=second / delivered if delivered else None,
        self_logging=item.verdict.kind == "s3" and not case.graph.functions_of(node),
    )


def candidates(case: Case, first: int) -> Iterator[Candidate]:
    """Every function that a log source starts, as measured from minute `first` on."""
    for node in case.measured:
        for function in case.graph.functions_of(node):
            found = _candidate(node, function, case, first)
            if found:
                yield found


def _candidate(node: str, function: str, case: Case, first: int) -> Candidate | None:
    data, item = case.data, case.measured[node]
    places = [
        place
        for (arn, start), found in case.graph.keys.items()
        if arn == function and start.node == node
        for place in found
    ]
    chosen = np.zeros(len(data.runs.keys))
    chosen[places] = 1.0
    series = data.runs.series("runs", chosen)
    active = describe.is_active(series, data)
    runs = series[first:] if active else series
    if not runs.sum():
        return None
    own = float(data.runs.series("entries", chosen)[-len(runs) :].sum()) / float(runs.sum())
    callees = dict(_callees(function, case))
    further, management = _further(function, callees, case)
    return Candidate(
        function=function,
        source=node,
        source_kind=item.verdict.kind,
        batch=_batch(item, series),
        runs_per_minute_mean=float(runs.mean()),
        runs_per_minute_peak=float(runs.max()),
        active=active,
        run_entries=own,
        further_entries=further,
        further_management=management,
        callees=callees,
        routed=_routed([function], node, case, runs_only=True),
        further_routed=_routed([function, *callees], node, case, runs_only=False),
        behind_stream=item.verdict.kind in STREAMS,
        own_log_group=arns.own_log_group_of(node) == arns.function_name(function),
        evidence=describe.evidence([function], data),
    )


def _batch(item: Measured, series: Floats) -> float | None:
    """Entries a run of this function takes; each function of a source is handed every entry."""
    if item.estimate is None:
        return None
    share = float(series.sum()) / max(float(item.direct_runs.sum()), 1.0)
    return 1.0 / (item.estimate.ratio * share) if share > 0 else None


def _callees(function: str, case: Case) -> Iterator[tuple[str, float]]:
    """Functions that this one starts to any depth, with their runs for one of its runs."""
    totals: dict[str, float] = {}
    todo = [(function, 1.0, frozenset([function]))]
    while todo:
        arn, rate, seen = todo.pop()
        runs = _of(case.data.runs, arn, "runs", 0) or 1.0
        for (caller, called), count in case.flow.calls.items():
            if caller == arn and called not in seen:
                part = rate * count / runs
                totals[called] = totals.get(called, 0.0) + part
                todo.append((called, part, seen | {called}))
    yield from sorted(totals.items())


def _further(function: str, callees: dict[str, float], case: Case) -> tuple[float, float]:
    """Entries beyond its own run records that one run causes: in all, and management entries."""
    total = management = 0.0
    for arn, rate in {function: 1.0, **callees}.items():
        use = _function_use(arn, case, 0)
        runs = use.invocations or 1.0
        own = _of(case.data.runs, arn, "entries", 0)
        total += rate * (use.entries - (own if arn == function else 0.0)) / runs
        management += rate * use.management_entries / runs
    return total, management


def _routed(functions: list[str], node: str, case: Case, *, runs_only: bool) -> dict[str, float]:
    """The share of these functions' entries that each source delivers again."""
    weights = case.weights[node]
    if runs_only:
        weights = effects.Weights(
            weights.runs, np.zeros_like(weights.calls), np.zeros_like(weights.deliveries)
        )
    everything = effects.by_function(weights, case.data)
    total = sum(everything.get(arn, 0.0) for arn in functions)
    found = {}
    for target, item in case.measured.items():
        back = effects.returning_by_function(weights, item.feed, case.data)
        share = sum(back.get(arn, 0.0) for arn in functions) / total if total else 0.0
        if share > 0:
            found[target] = share
    return found

"""One analysis: rollups in, Findings out. Each step is a module of its own; this one is their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from analytics import (
    archive,
    arns,
    billing,
    cause,
    changes,
    configured,
    describe,
    effects,
    feeds,
    integrity,
    loops,
    promises,
    rollups,
    selectors,
    sources,
)
from analytics.archive import Archive
from analytics.detectors import detect, warm
from analytics.engines.base import Opener
from analytics.feeds import Feed
from analytics.findings import Cause, Entries, Findings, Interval, Loop, Source, Window
from analytics.flows import Flow, Graph, graph, joined, trace, without_function
from analytics.function_settings import FunctionSettings, settings
from analytics.rollup_data import RollupData, load
from analytics.series import Floats
from analytics.sources import Measured, Verdict
from analytics.timing import naive, utc
from analytics.topology import Topology
from analytics.usage import Assumptions
from analytics.warehouse import Warehouse
from stormtrail.layout import Layout

SEED = 20  # of the bootstrap: the same store gives the same findings

Progress = Callable[[str], None]


@dataclass(frozen=True)
class AnalysisOptions:
    """What an analysis may be told: the window (aware or UTC), thresholds, prices, assumptions."""

    since: datetime | None = None
    until: datetime | None = None
    min_batch: int = 10
    latency_budget_seconds: int = 60
    prices: Mapping[str, float] = field(default_factory=dict)
    assumptions: Assumptions = field(default_factory=Assumptions)


@dataclass(frozen=True)
class Case:
    """Everything known about one store's window, between loading and telling."""

    data: RollupData
    topology: Topology
    graph: Graph
    flow: Flow
    measured: Mapping[str, Measured]
    weights: Mapping[str, effects.Weights]
    returned: Mapping[str, Mapping[str, float]]
    k: Mapping[str, Mapping[str, float]]

    @cached_property
    def function_settings(self) -> Mapping[str, FunctionSettings]:
        """Memory, processor and role of functions, as the changes left them."""
        return settings(self.data.changes)

    @cached_property
    def log_weights(self) -> effects.Weights:
        """All that log processing caused, each entry once."""
        return effects.of_log_processing(set(self.measured), self.graph, self.flow, self.data)


def analyze(
    layout: Layout,
    options: AnalysisOptions = AnalysisOptions(),
    progress: Progress | None = None,
    opened: Opener = Warehouse.open,
) -> Findings:
    """The findings of a store; brings its rollups up to date first, on the engine that `opened` opens.
    Raises StoreError."""
    say = progress or (lambda _: None)
    say("rolling up")
    warm()
    rollups.refresh(layout, opened=opened)
    warehouse = Warehouse.on_rollups(layout)
    if not layout.committed_files():
        return _nothing(layout)
    data = load(warehouse, naive(options.since), naive(options.until))
    if data is None:
        return _nothing(layout)
    loaded = archive.read(layout)
    data = replace(
        data,
        files=loaded.files,
        archive_buckets=loaded.buckets,
        delivered_files=archive.files_a_minute(layout, data.span),
    )
    say("tracing chains")
    case = examine(data, configured.read(layout))
    say("telling")
    found = _tell(layout, warehouse, case, loaded, options)
    return replace(found, notes=(*found.notes, *promises.told(layout, found)))


def examine(data: RollupData, pulled: Topology) -> Case:
    """Sources, flows, s and K of the window's rollups."""
    topology = changes.from_changes(data.changes).merged(pulled)
    graph_ = graph(data.runs, topology)
    verdicts, relays = sources.judge(graph_, topology, data)
    graph_ = joined(graph_, verdicts)
    verdicts = {
        without_function(node): replace(verdict, node=without_function(node))
        for node, verdict in verdicts.items()
    }
    verdicts |= _self_logging(data, verdicts)
    flow = trace(graph_, verdicts, relays)
    weights = {node: effects.of_source(node, graph_, flow, data) for node in sorted(verdicts)}
    rng = np.random.default_rng(SEED)

    def own(node: str) -> Callable[[Feed], Floats]:
        return lambda feed: effects.returning(weights[node], feed, data)

    measured = {
        node: sources.measure(verdicts[node], graph_, topology, data, own(node), rng)
        for node in weights
    }
    returned = _returned(measured, weights, data)
    return Case(
        data,
        topology,
        graph_,
        flow,
        measured,
        weights,
        returned,
        _matrix(measured, returned),
    )


def _self_logging(data: RollupData, verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Buckets whose recorded deliveries are entries of a trail: sources without a function."""
    nodes = {f"arn:aws:s3:::{bucket}" for bucket in data.trail_buckets}
    return {node: Verdict(node, "s3", "recorded", 1.0) for node in nodes - set(verdicts)}


def _returned(
    measured: Mapping[str, Measured], weights: Mapping[str, effects.Weights], data: RollupData
) -> dict[str, dict[str, float]]:
    """Entries that came back over the window: `[i][j]`."""
    return {
        source: {
            target: float(effects.returning(weights[source], other.feed, data).sum())
            for target, other in measured.items()
        }
        for source in measured
    }


def _matrix(
    measured: Mapping[str, Measured], returned: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    return {
        source: {
            target: entries * item.per_direct_run
            for target, entries in returned[source].items()
            if entries > 0
        }
        for source, item in measured.items()
    }


def _tell(
    layout: Layout, warehouse: Warehouse, case: Case, loaded: Archive, options: AnalysisOptions
) -> Findings:
    found_loops = _loops(case)
    in_loop = {arn for loop in found_loops for arn in loop.functions}
    batch = {
        arn: 1.0 / item.estimate.ratio * max(1, len(case.graph.functions_of(node)))
        for node, item in case.measured.items()
        if item.estimate and item.estimate.ratio > 0
        for arn in case.graph.functions_of(node)
    }
    told = tuple(_source(node, case, found_loops) for node in sorted(case.measured))
    functions = describe.functions(case.graph, case.flow, case.data, batch, in_loop)
    second = float(effects.entries(case.log_weights, case.data).sum())
    findings = Findings(
        window=Window(utc(case.data.span.start), utc(case.data.span.end)),
        entries=_entries(loaded, case.data, second),
        sources=told,
        functions=functions,
        chains=describe.chains(case.measured, case.graph, case.flow, case.data),
        loops=found_loops,
        anomalies=detect(
            warehouse.query("load_hours", since=case.data.span.start, until=case.data.span.end)
        ),
        notes=_notes(told),
    )
    told_all = billing.with_money(findings, case, options)
    return replace(told_all, integrity=integrity.of_evidence(told_all, layout))


def _entries(loaded: Archive, data: RollupData, second: float) -> Entries:
    total = int(data.traffic.measures["entries"].sum())
    return Entries(
        total=total,
        duplicates=loaded.duplicates,
        rejected=loaded.rejected,
        accounts=tuple(sorted({str(key[0]) for key in data.traffic.keys if key[0]})),
        regions=tuple(sorted({str(key[1]) for key in data.traffic.keys if key[1]})),
        second_order=round(second),
        second_order_share=round(second / total, 6) if total else None,
    )


def _source(node: str, case: Case, found_loops: tuple[Loop, ...]) -> Source:
    item = case.measured[node]
    weights = case.weights[node]
    second, invocations = effects.entries(weights, case.data), effects.runs(weights, case.data)
    ratios = _ratios(item, float(second.sum()), float(invocations.sum()))
    return Source(
        arn=node,
        kind=_kind(item.verdict),
        account=arns.account(node) or _function_part(node, case, arns.account),
        region=arns.region(node) or _function_part(node, case, arns.region),
        fed_by=item.feed.fed_by,
        link=item.verdict.link
        if item.verdict.link in ("recorded", "configured")
        else item.feed.link,
        link_confidence=round(
            max(item.verdict.confidence, item.feed.confidence if item.feed.parts else 0.0), 2
        ),
        entries_delivered=None if item.estimate is None else round(item.total_delivered),
        second_order_entries=round(float(second.sum())),
        invocations=round(float(invocations.sum())),
        s=ratios[0],
        s_interval=ratios[1],
        s_invocations=ratios[2],
        s_invocations_interval=ratios[3],
        feedback={target: round(value, 6) for target, value in case.k[node].items() if value > 0},
        delivery_delay_seconds=_rounded(item.estimate.delay_seconds if item.estimate else None, 1),
        loop=next((loop.id for loop in found_loops if node in loop.sources), None),
    )


def _kind(verdict: Verdict) -> str:
    return "sqs" if verdict.kind == "event_source_mapping" else verdict.kind


def _function_part(node: str, case: Case, part: Callable[[str], str | None]) -> str | None:
    return next((part(arn) for arn in case.graph.functions_of(node)), None)


def _ratios(
    item: Measured, second: float, runs: float
) -> tuple[float | None, Interval | None, float | None, Interval | None]:
    if item.estimate is None:
        return None, None, None, None
    low, high = (end / item.estimate.ratio for end in item.estimate.interval)
    values = []
    for count in (second, runs):
        ratio = count * item.per_direct_run
        values += [round(ratio, 6), (round(ratio * low, 6), round(ratio * high, 6))]
    return values[0], values[1], values[2], values[3]  # type: ignore[return-value]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _loops(case: Case) -> tuple[Loop, ...]:
    groups = loops.components(case.returned) + _own_group_loops(case)
    found = [_loop(group, case) for group in groups]
    ordered = sorted(found, key=lambda loop: (-loop.entries, loop.sources))
    return tuple(replace(loop, id=f"loop-{place}") for place, loop in enumerate(ordered, start=1))


def _own_group_loops(case: Case) -> list[tuple[str, ...]]:
    """Log groups of functions that they start themselves: the loop runs over log lines, not entries."""
    found: list[tuple[str, ...]] = []
    for node in case.measured:
        name = arns.own_log_group_of(node)
        reached = {
            arns.function_name(arn) for arn, share in case.flow.shares.items() if share.get(node)
        }
        if name is not None and name in reached:
            found.append((node,))
    return found


def _loop(group: tuple[str, ...], case: Case) -> Loop:
    data = case.data
    functions = _loop_functions(group, case)
    back, radius, interval = _strength(group, case)
    direct = np.sum([case.measured[node].direct_runs for node in group], axis=0)
    going_on = describe.is_active(back, data) and describe.is_active(direct, data)
    state = loops.state(1.0 if radius is None else radius, interval, not going_on)
    onset, found = _beginning(group, functions, back, case)
    entries = sum(_entries_of(arn, case) for arn in functions) or float(back.sum())
    total = max(float(data.traffic.measures["entries"].sum()), 1.0)
    accounts = {arns.account(arn) or "" for arn in functions} or _accounts(group, case)
    return Loop(
        id="",
        sources=group,
        functions=functions,
        accounts=tuple(sorted(accounts)),
        spectral_radius=_rounded(radius, 6),
        spectral_radius_interval=None
        if radius is None
        else (round(interval[0], 6), round(interval[1], 6)),
        state=state,
        amplification=None if radius is None else _rounded(loops.amplification(case.k, group), 4),
        entries=round(entries),
        share_of_entries=round(entries / total, 6),
        doubling_minutes=_doubling(group, radius, case) if state == "runaway" else None,
        onset=None if onset is None else utc(onset),
        cause=found,
        evidence=describe.evidence(functions, data) or _delivery_evidence(group, data),
        ended=utc(data.span.time(int(np.flatnonzero(back)[-1]))) if state == "ended" else None,
        share_by_account=_share_by_account(functions, case),
    )


def _strength(group: tuple[str, ...], case: Case) -> tuple[Floats, float | None, Interval]:
    """What comes back a minute, and ρ with its interval; where a loop runs over log lines and not over
    entries, its runs stand for what comes back and ρ is not known."""
    pairs = [(i, j) for i in group for j in group]
    back = np.sum(
        [effects.returning(case.weights[i], case.measured[j].feed, case.data) for i, j in pairs],
        axis=0,
    )
    if not back.any():
        return np.sum([case.measured[node].direct_runs for node in group], axis=0), None, (1.0, 1.0)
    relative = {node: _relative(case.measured[node]) for node in group}
    return (
        back,
        loops.spectral_radius(case.k, group),
        loops.radius_interval(case.k, relative, group),
    )


def _beginning(
    group: tuple[str, ...], functions: tuple[str, ...], back: Floats, case: Case
) -> tuple[datetime | None, Cause | None]:
    """Onset and cause; no onset where the loop was there when the window began and no change tells."""
    onset = _onset(back, functions, case.data)
    if onset is None:
        return None, None
    pieces = cause.pieces(group, functions, case.topology)
    found = cause.find(case.topology, pieces, onset, _carried(group, case))
    began_before = np.flatnonzero(back)[0] <= 1 and found is None
    return (None if began_before else onset), found


def _doubling(group: tuple[str, ...], radius: float | None, case: Case) -> float | None:
    estimates = [item.estimate for node in group if (item := case.measured[node]).estimate]
    if radius is None or not estimates or estimates[0] is None:
        return None
    return _rounded(loops.doubling_minutes(radius, estimates[0].kernel), 2)


def _relative(item: Measured) -> tuple[float, float]:
    if item.estimate is None:
        return 1.0, 1.0
    low, high = item.estimate.interval
    return low / item.estimate.ratio, high / item.estimate.ratio


def _accounts(group: tuple[str, ...], case: Case) -> set[str]:
    return {
        account
        for node in group
        for fed in case.measured[node].feed.fed_by
        for account in fed.accounts
    }


def _loop_functions(group: tuple[str, ...], case: Case) -> tuple[str, ...]:
    """Functions on a way from the group's sources back to it: their entries come back, or those of a
    function that they start do."""
    back = {
        arn
        for i in group
        for j in group
        for arn, entries in effects.returning_by_function(
            case.weights[i], case.measured[j].feed, case.data
        ).items()
        if entries > 0
    }
    if not back:
        names = {arns.own_log_group_of(node) for node in group}
        back = {arn for arn in case.flow.shares if arns.function_name(arn) in names}
    while True:
        callers = {caller for caller, called in case.flow.calls if called in back} - back
        callers = {arn for arn in callers if any(case.flow.shares[arn].get(node) for node in group)}
        if not callers:
            return tuple(sorted(back))
        back |= callers


def _entries_of(arn: str, case: Case) -> float:
    weights = case.log_weights
    data = case.data
    runs = data.runs.totals("entries") * weights.runs
    calls = data.calls.totals("entries") * weights.calls
    return float(
        sum(runs[place] for place, key in enumerate(data.runs.keys) if key[0] == arn)
        + sum(calls[place] for place, key in enumerate(data.calls.keys) if key[0] == arn)
    )


def _share_by_account(functions: tuple[str, ...], case: Case) -> dict[str, float]:
    """The loop's part of every account's trail."""
    data = case.data
    totals: dict[str, float] = {}
    for key, entries in zip(data.traffic.keys, data.traffic.totals("entries"), strict=True):
        totals[str(key[0])] = totals.get(str(key[0]), 0.0) + float(entries)
    mine: dict[str, float] = {}
    for counts, account in ((data.runs, 4), (data.calls, 1)):
        for key, entries in zip(counts.keys, counts.totals("entries"), strict=True):
            if key[0] in functions:
                mine[str(key[account])] = mine.get(str(key[account]), 0.0) + float(entries)
    return {
        account: round(entries / totals[account], 6)
        for account, entries in sorted(mine.items())
        if totals.get(account)
    }


def _carried(group: tuple[str, ...], case: Case) -> tuple[selectors.Cell, ...]:
    """The kinds of entry that come back through the group: what a trail must record for it to be a loop."""
    data = case.data
    back = np.zeros(len(data.traffic.keys))
    for i in group:
        weights = case.weights[i]
        for counts, weight, places in effects.tables(weights, data):
            np.add.at(back, places[places >= 0], (counts.totals("entries") * weight)[places >= 0])
    cells = feeds.cells(data.traffic)
    return tuple(cells[place] for place in np.argsort(-back)[:3] if back[place] > 0)


def _onset(back: Floats, functions: tuple[str, ...], data: RollupData) -> datetime | None:
    """When the first entry that came back was caused: to the second where a run's record shows it."""
    busy = np.flatnonzero(back > 0)
    if not busy.size:
        return None
    first = data.span.time(int(busy[0]))
    seen = [
        time
        for arn in functions
        if (time := describe.seen(arn, data)[0]) and time.replace(second=0, microsecond=0) == first
    ]
    return min(seen, default=first)


def _delivery_evidence(group: tuple[str, ...], data: RollupData) -> tuple[str, ...]:
    buckets = {node.removeprefix("arn:aws:s3:::") for node in group}
    return tuple(event_id for bucket, event_id in data.delivery_evidence if bucket in buckets)[:5]


def _notes(told: tuple[Source, ...]) -> tuple[str, ...]:
    notes = []
    for source in told:
        if source.link in ("inferred", "unknown"):
            known = f"its feed is {source.link} (confidence {source.link_confidence})"
            notes.append(f"{source.arn}: no record shows which trail feeds it; {known}.")
        if source.s is not None and source.delivery_delay_seconds is None:
            used = "the usual one (median 191 s) aligns s"
            notes.append(f"{source.arn}: the counts do not tell the delivery delay; {used}.")
    return tuple(notes)


def _nothing(layout: Layout) -> Findings:
    rejected = archive.read(layout).rejected
    note = "The store holds no entries in this window; run `stormtrail ingest` first or widen --since/--until."
    return Findings(Window(None, None), Entries(rejected=rejected), notes=(note,))

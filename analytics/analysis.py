"""One analysis: rollups in, Findings out. Each step is a module of its own; this one is their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from analytics import (
    archive,
    aside,
    billing,
    configured,
    describe,
    effects,
    extent,
    integrity,
    loops_told,
    promises,
    rollups,
    sources,
    sources_told,
)
from analytics.aside import Detection
from analytics.case import Case, examine
from analytics.engines.base import Opener
from analytics.findings import Entries, Findings, Window
from analytics.rollup_data import RollupData, load
from analytics.timing import naive, utc
from analytics.usage import Assumptions
from analytics.warehouse import Warehouse
from stormtrail.arrow import without_pandas
from stormtrail.layout import Layout

SECOND_TRAIL = 0.1  # of the entries, copies: a second trail writes into the archive

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


def analyze(
    layout: Layout,
    options: AnalysisOptions = AnalysisOptions(),
    progress: Progress | None = None,
    opened: Opener = Warehouse.bare,
    detection: Detection | None = None,
) -> Findings:
    """The findings of a store; brings its rollups up to date first, on the engine that `opened` opens.
    A `detection` that was begun before is used. Raises StoreError."""
    say = progress or (lambda _: None)
    without_pandas()
    with nullcontext(detection) if detection else aside.detection(layout) as detecting:
        say("rolling up")
        rollups.refresh(layout, opened=opened)
        detecting.start()
        say("tracing chains")
        case = examined(layout, options, detecting)
        if case is None:
            return _nothing(layout)
        say("telling")
        found = _tell(layout, case, options, detecting)
    return replace(found, notes=(*found.notes, *promises.told(layout, found)))


def examined(
    layout: Layout, options: AnalysisOptions, detection: Detection | None = None
) -> Case | None:
    """The case of the window, from rollups that are up to date; None where it holds no entry. Lets the
    detection begin as soon as the window is known."""
    if not layout.committed_files():
        return None
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(archive.ledger, layout)
        data = load(Warehouse.on_rollups(layout), naive(options.since), naive(options.until))
        if data is None:
            return None
        if detection:
            detection.begin(data.span.start, data.span.end)
        ledger = asked.result()
    twice = ledger.archive.duplicates > SECOND_TRAIL * data.traffic.measures["entries"].sum()
    mixed = frozenset[str]() if twice else data.mixed_accounts
    data = replace(
        data,
        archive=ledger.archive,
        delivered_files=ledger.files(data.span),
        delivered_by=ledger.deliverers(mixed),
    )
    return examine(data, configured.read(layout))


def _tell(layout: Layout, case: Case, options: AnalysisOptions, detection: Detection) -> Findings:
    found_loops = loops_told.found(case)
    in_loop = {arn for loop in found_loops for arn in loop.functions}
    batch = {
        arn: size
        for node, item in case.measured.items()
        for arn in case.graph.functions_of(node)
        if (size := sources.batch_size(arn, item, case.graph, case.data)) is not None
    }
    told = tuple(sources_told.source(node, case, found_loops) for node in sorted(case.measured))
    functions = describe.functions(case.graph, case.flow, case.data, batch, in_loop)
    second = None if case.untold else float(effects.entries(case.log_weights, case.data).sum())
    findings = Findings(
        window=Window(utc(case.data.span.start), utc(case.data.span.end)),
        entries=_entries(case.data, second),
        sources=told,
        functions=functions,
        chains=describe.chains(case.measured, case.graph, case.flow, case.topology, case.data),
        loops=found_loops,
        anomalies=detection.anomalies(),
        notes=(
            *extent.notes(case.data.beyond),
            *sources_told.notes(told, case.measured, case.undecided),
            *describe.notes(functions),
            *(str(stand) for stand in case.stands if stand.function in case.flow.shares),
            *map(str, case.waits),
        ),
    )
    told_all = billing.with_money(findings, case, options)
    return replace(told_all, integrity=integrity.of_evidence(told_all, layout))


def _entries(data: RollupData, second: float | None) -> Entries:
    total = round(float(data.traffic.measures["entries"].sum()))
    return Entries(
        total=total,
        duplicates=data.archive.duplicates,
        rejected=data.archive.rejected,
        accounts=tuple(sorted({str(key[0]) for key in data.traffic.keys if key[0]})),
        regions=tuple(sorted({str(key[1]) for key in data.traffic.keys if key[1]})),
        second_order=None if second is None else round(second),
        second_order_share=round(second / total, 6) if total and second is not None else None,
    )


def _nothing(layout: Layout) -> Findings:
    rejected = archive.read(layout).rejected
    note = "The store holds no entries in this window; run `stormtrail ingest` first or widen --since/--until."
    return Findings(Window(None, None), Entries(rejected=rejected), notes=(note,))

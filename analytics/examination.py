"""From rollups that are up to date to findings. Each step is a module of its own; this one is their order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from analytics import (
    archive,
    billing,
    configured,
    describe,
    effects,
    extent,
    integrity,
    loops_told,
    promises,
    sources,
    sources_told,
)
from analytics.aside import Detection
from analytics.case import Case, examine
from analytics.findings import Entries, Findings, Window
from analytics.options import AnalysisOptions
from analytics.rollup_data import RollupData, load
from analytics.timing import naive, utc
from analytics.warehouse import Warehouse
from stormtrail.layout import Layout

SECOND_TRAIL = 0.1  # of the entries, copies: a second trail writes into the archive


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


def told(layout: Layout, case: Case, options: AnalysisOptions, detection: Detection) -> Findings:
    """What the case says, its anomalies once they are detected. Raises StoreError."""
    found_loops = loops_told.found(case)
    in_loop = {arn for loop in found_loops for arn in loop.functions}
    batch = {
        arn: size
        for node, item in case.measured.items()
        for arn in case.graph.functions_of(node)
        if (size := sources.batch_size(arn, item, case.graph, case.data)) is not None
    }
    fed = tuple(sources_told.source(node, case, found_loops) for node in sorted(case.measured))
    functions = describe.functions(case.graph, case.flow, case.data, batch, in_loop)
    second = None if case.untold else float(effects.entries(case.log_weights, case.data).sum())
    findings = Findings(
        window=Window(utc(case.data.span.start), utc(case.data.span.end)),
        entries=_entries(case.data, second),
        sources=fed,
        functions=functions,
        chains=describe.chains(case.measured, case.graph, case.flow, case.topology, case.data),
        loops=found_loops,
        anomalies=detection.anomalies(),
        notes=(
            *extent.notes(case.data.beyond),
            *sources_told.notes(fed, case.measured, case.undecided),
            *describe.notes(functions),
            *(str(stand) for stand in case.stands if stand.function in case.flow.shares),
            *map(str, case.waits),
        ),
    )
    told_all = billing.with_money(findings, case, options)
    sure = replace(told_all, integrity=integrity.of_evidence(told_all, layout))
    return replace(sure, notes=(*sure.notes, *promises.told(layout, sure)))


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


def nothing(layout: Layout) -> Findings:
    """The findings of a window without entries. Raises StoreError."""
    rejected = archive.read(layout).rejected
    note = "The store holds no entries in this window; run `stormtrail ingest` first or widen --since/--until."
    return Findings(Window(None, None), Entries(rejected=rejected), notes=(note,))

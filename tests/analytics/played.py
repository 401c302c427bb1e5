"""Storms at an even pace, their analysis, and the same organizations with a cure applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analytics.findings import Batch
from analytics.options import AnalysisOptions
from analytics.planning import case_of
from analytics.situation import Situation
from analytics.treatments import Firehose, Larger, Queue, Treatment
from analytics.usage import MONTH_SECONDS
from ingest.pipeline import IngestOptions, ingest
from simulation import simulate, write_archive
from simulation.organization import (
    MANAGEMENT,
    Batching,
    Call,
    LogSource,
    Organization,
    Relay,
    Stage,
)
from simulation.scenarios.draft import Draft
from simulation.scenarios.pipelines import group_source, stream_source
from simulation.truth import Truth
from stormtrail.layout import Layout

HOURS = 3.0
ENTRIES_AN_HOUR = 5_000


@dataclass(frozen=True)
class Came:
    """What a simulation came to, by the old source's ARN: s, runs an entry, and the month's entries; and ρ."""

    s: Mapping[str, float]
    s_invocations: Mapping[str, float]
    delivered: Mapping[str, float]
    second_order: float
    spectral_radius: float


def draft(kind: str, seed: int, accounts: int = 3) -> Draft:
    """An organization with even ordinary work in the workload account, and little elsewhere."""
    made = Draft(kind, seed, HOURS, 1.0, accounts=accounts)
    made.work(ENTRIES_AN_HOUR, "workload")
    made.work(100, "log-archive", "security")
    made.flatten(0.0, 0.01)
    return made


def one_router(seed: int) -> Organization:
    """A router whose runs are routed again."""
    made = draft("one", seed)
    trail = made.trail("audit", "workload")
    stages = (Stage(made.function("router", "workload")),)
    group_source(made, trail, stages, batching=made.cap(2.0))
    return made.finish()


def unrouted(seed: int) -> Organization:
    """A router that is started for every single management entry; its own runs are not routed again."""
    made = draft("unrouted", seed)
    trail = made.trail("audit", "workload", records=(MANAGEMENT,))
    group_source(made, trail, (Stage(made.function("router", "workload")),))
    return made.finish()


def chain(seed: int) -> Organization:
    """The articles' set-up: a router and two functions in the archive's account."""
    made = draft("chain", seed)
    trail = made.trail("audit", "workload")
    last = tuple(Stage(made.function(n, "log-archive")) for n in ("archiver", "feeder"))
    router = Stage(made.function("router", "workload"), next=last)
    group_source(made, trail, (router,), batching=made.cap(2.0))
    return made.finish()


def several(seed: int) -> Organization:
    """Three functions on one log group."""
    made = draft("several", seed)
    trail = made.trail("audit", "workload")
    stages = tuple(Stage(made.function(n, "workload")) for n in ("a", "b", "c"))
    group_source(made, trail, stages, batching=made.cap(0.7))
    return made.finish()


def two_accounts(seed: int) -> Organization:
    """Two accounts with a storm each."""
    made = draft("two", seed, accounts=4)
    made.work(ENTRIES_AN_HOUR, "shop")
    made.flatten(0.0, 0.01)
    for name in ("workload", "shop"):
        trail = made.trail(f"audit-{name}", name)
        stages = (Stage(made.function(f"{name}-router", name)),)
        group_source(made, trail, stages, batching=made.cap(1.5))
    return made.finish()


def across(seed: int) -> Organization:
    """An organization's trail: the called functions of other accounts are routed again too."""
    made = draft("across", seed, accounts=4)
    trail = made.trail("org-audit", "security", organization=True)
    role = f"arn:aws:iam::{made.account('log-archive')}:role/log-writer"
    assume = Call("sts.amazonaws.com", "AssumeRole", MANAGEMENT, role, 0.3)
    callee = Stage(made.function("archiver", "log-archive"))
    router = Stage(made.function("router", "security"), next=(callee,), calls=(assume,))
    group_source(made, trail, (router,), batching=made.cap(1.0))
    return made.finish()


def tiny_stream(seed: int) -> Organization:
    """A stream that is read five records at a time already."""
    made = draft("tiny", seed)
    trail = made.trail("audit", "workload")
    stage = Stage(made.function("reader", "workload"))
    stream_source(made, trail, stage, Batching(size=5, window=10.0))
    return made.finish()


def analysed(organization: Organization, seed: int, folder: Path) -> Situation:
    """What a plan is worked out from, by the whole way through archive and store."""
    write_archive(simulate(organization, seed), folder / "archive")
    layout = Layout(folder / "store")
    ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
    return case_of(layout, AnalysisOptions())[1]


def played(organization: Organization, seed: int, way: Treatment | Mapping[str, Treatment]) -> Came:
    """The organization with every source treated so (or by its ARN), run again."""
    ways = way if isinstance(way, Mapping) else {s.arn: way for s in organization.sources}
    sources = tuple(_treated(item, ways[item.arn]) for item in organization.sources)
    truth = simulate(replace(organization, sources=sources), seed).truth
    names = {new.arn: old for new, old in zip(sources, organization.sources, strict=True)}
    return _came(truth, names)


def _came(truth: Truth, names: Mapping[str, LogSource]) -> Came:
    found = [item for item in truth.sources if item.arn in names]
    month = {item.arn: MONTH_SECONDS / _seconds(names[item.arn]) for item in found}
    k = np.array([[row.feedback.get(item.arn, 0.0) for item in found] for row in found])
    return Came(
        {names[item.arn].arn: item.s or 0.0 for item in found},
        {names[item.arn].arn: item.s_invocations or 0.0 for item in found},
        {names[item.arn].arn: (item.entries_delivered or 0) * month[item.arn] for item in found},
        sum(item.second_order_entries * month[item.arn] for item in found),
        float(np.abs(np.linalg.eigvals(k)).max()),
    )


def _seconds(source: LogSource) -> float:
    return (HOURS - source.since) * 3600


def _treated(source: LogSource, way: Treatment) -> LogSource:
    """The source as the treatment leaves it."""
    match way:
        case Batch(size=size, window_seconds=window, shards=shards):
            return _stream(source, Batching(size=size, window=window, shards=shards))
        case Larger(size=size, window_seconds=window):
            return replace(source, batching=Batching(size=size, window=window))
        case Firehose(buffer_bytes=size, window_seconds=window):
            batching = Batching(size=int(size // 1_900), window=window)
            arn = _arn(source, "firehose", "deliverystream/moved")
            return replace(source, kind="firehose", arn=arn, batching=batching)
        case Queue(size=size, window_seconds=window):
            return _queue(source, Batching(size=size, window=window))
        case _:
            raise ValueError(way)


def _stream(source: LogSource, batching: Batching) -> LogSource:
    return replace(
        source, kind="kinesis", arn=_arn(source, "kinesis", "stream/moved"), batching=batching
    )


def _queue(source: LogSource, batching: Batching) -> LogSource:
    """Every function becomes one that only fills a queue, which another one empties."""
    stages = tuple(
        replace(
            stage,
            next=(),
            relays=(
                Relay(
                    _arn(source, "sqs", f"q{number}").replace("/", ""), _drainer(stage), batching
                ),
            ),
        )
        for number, stage in enumerate(source.stages)
    )
    return replace(source, stages=stages)


def _drainer(stage: Stage) -> Stage:
    if stage.function is None:
        raise ValueError(stage)
    return replace(stage, function=replace(stage.function, name=f"{stage.function.name}-drain"))


def _arn(source: LogSource, service: str, name: str) -> str:
    return f"arn:aws:{service}:{source.region}:{source.account}:{name}"

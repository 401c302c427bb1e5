"""Log sources with the changes that make them: log group, stream, bucket, topic, queue, rule."""

from __future__ import annotations

from math import inf

from simulation.organization import (
    LAMBDA,
    MANAGEMENT,
    Batching,
    Change,
    Delay,
    Function,
    LogSource,
    Organization,
    SourceKind,
    Stage,
    Trail,
)
from simulation.scenarios import changes, links
from simulation.scenarios.draft import Draft

FILE = Batching(size=10**9, window=240.0, per_file=True)
"""A run a file: one for each account and region, four minutes after its first entry."""

FILE_DELAY = Delay(60.0, 200.0)
RULE_DELAY = Delay(60.0, 300.0)
LINE_DELAY = Delay(4.0, 12.0)
"""Seconds from a run to its log lines' arrival at a subscription."""


def group_source(
    draft: Draft,
    trail: Trail,
    stages: tuple[Stage, ...],
    *,
    batching: Batching | None = None,
    hour: float | None = None,
    until: float = inf,
    closes: bool = True,
    only: frozenset[str] | None = None,
) -> LogSource:
    """A trail's log group whose subscription filter, which lets `only` these services pass, starts the stages
    from `hour` (next setup)."""
    since = _since(draft, hour)
    arn = trail.log_group or ""
    source = LogSource(
        arn=arn,
        kind="cloudwatch_logs",
        account=trail.account,
        region=trail.region,
        trails=(trail.name,),
        stages=stages,
        batching=batching or Batching(),
        since=since,
        until=until,
        only=only,
    )
    _subscribe_all(draft, source, closes=closes)
    return draft.source(source)


def _subscribe_all(draft: Draft, source: LogSource, *, closes: bool) -> None:
    """The changes that make each function and subscribe it; the first may close the loop."""
    actor, host = draft.actor(), draft.shape.logs_host
    before = max(source.since - 0.02, 0.0005)
    for index, function in enumerate(processor(stage) for stage in source.stages):
        arn, hour = function.arn, source.since + 0.006 * index
        closed = source.arn if closes and index == 0 else None
        draft.add(
            changes.new_function(function, before, actor),
            changes.permit(function, host, f"{source.arn}:*", before + 0.005, actor),
            links.subscribe(source, arn, hour, actor, closes=closed, name=f"forward-{index}"),
        )


def stream_source(
    draft: Draft, trail: Trail, stage: Stage, batching: Batching, *, hour: float | None = None
) -> LogSource:
    """A trail's log group handed to a Kinesis stream that a function reads in batches."""
    home = draft.account("workload")
    arn = f"arn:aws:kinesis:{draft.region}:{home}:stream/{draft.tag('log-stream')}"
    target = f"arn:aws:logs:{draft.region}:{home}:destination:{draft.tag('log-stream')}"
    since = _since(draft, hour)
    actor = draft.actor()
    source = LogSource(
        arn, "kinesis", home, draft.region, (trail.name,), (stage,), batching, since=since
    )
    early = max(since - 0.01, 0.0005)
    return draft.source(
        source,
        links.destination(draft.tag("log-stream"), arn, home, draft.region, early, actor),
        links.subscribe(trail.log_group or "", target, early + 0.002, actor),
        links.map_events(
            arn, processor(stage), since, actor, size=batching.size,
            window=min(batching.window, 300), closes=arn,
        ),
    )  # fmt: skip


def _since(draft: Draft, hour: float | None) -> float:
    if hour is None:
        return draft.next_setup() if draft.recorded else 0.0
    return hour


def bucket_source(
    draft: Draft,
    trail: Trail,
    kind: SourceKind,
    stage: Stage,
    *,
    hour: float,
    batching: Batching = FILE,
) -> LogSource:
    """A trail's bucket that starts a function itself (s3), by a topic (sns) or a queue (sqs)."""
    arn = f"arn:aws:{kind}:{trail.region}:{trail.account}:{draft.tag('log-files')}"
    if kind == "s3":
        arn = f"arn:aws:s3:::{trail.bucket}"
    source = LogSource(
        arn, kind, trail.account, trail.region, (trail.name,), (stage,), batching, FILE_DELAY, hour
    )
    return draft.source(source, *_notifications(draft, trail, source))


def _notifications(draft: Draft, trail: Trail, source: LogSource) -> list[Change]:
    """The function, the bucket's notification, and what subscribes the function to it."""
    actor, function, arn = draft.actor(), processor(source.stages[0]), source.arn
    direct = source.kind == "s3"
    early = source.since if direct else max(source.since - 0.01, 0.0005)
    place = (trail.bucket, trail.account, trail.region)
    target, closes = (function.arn, arn) if direct else (arn, None)
    variant = int(draft.rng.integers(8))
    made = [
        changes.new_function(function, early - 0.0003, actor),
        links.notify(*place, target, early, actor, variant=variant, closes=closes),
    ]
    if source.kind == "sns":
        made.append(links.topic_subscription(arn, function.arn, source.since, actor, closes=arn))
    if source.kind == "sqs":
        mapped = links.map_events(
            arn, function, source.since, actor, size=10, window=60, closes=arn
        )
        made.append(mapped)
    return made


def processor(stage: Stage) -> Function:
    """The function of a stage that must have one."""
    if stage.function is None:
        raise ValueError("this source starts a function")
    return stage.function


def _router_and_feeder(draft: Draft) -> Stage:
    feeder = Stage(draft.function("siem-feeder", "log-archive"))
    return Stage(draft.function("log-router", "workload"), next=(feeder,))


def steady(
    draft: Draft,
    *,
    onset: float,
    until: float = inf,
    closes: str = "subscription",
    router: Stage | None = None,
    runs_per_second: float = 0.4,
) -> Organization:
    """A router and a feeder, closed at `onset` (hours), bounded by the router's concurrency."""
    draft.work(500, "workload")
    others = [account.name for account in draft.accounts[1:]]
    if others:
        draft.work(250, *others)
    stage = router or _router_and_feeder(draft)
    batching = draft.cap(runs_per_second)
    if closes == "selectors":
        trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
        source = group_source(draft, trail, (stage,), batching=batching, until=until, closes=False)
        draft.widen(trail, LAMBDA, onset, source)
    else:
        trail = draft.trail("audit", "workload")
        source = group_source(draft, trail, (stage,), batching=batching, hour=onset, until=until)
    if until < inf:
        draft.add(links.unsubscribe(source.arn, until, draft.actor(), name="forward-0"))
    draft.decoys(onset)
    return draft.finish()

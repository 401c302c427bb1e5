"""Every way entries reach functions: buckets, topics, queues, streams, rules, delivery streams."""

from __future__ import annotations

from simulation.organization import (
    LAMBDA,
    MANAGEMENT,
    S3,
    Batching,
    Call,
    LogSource,
    Organization,
    Selector,
    SourceKind,
    Stage,
)
from simulation.scenarios import changes, links, ordinary
from simulation.scenarios.draft import Draft
from simulation.scenarios.pipelines import (
    FILE,
    FILE_DELAY,
    LINE_DELAY,
    RULE_DELAY,
    bucket_source,
    group_source,
    processor,
    steady,
    stream_source,
)


def _by_file(
    draft: Draft, kind: SourceKind, batching: Batching, stage: Stage | None = None
) -> Organization:
    draft.work(250, "workload")
    draft.work(500, "log-archive", "security")
    trail = draft.trail("audit", "workload", log_group=False)
    onset = draft.hours * draft.between(0.3, 0.6)
    stage = stage or Stage(draft.function("file-reader", "workload"), retries=0.01)
    bucket_source(draft, trail, kind, stage, hour=onset, batching=batching)
    draft.decoys(onset)
    return draft.finish()


def s3_notification(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A trail's bucket starts a function for every file, and that starts another."""
    draft = Draft("s3_notification", seed, hours, scale)
    feeder = Stage(draft.function("siem-feeder", "workload"))
    reader = Stage(draft.function("file-reader", "workload"), next=(feeder,))
    return _by_file(draft, "s3", FILE, reader)


def sns(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A trail's bucket tells a topic of every file, the topic starts a function."""
    return _by_file(Draft("sns", seed, hours, scale), "sns", FILE)


def becomes_organizations(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A trail's bucket starts a function of another account; the trail becomes the organization's."""
    draft = Draft("becomes_organizations", seed, hours, scale)
    draft.work(700, "workload")
    draft.work(350, "log-archive", "security")
    trail = draft.trail("audit", "workload")
    feeder = Stage(draft.function("siem-feeder", "log-archive"))
    reader = Stage(draft.function("file-reader", "log-archive"), next=(feeder,))
    source = bucket_source(draft, trail, "s3", reader, hour=draft.next_setup())
    onset = hours * draft.between(0.3, 0.6)
    draft.join(trail, onset, source)
    draft.decoys(onset)
    return draft.finish()


def sqs_from_bucket(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A trail's bucket tells a queue of every file; a function takes what came within a minute."""
    batching = Batching(size=10**9, window=60.0)
    return _by_file(Draft("sqs_from_bucket", seed, hours, scale), "sqs", batching)


def stream_batches(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A stream read in batches of two to a thousand, over one to four shards."""
    draft = Draft("stream_batches", seed, hours, scale)
    draft.work(2000, "workload")
    draft.work(200, "log-archive", "security")
    trail = draft.trail("audit", "workload")
    feeder = Stage(draft.function("siem-feeder", "log-archive"), mode="sync")
    stage = Stage(draft.function("forwarder", "workload"), next=(feeder,))
    size = round(float(10 ** draft.between(0.3, 3.0)))
    shards = int(draft.rng.integers(1, 5))
    batching = Batching(size=size, window=draft.between(20, 300), shards=shards)
    onset = hours * draft.between(0.2, 0.5)
    stream_source(draft, trail, stage, batching, hour=onset)
    draft.decoys(onset)
    return draft.finish()


def batch_floor(seed: int, hours: float = 12.0, scale: float = 1.0) -> Organization:
    """A batch that swallows any number of entries: a steady floor of a run a minute or two."""
    draft = Draft("batch_floor", seed, hours, scale)
    draft.work(40, "workload", kinds=("api_gateway", "console", "instance", "topic"))
    draft.work(500, "log-archive", "security")
    trail = draft.trail("audit", "workload")
    stage = Stage(draft.function("forwarder", "workload"))
    onset = hours * draft.between(0.3, 0.6)
    batching = Batching(size=10_000, window=draft.between(30, 90))
    stream_source(draft, trail, stage, batching, hour=onset)
    draft.decoys(onset)
    return draft.finish()


def firehose_transform(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A log group feeds a delivery stream, which has a function transform each buffer."""
    draft = Draft("firehose_transform", seed, hours, scale)
    draft.work(150, "workload")
    draft.work(400, "log-archive", "security")
    trail = draft.trail("audit", "workload")
    arn = f"arn:aws:firehose:{draft.region}:{trail.account}:deliverystream/{draft.tag('to-siem')}"
    stage = Stage(draft.function("transformer", "workload"))
    function, actor = processor(stage), draft.actor()
    onset = hours * draft.between(0.3, 0.6)
    batching = Batching(size=2000, window=draft.between(20, 60))
    source = LogSource(
        arn, "firehose", trail.account, draft.region, (trail.name,), (stage,), batching, since=onset
    )
    draft.source(
        source,
        changes.new_function(function, onset - 0.03, actor),
        links.delivery_stream(arn, function, draft.tag("siem-bucket"), onset - 0.02, actor),
        links.subscribe(trail.log_group or "", arn, onset, actor, closes=arn),
    )
    draft.decoys(onset)
    return draft.finish()


def eventbridge_rule(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A rule on all S3 calls starts a function, most of whose runs write to S3."""
    draft = Draft("eventbridge_rule", seed, hours, scale)
    draft.archived = (*draft.archived, Selector(S3))
    draft.work(400)
    trail = draft.trail("audit", "workload", records=(MANAGEMENT, LAMBDA, S3), log_group=False)
    name = draft.tag("any-s3-call")
    arn = f"arn:aws:events:{draft.region}:{trail.account}:rule/{name}"
    put = Call(
        "s3.amazonaws.com", "PutObject", S3, f"{draft.tag('copies')}/out", draft.between(0.6, 0.9)
    )
    stage = Stage(draft.function("copier", "workload"), calls=(put,))
    onset = hours * draft.between(0.3, 0.6)
    source = LogSource(
        arn, "eventbridge", trail.account, draft.region, (trail.name,), (stage,),
        delay=RULE_DELAY, since=onset, only=frozenset({"s3.amazonaws.com"}),
    )  # fmt: skip
    actor, function = draft.actor(), processor(stage)
    pattern = '{"source":["aws.s3"],"detail-type":["AWS API Call via CloudTrail"]}'
    draft.source(
        source,
        changes.new_function(function, onset - 0.03, actor),
        *links.rule(arn, pattern, function, onset, actor, closes=arn),
    )
    draft.decoys(onset)
    return draft.finish()


def self_logging_bucket(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """The organization's trail records S3 calls of all buckets, its own included: no function."""
    draft = Draft("self_logging_bucket", seed, hours, scale)
    draft.work(draft.between(60, 200))
    onset = hours * draft.between(0.3, 0.6)
    draft.archived = (*draft.archived, Selector(S3, onset))
    trail = draft.archive()
    draft.trails.append(trail)
    arn = f"arn:aws:s3:::{trail.bucket}"
    key = f"{trail.bucket}/AWSLogs/{draft.archiving.organization_id}/{trail.account}/CloudTrail"
    delivery = Stage(
        None,
        calls=(Call("s3.amazonaws.com", "PutObject", S3, key),),
        account=trail.account,
        region=draft.region,
    )
    source = LogSource(
        arn, "s3", trail.account, draft.region, (trail.name,), (delivery,), FILE, FILE_DELAY, onset
    )
    draft.source(source, changes.put_selectors(trail, onset, draft.actor(), closes=arn))
    draft.decoys(onset)
    return draft.finish()


def own_log_group(seed: int, hours: float = 6.0, scale: float = 1.0) -> Organization:
    """A forwarder is subscribed to its own log group: by a filter, or an account's policy.

    What comes round is log lines, not entries; the trail itself records management entries only.
    """
    draft = Draft("own_log_group", seed, hours, scale)
    draft.work(150)
    trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
    function = draft.function("log-forwarder", "workload")
    arn = f"arn:aws:logs:{function.region}:{function.account}:log-group:/aws/lambda/{function.name}"
    stage = Stage(function, logs_to=arn)
    group_source(draft, trail, (stage,), closes=False)
    onset, actor = hours * draft.between(0.3, 0.6), draft.actor()
    source = LogSource(
        arn, "cloudwatch_logs", function.account, function.region, (), (stage,),
        draft.cap(0.3), delay=LINE_DELAY, since=onset,
    )  # fmt: skip
    closing = (
        links.subscribe(arn, function.arn, onset, actor, closes=arn)
        if seed % 2 == 0
        else links.account_policy(function, onset, actor, closes=arn)
    )
    draft.source(source, closing)
    draft.decoys(onset)
    return draft.finish()


def management_calls(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """The trail records management entries only; the function's own calls are such, and return."""
    draft = Draft("management_calls", seed, hours, scale)
    draft.work(200, "workload", kinds=ordinary.PEOPLE)
    draft.work(250)
    home, archive = draft.account("workload"), draft.account("log-archive")
    key = f"arn:aws:kms:{draft.region}:{home}:key/5e1c2b7a-0d3f-4f0e-9a56-3d1f6a2b9c10"
    function = draft.function("forwarder", "workload")
    calls = (
        Call("sts.amazonaws.com", "AssumeRole", MANAGEMENT,
             f"arn:aws:iam::{archive}:role/log-writer", draft.between(0.3, 0.5)),
        Call("kms.amazonaws.com", "Decrypt", MANAGEMENT, key, draft.between(0.1, 0.3)),
        Call("logs.amazonaws.com", "CreateLogStream", MANAGEMENT,
             f"/aws/lambda/{function.name}", 0.02),
    )  # fmt: skip
    trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
    onset = hours * draft.between(0.3, 0.6)
    group_source(draft, trail, (Stage(function, calls=calls),), hour=onset)
    draft.decoys(onset)
    return draft.finish()


def filtered_group(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A subscription filter holds the runs back and lets the function's AssumeRole pass: that alone returns."""
    draft = Draft("filtered_group", seed, hours, scale)
    draft.work(draft.between(300, 600))
    role = f"arn:aws:iam::{draft.account('log-archive')}:role/log-writer"
    odds = draft.between(0.3, 0.6)
    calls = (Call("sts.amazonaws.com", "AssumeRole", MANAGEMENT, role, odds),)
    stage = Stage(draft.function("forwarder", "workload"), calls=calls)
    trail = draft.trail("audit", "workload")
    onset = hours * draft.between(0.3, 0.6)
    kept = frozenset({"sts.amazonaws.com", "iam.amazonaws.com", "s3.amazonaws.com"})
    group_source(draft, trail, (stage,), hour=onset, only=kept)
    draft.decoys(onset)
    return draft.finish()


def states_between(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """The router starts a state machine, which runs the feeder."""
    draft = Draft("states_between", seed, hours, scale)
    feeder = Stage(draft.function("siem-feeder", "workload"), mode="states")
    router = Stage(draft.function("log-router", "workload"), next=(feeder,))
    return steady(draft, onset=hours * draft.between(0.3, 0.6), router=router)

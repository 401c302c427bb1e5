"""What is to be built, in values that both renderings take: one stream for each log source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analytics.batching import MAX_RECORDS
from analytics.findings import Batch, Recommendation
from analytics.templates import names
from stormtrail.errors import UsageError

# How late the newest record read may be before somebody is told, as a multiple of the window.
ALARM_WINDOWS = 5
LEAST_ALARM_SECONDS = 300
RETRIES = 10
DEAD_LETTER_SECONDS = 14 * 86_400
RETENTION_HOURS = 24
MOST_PATTERN = 1_024
_KINDS = {":log-group:": "cloudwatch_logs", ":s3:::": "s3", ":rule/": "eventbridge"}


@dataclass(frozen=True)
class Reader:
    """A function that moves behind the stream: its mapping, its role (None: asked for)."""

    function: names.Arn
    batch_size: int
    window_seconds: int
    role_name: str | None = None

    @property
    def stem(self) -> str:
        """What the names of everything made for this function begin with."""
        return f"stormtrail-{names.slug(f'{self.function.name} {self.function.region}')}"

    @property
    def dead_letters(self) -> str:
        """The queue of batches that it could not process."""
        return f"{self.stem}-failed"

    @property
    def policy(self) -> str:
        """The policy that lets it read the stream."""
        return f"{self.stem}-read"


@dataclass(frozen=True)
class Alarm:
    """When somebody is told: `metric` of `dimension` is over `limit` for three minutes."""

    name: str
    text: str
    namespace: str
    metric: str
    dimension: tuple[str, str]
    limit: int


@dataclass(frozen=True)
class StreamPlan:
    """One source's stream with everything on it; all text has been checked.

    `senders` are the accounts that may subscribe to the Destination, besides an organization;
    `source_account` is empty for a bucket, whose name tells none.
    """

    source: str
    kind: str
    source_name: str
    partition: str
    region: str
    account: str
    shards: int
    mode: str
    readers: tuple[Reader, ...]
    senders: tuple[str, ...]
    organization: str | None = None
    filter_pattern: str = ""
    source_account: str = ""

    @property
    def slug(self) -> str:
        """The part of every name that tells this plan from others."""
        return self.stream.removeprefix(names.PREFIX)

    @property
    def stream(self) -> str:
        """The stream's name."""
        return names.stream(self.source_name, self.region, self.filter_pattern)

    @property
    def writer(self) -> str:
        """The role that writes to the stream."""
        return f"{self.stream}-writer"

    @property
    def writer_arn(self) -> str:
        """That role's ARN."""
        return f"arn:{self.partition}:iam::{self.account}:role/{self.writer}"

    @property
    def rule_arn(self) -> str:
        """The ARN of the EventBridge rule that feeds the stream."""
        if self.kind == "eventbridge":
            return self.source
        return f"arn:{self.partition}:events:{self.region}:{self.account}:rule/{self.stream}"

    @property
    def stream_arn(self) -> str:
        """The stream's ARN."""
        return f"arn:{self.partition}:kinesis:{self.region}:{self.account}:stream/{self.stream}"

    @property
    def destination_arn(self) -> str:
        """The Destination's ARN."""
        return f"arn:{self.partition}:logs:{self.region}:{self.account}:destination:{self.stream}"

    @property
    def distribution(self) -> str:
        """One log stream goes to one shard unless entries are spread at random."""
        return "Random" if self.shards > 1 or self.mode == "on_demand" else "ByLogStream"

    @property
    def alarm_seconds(self) -> int:
        """Iterator age that is too old."""
        window = max(reader.window_seconds for reader in self.readers)
        return max(LEAST_ALARM_SECONDS, ALARM_WINDOWS * window)

    def alarms(self) -> tuple[Alarm, ...]:
        """Read too late, refused, late by function, failed by function."""
        late = self.alarm_seconds * 1000
        of_stream, kinesis = ("StreamName", self.stream), "AWS/Kinesis"
        age, full = "GetRecords.IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded"
        text_late = f"{self.stream} is read too late"
        text_full = f"{self.stream} refuses entries: it has too few shards"
        return (
            Alarm(f"{self.stream}-late", text_late, kinesis, age, of_stream, late),
            Alarm(f"{self.stream}-full", text_full, kinesis, full, of_stream, 0),
            *(alarm for reader in self.readers for alarm in _reader_alarms(reader, late)),
        )

    def queue_arn(self, reader: Reader) -> str:
        """The ARN of a reader's queue of failed batches."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{reader.dead_letters}"


@dataclass(frozen=True)
class Choices:
    """What the user adds: roles by function ARN, member accounts, organization, log groups
    of functions whose source is not in the archive, and the filter pattern to keep.

    UsageError where one of them cannot go into a template.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    accounts: Sequence[str] = ()
    organization: str | None = None
    log_groups: Mapping[str, str] = field(default_factory=dict)
    filter_pattern: str = ""

    def __post_init__(self) -> None:
        for role in self.roles.values():
            names.role(role)
        for account in self.accounts:
            names.account(account)
        for group in self.log_groups.values():
            names.log_group(group)
        if self.organization is not None:
            names.organization(self.organization)
        _checked_pattern(self.filter_pattern)

    def feed(self, item: Recommendation) -> tuple[str, str]:
        """What is to feed a function's stream: its source, and the pattern that the filter keeps."""
        source = self.log_groups.get(item.function) or item.source or ""
        return source, self.filter_pattern or item.filter_pattern


def plans(recommendations: Iterable[Recommendation], choices: Choices) -> tuple[StreamPlan, ...]:
    """One plan a source and filter pattern, of the recommendations that move functions behind Kinesis.

    UsageError for a name that cannot go into a template, and for a source that a stream cannot be
    put behind without its producer's code.
    """
    feeds: defaultdict[tuple[str, str], list[Recommendation]] = defaultdict(list)
    for item in recommendations:
        if item.action == "move_behind_kinesis" and item.batch is not None:
            feeds[choices.feed(item)].append(item)
    return tuple(_plan(*feed, items, choices) for feed, items in sorted(feeds.items()))


def _checked_pattern(pattern: str) -> None:
    if len(pattern) > MOST_PATTERN or not pattern.isprintable():
        hint = f"at most {MOST_PATTERN:,} printable characters"
        raise UsageError("not a filter pattern", where="--filter-pattern", hint=hint)


def _reader_alarms(reader: Reader, late: int) -> tuple[Alarm, Alarm]:
    name, queue = reader.function.name, ("QueueName", reader.dead_letters)
    visible = "ApproximateNumberOfMessagesVisible"
    of_function = ("FunctionName", name)
    text_late, text_failed = f"{name} is behind its stream", f"{name} could not process a batch"
    return (
        Alarm(f"{reader.stem}-late", text_late, "AWS/Lambda", "IteratorAge", of_function, late),
        Alarm(f"{reader.stem}-failed", text_failed, "AWS/SQS", visible, queue, 0),
    )


def _kind(source: str) -> str:
    """The kind that the ARN itself tells."""
    found = [kind for part, kind in _KINDS.items() if part in source]
    return found[0] if found else "unknown"


def _plan(
    source: str, pattern: str, items: Sequence[Recommendation], choices: Choices
) -> StreamPlan:
    kind = _kind(source)
    _checked_pattern(pattern)
    functions = [names.function(item.function) for item in items]
    named = _source_name(source, kind)
    own = functions[0]
    home = {(function.account, function.region) for function in functions}
    if len(home) > 1:
        hint = "plan the functions of one account and region at a time"
        raise UsageError("functions of several accounts or regions", where=source, hint=hint)
    if named.region not in ("", own.region):
        hint = "a log group and its Destination, a rule and its target share a region"
        raise UsageError("source and function are in two regions", where=source, hint=hint)
    batches = [item.batch for item in items if item.batch is not None]
    senders = {named.account or own.account, *choices.accounts}
    return StreamPlan(
        source=named.text,
        kind=kind,
        source_name=named.name,
        partition=own.partition,
        region=own.region,
        account=own.account,
        shards=max(batch.shards for batch in batches),
        mode=max(batch.mode for batch in batches),
        readers=tuple(
            _reader(function, item, choices)
            for function, item in zip(functions, items, strict=True)
        ),
        senders=tuple(sorted(senders)),
        organization=choices.organization,
        filter_pattern=pattern,
        source_account=named.account,
    )


def _reader(function: names.Arn, item: Recommendation, choices: Choices) -> Reader:
    """The function with its batch and its role: the user's, else the archive's where that is a name."""
    batch = item.batch or Batch(1, 0, 1)
    size = max(1, min(MAX_RECORDS, batch.size))
    known = item.role if names.is_role(item.role) else None
    role = choices.roles.get(function.text, known)
    return Reader(function, size, batch.window_seconds, role)


def _source_name(source: str, kind: str) -> names.Arn:
    parsers = {"cloudwatch_logs": names.log_group, "s3": names.bucket, "eventbridge": names.rule}
    if kind not in parsers or source.startswith("unknown:"):
        hint = "name its log group with --log-group FUNCTION=ARN, or have its producer write there"
        raise UsageError(
            f"no stream can be put behind this source ({kind})", where=source, hint=hint
        )
    return parsers[kind](source)

"""What an organization is: accounts, trails, log sources, functions behind them, ordinary work.

Values only; `simulation.plan` turns them into tables and `simulation.engine` runs them.
Times are hours from the window's start unless a name says seconds; times of day are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Literal

MANAGEMENT = "Management"
LAMBDA = "AWS::Lambda::Function"
S3 = "AWS::S3::Object"
SQS = "AWS::SQS::Queue"

SourceKind = Literal[
    "cloudwatch_logs", "s3", "sns", "sqs", "kinesis", "dynamodb", "firehose", "eventbridge"
]
Mode = Literal["async", "sync", "states"]
"""How a function starts another: Event, RequestResponse, or through a state machine."""


@dataclass(frozen=True)
class Account:
    """One AWS account."""

    id: str
    name: str


@dataclass(frozen=True)
class Selector:
    """What a trail records: "Management" or a data resource type; in force [since, until) hours."""

    resource: str
    since: float = 0.0
    until: float = inf


@dataclass(frozen=True)
class Trail:
    """A trail; `accounts` and `regions` are those it records, accounts other than its own from the hour `joined` on."""

    name: str
    account: str
    region: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    selectors: tuple[Selector, ...]
    bucket: str
    log_group: str | None = None
    organization: bool = False
    joined: float = 0.0

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"


@dataclass(frozen=True)
class Batching:
    """When what waits becomes a run.

    A run starts when `size` entries wait, or `window` seconds after the first. At most
    `runs_per_second` start; what waits meanwhile goes into one run of up to `ceiling` entries,
    as CloudWatch Logs and the pollers do when a function is at its concurrency. `per_file`
    keeps accounts and regions apart, as a trail's files do; `shards` split as a stream does.
    """

    size: int = 1
    window: float = 0.0
    runs_per_second: float = inf
    ceiling: int | None = None
    shards: int = 1
    per_file: bool = False


@dataclass(frozen=True)
class Delay:
    """Lognormal seconds from an entry's time to its delivery (DOMAIN section 4)."""

    median: float = 191.0
    p99: float = 542.0

    def paced(self, pace: float, width: float) -> Delay:
        """`pace` times as long, and as wide as this to the power of `width`."""
        median = self.median * pace
        return Delay(median, median * (self.p99 / self.median) ** width)


@dataclass(frozen=True)
class Function:
    """A Lambda function."""

    name: str
    account: str
    region: str

    @property
    def arn(self) -> str:
        """The unqualified ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def role(self) -> str:
        """The name of its execution role."""
        return f"{self.name}-role"


@dataclass(frozen=True)
class Call:
    """An API call that a run makes, `per_run` times on average; `resource` as in `Selector`."""

    service: str
    name: str
    resource: str
    target: str
    per_run: float = 1.0


@dataclass(frozen=True)
class Relay:
    """A queue that a run fills, one message an entry (or a run), and what empties it."""

    queue: str
    stage: Stage
    batching: Batching
    per: Literal["entry", "run"] = "entry"


@dataclass(frozen=True)
class Stage:
    """What happens once a batch: a run of `function`, its calls, the stages it starts.

    Without a function only the calls happen, made by `service`. `retries` is the chance that an
    asynchronous run fails and is executed again, `lost_accepts` that its `Invoke` is missing.
    """

    function: Function | None
    mode: Mode = "async"
    calls: tuple[Call, ...] = ()
    next: tuple[Stage, ...] = ()
    relays: tuple[Relay, ...] = ()
    retries: float = 0.0
    lost_accepts: float = 0.0
    throttles: float = 0.02
    service: str = "cloudtrail.amazonaws.com"
    account: str = ""
    region: str = ""
    logs_to: str | None = None


@dataclass(frozen=True)
class LogSource:
    """What hands entries to functions: fed by trails, or by functions' own log lines.

    `only` keeps the entries of these event sources (a filter pattern or a rule's pattern).
    `trails` are names; none means it is fed by runs whose stage says `logs_to` this ARN.
    """

    arn: str
    kind: SourceKind
    account: str
    region: str
    trails: tuple[str, ...]
    stages: tuple[Stage, ...]
    batching: Batching = Batching()
    delay: Delay = Delay()
    since: float = 0.0
    until: float = inf
    only: frozenset[str] | None = None


@dataclass(frozen=True)
class Actor:
    """Who makes a configuration change."""

    kind: Literal["user", "role", "console"]
    name: str
    session: str
    address: str
    agent: str


@dataclass(frozen=True)
class Change:
    """A configuration change as recorded; `closes` is the source (ARN) whose loop it closes."""

    hour: float
    service: str
    name: str
    account: str
    region: str
    actor: Actor
    parameters: dict[str, object] | None
    response: dict[str, object] | None = None
    error: str | None = None
    closes: str | None = None


@dataclass(frozen=True)
class Workload:
    """Ordinary work of one kind (`simulation.workloads`): arrivals an hour, with a day's rhythm.

    `rhythm` is the swing around the mean (0..1), `peak` the hour of day it is highest;
    `every_minutes` makes it a schedule instead. `surges` are (from, until, factor) in hours.
    """

    kind: str
    account: str
    region: str
    name: str
    per_hour: float
    rhythm: float = 0.6
    peak: float = 13.0
    every_minutes: float | None = None
    surges: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Shape:
    """Which of the known variants the records have (DOMAIN section 3)."""

    event_version: str = "1.11"
    source_arn: bool = True
    star: bool = True
    in_scope: bool = True
    mapping_arn: bool = False
    cross_account_copies: bool = False
    logs_host: str = "logs.amazonaws.com"


@dataclass(frozen=True)
class Archiving:
    """How the archive came to be: gaps (hours), duplicates, late files, delay, layout."""

    gaps: tuple[tuple[float, float], ...] = ()
    duplicates: float = 0.0
    late: float = 0.0
    late_hours: float = 6.0
    organization_id: str | None = "o-a1b2c3d4e5"
    prefix: str = ""
    missing_accounts: frozenset[str] = frozenset()
    delay: Delay = Delay()


@dataclass(frozen=True)
class Anomaly:
    """Something unusual that was put in: what a detector should find, and where."""

    detector: str
    subject: str
    start: float
    end: float


@dataclass(frozen=True)
class Organization:
    """Everything that happens, before chance. `archive` is the trail whose bucket is read."""

    kind: str
    hours: float
    accounts: tuple[Account, ...]
    archive: Trail
    trails: tuple[Trail, ...]
    sources: tuple[LogSource, ...]
    workloads: tuple[Workload, ...]
    changes: tuple[Change, ...] = ()
    shape: Shape = Shape()
    archiving: Archiving = Archiving()
    anomalies: tuple[Anomaly, ...] = ()
    start: datetime = field(default_factory=lambda: datetime(2026, 6, 1, tzinfo=UTC))

    @property
    def links_recorded(self) -> bool:
        """Whether the archive says what starts what: by changes, or in the runs themselves."""
        return bool(self.changes) or self.shape.source_arn

"""Findings: one frozen value that every output is made from (CONTRACT: stormtrail.findings/1).

Field names are the contract's keys. Times are aware UTC datetimes here and
`YYYY-MM-DDTHH:MM:SSZ` in JSON. `None` means the archive cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

SCHEMA = "stormtrail.findings/1"

Interval = tuple[float, float]


@dataclass(frozen=True)
class Window:
    """Half-open span of time."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Entries:
    """What was read: counts of entries, and how many of them log processing caused."""

    total: int = 0
    duplicates: int = 0
    rejected: int = 0
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    second_order: int | None = 0
    second_order_share: float | None = None

    @property
    def untold(self) -> bool:
        """Whether nothing tells of most of them whether log processing wrote them."""
        return bool(self.total and self.second_order is None)


@dataclass(frozen=True)
class FedBy:
    """A trail (ARN or name; None where inferred) and which entries it hands to a source."""

    trail: str | None
    accounts: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A log source: what hands entries to functions, and what one entry causes."""

    arn: str
    kind: str
    account: str | None
    region: str | None
    fed_by: tuple[FedBy, ...] = ()
    link: str = "unknown"
    link_confidence: float = 0.0
    entries_delivered: int | None = None
    second_order_entries: int = 0
    invocations: int = 0
    s: float | None = None
    s_interval: Interval | None = None
    s_invocations: float | None = None
    s_invocations_interval: Interval | None = None
    # while it comes back: over the whole window it would be the less the later the loop closed
    feedback: Mapping[str, float] = field(default_factory=dict)
    delivery_delay_seconds: float | None = None
    loop: str | None = None
    feedback_interval: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """What starts a function: kind and ARN (None where not recorded)."""

    kind: str
    arn: str | None


@dataclass(frozen=True)
class LogFunction:
    """A log-processing function."""

    arn: str
    account: str | None
    region: str | None
    depth: int
    sources: tuple[str, ...]
    callers: tuple[str, ...]
    triggers: tuple[Trigger, ...]
    invocations: int
    entries: int
    entries_per_invocation: float | None
    batch_size: float | None
    in_loop: bool
    first_seen: datetime | None
    last_seen: datetime | None
    active: bool


@dataclass(frozen=True)
class Chain:
    """A path of functions from a source, with the event ids that show it."""

    source: str
    path: tuple[str, ...]
    accounts: tuple[str, ...]
    invocations: int
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cause:
    """The configuration change that closed a loop."""

    event_id: str
    event_name: str
    event_time: datetime
    actor: str | None
    source_ip: str | None
    confidence: float


@dataclass(frozen=True)
class Loop:
    """Sources whose entries cause entries that they deliver again. `amplification` is null where the interval of
    ρ holds 1; its interval's upper end is null where it may have none."""

    id: str
    sources: tuple[str, ...]
    functions: tuple[str, ...]
    accounts: tuple[str, ...]
    spectral_radius: float | None
    spectral_radius_interval: Interval | None
    state: str
    amplification: float | None
    entries: int
    share_of_entries: float | None
    doubling_minutes: float | None
    onset: datetime | None
    cause: Cause | None
    evidence: tuple[str, ...] = ()
    ended: datetime | None = None
    amplification_interval: tuple[float, float | None] | None = None
    share_by_account: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Anomaly:
    """Something unusual, in words and with evidence."""

    detector: str
    subject: str
    window: Window
    score: float
    explanation: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cost:
    """Money, in `currency`; months are of 30 days."""

    currency: str = "USD"
    price_book: str | None = None
    window_usd: float | None = None
    monthly_usd: float | None = None
    second_order_monthly_usd: float | None = None
    by_component: Mapping[str, float] = field(default_factory=dict)
    by_function: Mapping[str, float] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    by_account: Mapping[str, float] = field(default_factory=dict)
    by_order: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """How a stream's event source mapping gathers records."""

    size: int
    window_seconds: int
    shards: int
    mode: str = "provisioned"


@dataclass(frozen=True)
class Alternative:
    """Another way that was worked out, and what it would give up; None where it cannot be had."""

    action: str
    s_after: float | None
    spectral_radius_after: float | None
    monthly_usd_after: float | None
    gives_up: str


@dataclass(frozen=True)
class Recommendation:
    """What to do about one function, and what it will change.

    `s_before` is s at present, from where the prediction starts; `s_of_window` that of the source
    over the whole window, another number where something began or ended within it. `filter_pattern`
    is that of the subscription filter that starts the function, `role` the name of its execution
    role, where they are known.
    """

    function: str
    source: str | None
    relieves: tuple[str, ...]
    action: str
    why: str
    batch: Batch | None
    s_before: float | None
    s_after: float | None
    spectral_radius_after: float | None
    monthly_usd_before: float | None
    monthly_usd_after: float | None
    monthly_saving_usd: float | None
    evidence: tuple[str, ...] = ()
    gives_up: str = ""
    warnings: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    entries_per_run_after: float | None = None
    s_of_window: float | None = None
    entries_per_run_before: float | None = None
    spectral_radius_before: float | None = None
    filter_pattern: str = ""
    role: str = ""


@dataclass(frozen=True)
class Findings:
    """Everything one analysis found."""

    window: Window
    entries: Entries
    sources: tuple[Source, ...] = ()
    functions: tuple[LogFunction, ...] = ()
    chains: tuple[Chain, ...] = ()
    loops: tuple[Loop, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    cost: Cost = field(default_factory=Cost)
    recommendations: tuple[Recommendation, ...] = ()
    notes: tuple[str, ...] = ()
    integrity: Mapping[str, str] = field(default_factory=dict)
    """By event id of the evidence: proven, unproven or tampered."""

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON object, ready for `json.dumps`."""
        return {"schema": SCHEMA, **_plain_fields(self)}


def _plain_fields(value: Any) -> dict[str, Any]:
    return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}


def _plain(value: Any) -> Any:
    """Dataclasses, times and containers as JSON types."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value

"""What happened in a window, as counts that money can be worked out from. No money here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

MONTH_SECONDS = 30 * 86_400
GB = 1e9
ORIGINAL = "original"
SECOND = "second"


@dataclass(frozen=True)
class EntryGroup:
    """Entries alike for a bill: `entries` counts each once, `copies` the trails that record it (a mean
    may be broken).

    `category` is Management, Data, Insight or NetworkActivity; `order` original or second.
    """

    account: str
    category: str
    copies: float
    order: str
    entries: float


@dataclass(frozen=True)
class FunctionUse:
    """One log-processing function's runs and the entries that they cause (its own and its calls').

    `logged_entries` is how many copies of those go through a trail's log group; `copies` and
    `management_copies` are the trails that record its data and management entries. `memory_mb` and
    `duration_ms` are None where not known: the assumptions then stand in.
    """

    arn: str
    account: str
    invocations: float
    entries: float = 0.0
    management_entries: float = 0.0
    data_entries: float = 0.0
    logged_entries: float = 0.0
    copies: float = 1.0
    management_copies: float = 1.0
    memory_mb: float | None = None
    duration_ms: float | None = None
    arm: bool = False


@dataclass(frozen=True)
class LogGroupUse:
    """Entries that a trail sent to its CloudWatch Logs group, in the group's account."""

    arn: str
    account: str
    entries: float
    second_order_entries: float = 0.0


@dataclass(frozen=True)
class BucketUse:
    """Log files and the entry copies in them that trails delivered to a bucket's account."""

    account: str
    files: float
    entries: float
    second_order_entries: float = 0.0
    encrypted_with_kms: bool = False


@dataclass(frozen=True)
class Metered:
    """Any other use: a quantity in the unit of a price of the book, such as sqs.request."""

    price: str
    account: str
    quantity: float
    order: str = ORIGINAL
    function: str | None = None


@dataclass(frozen=True)
class Usage:
    """Everything that a window's cost follows from.

    `bytes_per_entry` is measured, else 1,900. `siem_bytes` is what a SIEM takes in (None: all
    bytes of the log groups once). `monthly_seconds_basis` is how many seconds the counts stand
    for when they are scaled to a month; None: `window_seconds`. `assumed` is what else was taken
    for granted when the counts were made, in words.
    """

    window_seconds: float
    groups: tuple[EntryGroup, ...] = ()
    functions: tuple[FunctionUse, ...] = ()
    log_groups: tuple[LogGroupUse, ...] = ()
    buckets: tuple[BucketUse, ...] = ()
    metered: tuple[Metered, ...] = ()
    bytes_per_entry: float | None = None
    siem_bytes: float | None = None
    monthly_seconds_basis: float | None = None
    assumed: tuple[str, ...] = ()

    @property
    def per_month(self) -> float:
        """What a count of this usage is multiplied with to be a month's."""
        basis = self.monthly_seconds_basis or self.window_seconds
        return MONTH_SECONDS / basis if basis > 0 else 0.0

    @property
    def second_order_share(self) -> float:
        """The share of what was ingested (else of what was recorded) that is second-order."""
        delivered = sum(group.entries for group in self.log_groups)
        if delivered > 0:
            return sum(group.second_order_entries for group in self.log_groups) / delivered
        total = sum(group.entries for group in self.groups)
        second = sum(group.entries for group in self.groups if group.order == SECOND)
        return second / total if total else 0.0


@dataclass(frozen=True)
class Assumptions:
    """What an archive cannot tell; every one can be set. Units are in the names."""

    bytes_per_entry: float = 1_900.0
    stored_share: float = 0.15
    lambda_memory_mb: float = 128.0
    lambda_duration_ms: float = 200.0
    lambda_ms_per_further_entry: float = 1.0
    logs_retention_months: float = 12.0
    s3_retention_months: float = 12.0
    insight_kinds: float = 2.0
    stream_shards: float = 1.0
    queue_requests_per_run: float = 3.0
    siem_usd_per_gb: float = 0.0

    def lines(self, usage: Usage) -> tuple[str, ...]:
        """Every assumption in words with its value, as used for `usage`."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        measured = usage.bytes_per_entry
        if measured is not None:
            given["bytes_per_entry"] = measured
        named = (f"{name} = {value:g} ({_WHY[name]})" for name, value in given.items())
        source = "measured" if measured is not None else "assumed"
        return (*named, f"bytes_per_entry is {source}", *usage.assumed, *_ALWAYS)


@dataclass(frozen=True)
class Line:
    """One quantity of one price; `counted` is False for a function's share of a counted line."""

    component: str
    price: str
    quantity: float
    account: str
    order: str
    function: str | None = None
    counted: bool = True


_WHY: Mapping[str, str] = {
    "bytes_per_entry": "one CloudTrail record, uncompressed",
    "stored_share": "stored bytes per byte delivered: logs are stored compressed",
    "lambda_memory_mb": "of functions whose memory is not known",
    "lambda_duration_ms": "a run of functions whose duration is not known",
    "lambda_ms_per_further_entry": "what a run grows by for each entry that it takes more",
    "logs_retention_months": "how long the trail's log group keeps entries",
    "s3_retention_months": "how long the trail's bucket keeps files",
    "insight_kinds": "kinds of insight that analyse each management entry, where Insights is on",
    "stream_shards": "shards of a stream that functions read",
    "queue_requests_per_run": "requests for each run that a queue starts: send, receive, delete",
    "siem_usd_per_gb": "what your SIEM takes for a GB",
}
_ALWAYS = (
    "a month is 30 days",
    "no free tier, saving plan, discount or tax is counted",
    "each account's first copy of a management entry is free",
    "storage is counted for the whole retention when the bytes arrive",
)

"""A function that a log source starts, as measured: what every way of curing it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.batching import Arrivals
from analytics.usage import Assumptions

# EventBridge's event that tells of a file in a bucket
FILE_EVENT_BYTES = 1_000.0


@dataclass(frozen=True)
class Candidate:
    """A function that a log source starts, as measured.

    `batch` is entries a run (None: the source's entries are not in the archive). A run writes
    `run_entries` records of itself (2: Invoke and InvokeExecution; 1: synchronous) and causes
    `further_entries` more, of its calls and of the functions it calls (`callees`: their runs for
    one of its runs); `further_management` of those are management entries. `routed` is the share
    of the run records that each source delivers again, `further_routed` that of the further
    entries (None: as `routed`). `copies` is how many trails record the data entries among them,
    `management_copies` the management entries. `records_kinesis` tells whether a trail records
    Kinesis data events (None: not known), `stream_routed` which share each source would deliver of
    those of a stream.
    `callees_memory_mb` is that of the functions it calls, where it is known.
    Peaks are of the busiest minute; None: worked out from runs. `filter_pattern` is that of the
    subscription filter that starts it, `role` the name of its execution role, where they are known.
    """

    function: str
    source: str
    source_kind: str
    batch: float | None
    runs_per_minute_mean: float
    runs_per_minute_peak: float
    active: bool = True
    s: float | None = None
    s_invocations: float | None = None
    run_entries: float = 2.0
    further_entries: float = 0.0
    further_management: float = 0.0
    callees: Mapping[str, float] = field(default_factory=dict)
    routed: Mapping[str, float] = field(default_factory=dict)
    further_routed: Mapping[str, float] | None = None
    copies: float = 1.0
    management_copies: float = 1.0
    peak_bytes_per_second: float | None = None
    peak_records_per_second: float | None = None
    memory_mb: float | None = None
    arm: bool = False
    callees_memory_mb: Mapping[str, float] = field(default_factory=dict)
    duration_ms: float | None = None
    behind_stream: bool = False
    records_kinesis: bool | None = None
    stream_routed: Mapping[str, float] = field(default_factory=dict)
    own_log_group: bool = False
    evidence: tuple[str, ...] = ()
    filter_pattern: str = ""
    role: str = ""

    @property
    def relieves(self) -> tuple[str, ...]:
        """The functions that it calls, to any depth."""
        return tuple(sorted(self.callees))

    @property
    def account(self) -> str:
        """The account in the function's ARN."""
        return account_of(self.function)

    @property
    def entries_per_run(self) -> float:
        """Entries that a run takes; a run counts as one entry where they are not in the archive."""
        return max(self.batch, 1e-9) if self.batch is not None else 1.0

    @property
    def entries_per_record(self) -> float:
        """Entries that one record of a stream stands for.

        A bucket's record tells of a file. CloudWatch Logs packs some entries into a record, how
        many nobody says: one is the safe side for shards, price and s.
        """
        return max(1.0, self.entries_per_run) if self.source_kind == "s3" else 1.0

    def record_bytes(self, assumptions: Assumptions) -> float:
        """Uncompressed bytes of one record of a stream."""
        return FILE_EVENT_BYTES if self.source_kind == "s3" else assumptions.bytes_per_entry

    def arrivals(self, assumptions: Assumptions) -> Arrivals:
        """What the stream must take at the busiest minute."""
        records, size = self.peak_records_per_second, self.record_bytes(assumptions)
        if records is None:
            records = self.runs_per_minute_peak / 60 * self.entries_per_run
            records /= self.entries_per_record
        load = self.peak_bytes_per_second
        return Arrivals(records * size if load is None else load, records, size)


def account_of(arn: str) -> str:
    """The account in an ARN, or unknown."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 and parts[4] else "unknown"

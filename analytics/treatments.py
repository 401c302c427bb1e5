"""What can be done about a function, and what each way makes of its runs and entries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.batching import mean_batch, most_records
from analytics.candidates import Candidate
from analytics.findings import Batch
from analytics.usage import GB, MONTH_SECONDS, SECOND, Assumptions, Metered

__all__ = [
    "Batch", "Candidate", "Effect", "Firehose", "Larger", "Queue", "Removed", "Treatment",
    "Unrecorded", "effect",
]  # fmt: skip

KINESIS_UNIT_BYTES = 25_000
FIREHOSE_UNIT_BYTES = 5_000
# A stream's poller reads each shard about once a second.
READS_PER_SHARD_SECOND = 1.0


@dataclass(frozen=True)
class Larger:
    """A larger batch where the function is: an event source mapping's size and window."""

    size: int
    window_seconds: int


@dataclass(frozen=True)
class Queue:
    """A queue filled by one run a delivery, and emptied in batches."""

    size: int
    window_seconds: int


@dataclass(frozen=True)
class Firehose:
    """A delivery stream that runs the function on what it buffered (3 MB at most)."""

    buffer_bytes: float
    window_seconds: int


@dataclass(frozen=True)
class Unrecorded:
    """No trail records the function's runs any more; it runs as before."""


@dataclass(frozen=True)
class Removed:
    """The source no longer starts the function; others that do start it as before."""

    source: str


Treatment = Batch | Larger | Queue | Firehose | Unrecorded | Removed


@dataclass(frozen=True)
class Effect:
    """What one entry of the source makes a function do: runs, own and further entries, callee runs.

    `entries_per_run` is the batch that results; `metered` a month's other use; `stream` the entries
    of calls on the stream, where a trail records them.
    """

    runs: float
    own: float
    further: float
    calling_runs: float
    entries_per_run: float
    metered: tuple[Metered, ...] = ()
    stream: float = 0.0


def effect(
    candidate: Candidate, treatment: Treatment | None, rate: float, assumptions: Assumptions
) -> Effect:
    """What the treatment makes of the function at `rate` entries a second from its source."""
    match treatment:
        case Batch():
            return _behind_stream(candidate, treatment, rate, assumptions)
        case Larger(size=size, window_seconds=window):
            return _synchronous(candidate, _gathered(candidate, size, window, 1, rate, assumptions))
        case Queue():
            return _behind_queue(candidate, treatment, rate, assumptions)
        case Firehose():
            return _behind_firehose(candidate, treatment, rate, assumptions)
        case Unrecorded():
            now = _as_is(candidate)
            return Effect(now.runs, 0.0, now.further, now.calling_runs, now.entries_per_run)
        case Removed(source=source) if source == candidate.source:
            return Effect(0.0, 0.0, 0.0, 0.0, candidate.entries_per_run)
        case Removed() | None:
            return _as_is(candidate)


def _as_is(candidate: Candidate) -> Effect:
    batch = candidate.entries_per_run
    own, further = candidate.run_entries / batch, candidate.further_entries / batch
    return Effect(1 / batch, own, further, 1 / batch, batch)


def _gathered(
    candidate: Candidate,
    size: float,
    window: float,
    count: int,
    rate: float,
    assumptions: Assumptions,
) -> float:
    """Entries a run when deliveries are gathered: the first of size, window or payload.

    The window opens with its first record, so it gathers that one and the window's arrivals.
    """
    per_record = candidate.entries_per_record
    most = min(size, most_records(candidate.record_bytes(assumptions)))
    arriving = rate / per_record / max(1, count) * window
    return per_record * mean_batch(arriving, int(most))


def _synchronous(candidate: Candidate, batch: float, *metered: Metered) -> Effect:
    """One run record a batch, and the further entries of one run."""
    further = candidate.further_entries / batch
    return Effect(1 / batch, 1 / batch, further, 1 / batch, batch, metered)


def _behind_stream(
    candidate: Candidate, batch: Batch, rate: float, assumptions: Assumptions
) -> Effect:
    gathered = _gathered(
        candidate, batch.size, batch.window_seconds, batch.shards, rate, assumptions
    )
    moved = _synchronous(candidate, gathered, *_stream_use(candidate, batch, rate, assumptions))
    fed = _stream_entries(candidate, batch, rate) if candidate.records_kinesis else 0.0
    return replace(moved, stream=fed)


def _stream_entries(candidate: Candidate, batch: Batch, rate: float) -> float:
    """PutRecord and GetRecords entries for one entry, where a trail records them."""
    reads = batch.shards * READS_PER_SHARD_SECOND / rate if rate > 0 else 0.0
    return 1 / candidate.entries_per_record + reads


def _stream_use(
    candidate: Candidate, batch: Batch, rate: float, assumptions: Assumptions
) -> tuple[Metered, ...]:
    """A month of the stream."""
    hours = MONTH_SECONDS / 3600
    records = rate / candidate.entries_per_record * MONTH_SECONDS
    size = candidate.record_bytes(assumptions)
    if batch.mode == "on_demand":
        gigabytes = records * size / GB
        return (
            _use(candidate, "kinesis.on_demand_hour", hours),
            _use(candidate, "kinesis.on_demand_in", gigabytes),
            _use(candidate, "kinesis.on_demand_out", gigabytes),
        )
    units = records * -(-size // KINESIS_UNIT_BYTES)
    return (
        _use(candidate, "kinesis.shard_hour", hours * batch.shards),
        _use(candidate, "kinesis.put_unit", units),
    )


def _behind_queue(
    candidate: Candidate, queue: Queue, rate: float, assumptions: Assumptions
) -> Effect:
    """One run a delivery fills the queue, one run a batch empties it: worse than no queue."""
    batch = _gathered(candidate, queue.size, queue.window_seconds, 1, rate, assumptions)
    now, emptied = _as_is(candidate), 1 / batch
    messages = rate / candidate.entries_per_record * MONTH_SECONDS
    requests = _use(candidate, "sqs.request", messages * (1 + 2 / min(10.0, batch)))
    further = candidate.further_entries / batch
    return Effect(now.runs + emptied, now.own + emptied, further, emptied, batch, (requests,))


def _behind_firehose(
    candidate: Candidate, stream: Firehose, rate: float, assumptions: Assumptions
) -> Effect:
    size = candidate.record_bytes(assumptions)
    most = max(1.0, stream.buffer_bytes // size)
    batch = _gathered(candidate, most, stream.window_seconds, 1, rate, assumptions)
    billed = -(-size // FIREHOSE_UNIT_BYTES) * FIREHOSE_UNIT_BYTES
    records = rate / candidate.entries_per_record * MONTH_SECONDS
    use = _use(candidate, "firehose.ingest", records * billed / GB)
    return _synchronous(candidate, batch, use)


def _use(candidate: Candidate, price: str, quantity: float) -> Metered:
    return Metered(price, candidate.account, quantity, SECOND, candidate.function)

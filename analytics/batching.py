"""How large a stream's batches become, and how large the stream must be (AWS's limits)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import pdtr, pdtrc

from analytics.findings import Batch

# Lambda takes 6 MB a batch. Bytes here are uncompressed: CloudWatch Logs sends gzip, which saves
# more than base64 and the event's own JSON add, so the limit is on the safe side.
PAYLOAD_BYTES = 6_000_000
MAX_RECORDS = 10_000
MAX_WINDOW_SECONDS = 300
SHARD_BYTES_PER_SECOND = 1_000_000
SHARD_RECORDS_PER_SECOND = 1_000
# all functions that read a stream share this
SHARD_BYTES_READ_PER_SECOND = 2_000_000
ON_DEMAND_SHARDS = 4
# Lambda's own default; fewer would make a rise of the rate start more runs at once.
LEAST_RECORDS = 100

MODES = ("auto", "on_demand", "provisioned")


@dataclass(frozen=True)
class Arrivals:
    """What arrives at the busiest time: bytes and records a second, and entries in a record."""

    bytes_per_second: float
    records_per_second: float
    record_bytes: float


def shards(arrivals: Arrivals, headroom: float, readers: int = 1) -> int:
    """Provisioned shards that take the peak, and hand it to so many functions, with `headroom` (1.25: 80 %
    full)."""
    by_bytes = arrivals.bytes_per_second / SHARD_BYTES_PER_SECOND
    by_records = arrivals.records_per_second / SHARD_RECORDS_PER_SECOND
    by_reading = arrivals.bytes_per_second * readers / SHARD_BYTES_READ_PER_SECOND
    return max(1, math.ceil(max(by_bytes, by_records, by_reading) * headroom - 1e-9))


def size_batch(
    arrivals: Arrivals, latency_seconds: float, headroom: float, mode: str, readers: int = 1
) -> Batch:
    """Batch for the latency budget: all that a shard's window brings at the peak, within limits."""
    count = shards(arrivals, headroom, readers)
    if mode == "on_demand":
        count = max(ON_DEMAND_SHARDS, count)
    window = int(min(MAX_WINDOW_SECONDS, max(0.0, latency_seconds)))
    wanted = math.ceil(arrivals.records_per_second * window / count)
    size = min(max(LEAST_RECORDS, wanted), most_records(arrivals.record_bytes))
    return Batch(size, window, count, mode)


def most_records(record_bytes: float) -> int:
    """How many records of that size a batch can hold: at least one, at most 10,000."""
    fitting = PAYLOAD_BYTES // record_bytes if record_bytes > 0 else MAX_RECORDS
    return int(max(1, min(MAX_RECORDS, fitting)))


def mean_batch(arriving: float, most: int) -> float:
    """Mean records a batch of `most`, where so many more arrive in the window after the first one.

    1 + E[min(N, most − 1)] for N ~ Poisson(arriving): where about as many arrive as fit, now the
    window ends a batch and now its size, and its mean is less than either.
    """
    room = most - 1
    if room <= 0:
        return 1.0
    ended_by_window = arriving * float(pdtr(room - 2, arriving)) if room > 1 else 0.0
    return 1.0 + ended_by_window + room * float(pdtrc(room - 1, arriving))

"""The rollups of one window, loaded once: what every step after works on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa

from analytics.archive import Archive, Delivered, Files
from analytics.extent import Stretch, extent
from analytics.series import Counts, Ints, Key, Span, counts
from analytics.warehouse import Warehouse

RUN_KEYS = (
    "function_arn",
    "trigger_kind",
    "trigger_arn",
    "caller_function_arn",
    "account_id",
    "aws_region",
    "category",
)
CALL_KEYS = (
    "caller_function_arn",
    "account_id",
    "aws_region",
    "category",
    "event_source",
    "event_name",
    "read_only",
    "target",
)
TRAFFIC_KEYS = ("account_id", "aws_region", "category", "event_source", "event_name", "read_only")
DELIVERY_KEYS = ("account_id", "aws_region", "category", "event_name", "bucket_name")

MANAGEMENT = "Management"
# Minutes of which one in eight entries has come where more will (delays are 191 s in the middle), and those before, by
# which the usual is known; entries of them that tell anything, and the part of the usual that is beyond chance.
LAST, USUAL, ENOUGH, PLENTY = 3, 30, 12, 0.4


@dataclass(frozen=True)
class RollupData:
    """Counts a minute of entries, runs, calls and deliveries; the edges and changes as rows.

    `delivered_files` counts log files by the time in their names, where they have one;
    `run_cells` and `call_cells` give for each key its place among the traffic's keys (−1 none);
    `mixed_accounts` are those of which a log file held management and data entries together; `beyond` are
    entries too far from the others to be in the span; `checked_buckets` are those that CloudTrail asked who may write
    into.
    """

    span: Span
    traffic: Counts
    runs: Counts
    calls: Counts
    deliveries: Counts
    edges: tuple[dict[str, object], ...]
    changes: tuple[dict[str, object], ...]
    delivery_evidence: tuple[tuple[str, str], ...]
    run_cells: Ints
    call_cells: Ints
    delivery_cells: Ints
    archive: Archive = field(default_factory=Archive)
    delivered_files: Files = field(default_factory=lambda: Files(np.zeros(0), {}))
    delivered_by: Delivered = field(default_factory=Delivered)
    mixed_accounts: frozenset[str] = frozenset()
    beyond: tuple[Stretch, ...] = ()
    checked_buckets: frozenset[str] = frozenset()

    @property
    def trail_buckets(self) -> frozenset[str]:
        """Buckets that CloudTrail was seen to deliver into."""
        return frozenset(str(key[4]) for key in self.deliveries.keys)

    @cached_property
    def complete(self) -> bool:
        """Whether the archive has all entries of the window's last minutes: files that come after them are there, or
        there is no lack of management events. They come minutes late, so that those of an archive that grows are
        few in the end."""
        calls = self.traffic.series("entries", self.traffic.where(lambda key: key[2] == MANAGEMENT))
        before = calls[-LAST - USUAL : -LAST].mean() if len(calls) >= LAST + USUAL else 0.0
        plenty = LAST * before >= ENOUGH and calls[-LAST:].mean() >= PLENTY * before
        return self.delivered_files.to_the_end or bool(plenty)


def load(warehouse: Warehouse, since: datetime | None, until: datetime | None) -> RollupData | None:
    """The rollups of [since, until) (naive UTC); None where the store holds no entry there."""
    days = [
        Stretch(row["first_minute"], row["last_minute"], int(row["entries"]))
        for row in warehouse.query("load_days").to_pylist()
    ]
    found = extent(days, since and _floor(since), until)
    if found is None:
        return None
    first, after = found.inside.first, found.inside.last + timedelta(minutes=1)
    start = max(first, _floor(since)) if since else first
    end = min(after, until) if until else after
    if end <= start:
        return None
    span = Span(start, -int(-(end - start) // timedelta(minutes=1)))

    def counted(view: str, keys: tuple[str, ...], *measures: str) -> Counts:
        rows = warehouse.rollup(view, ("minute", *keys, *measures), start, end)
        return counts(rows, keys, measures, span)

    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(_told, warehouse, start, end)
        traffic = counted("traffic_minutes", TRAFFIC_KEYS, "entries")
        runs = counted("run_minutes", RUN_KEYS, "runs", "executed", "throttled", "entries")
        calls = counted("call_minutes", CALL_KEYS, "entries")
        told = asked.result()
    deliveries = counts(told["load_deliveries"], DELIVERY_KEYS, ["entries"], span)
    places = {key: place for place, key in enumerate(traffic.keys)}
    return RollupData(
        span,
        traffic,
        _owned(runs),
        calls,
        deliveries,
        tuple(told["load_edges"].to_pylist()),
        tuple(told["load_changes"].to_pylist()),
        _samples(told["load_deliveries"]),
        _cells(runs, places, lambda key: (key[4], key[5], key[6], "lambda.amazonaws.com")),
        np.array([places.get(key[1:7], -1) for key in calls.keys], dtype=np.int64),
        _cells(deliveries, places, lambda key: (*key[:3], "s3.amazonaws.com", key[3])),
        beyond=found.beyond,
        checked_buckets=frozenset(told["load_checked"]["bucket_name"].to_pylist()),
        mixed_accounts=frozenset(told["load_mixed"]["account_id"].to_pylist()),
    )


def _told(warehouse: Warehouse, since: datetime, until: datetime) -> dict[str, pa.Table]:
    """What is not counted by the minute, by query."""
    within = {"since": since, "until": until}
    names = ("load_deliveries", "load_edges", "load_checked", "load_mixed")
    found = {name: warehouse.query(name, **within) for name in names}
    return found | {"load_changes": warehouse.query("load_changes", until=until)}


def _owned(runs: Counts) -> Counts:
    """A cross-account run is recorded in the caller's account too: it counts once, in the function's own
    account, unless only the other one is in the archive."""
    totals = runs.totals("runs")
    seen = {
        str(key[0]) for key, total in zip(runs.keys, totals, strict=True) if total and _at_home(key)
    }
    keep = np.array([_at_home(key) or str(key[0]) not in seen for key in runs.keys], dtype=float)
    measures = dict(runs.measures)
    for name in ("runs", "executed"):
        measures[name] = measures[name] * keep[runs.key] if len(keep) else measures[name]
    return Counts(runs.minute, runs.key, runs.keys, measures, runs.minutes)


def _at_home(key: tuple[object, ...]) -> bool:
    parts = str(key[0]).split(":")
    return len(parts) < 5 or key[4] is None or parts[4] == key[4]


def _cells(found: Counts, places: dict[Key, int], wanted: Callable[[Key], Key]) -> Ints:
    """The place of the first traffic key that begins as wanted, for each key."""
    starts: dict[Key, int] = {}
    for key, place in places.items():
        for size in range(1, 7):
            starts.setdefault(key[:size], place)
    return np.array([starts.get(wanted(key), -1) for key in found.keys], dtype=np.int64)


def _samples(delivered: pa.Table) -> tuple[tuple[str, str], ...]:
    """(bucket, event id) of some recorded deliveries."""
    rows = delivered.slice(0, 200).to_pylist()
    return tuple(
        (str(row["bucket_name"]), str(row["first_event_id"]))
        for row in rows
        if row["first_event_id"]
    )


def _floor(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)

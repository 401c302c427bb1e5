"""Entries over time for the report's chart, from the store's rollups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.findings import Findings
from analytics.warehouse import Warehouse
from reports.svg import Bucket, Mark
from stormtrail.layout import Layout

# the widest window for which a bucket of so many minutes keeps the chart under 300 points
_STEPS = (
    (timedelta(hours=5), "hour", 1, "a minute"),
    (timedelta(hours=24), "hour", 5, "5 minutes"),
    (timedelta(days=3), "hour", 15, "15 minutes"),
    (timedelta(days=12), "hour", 60, "an hour"),
)
_DAILY = ("day", 1440, "a day")
_NONE = "none"  # an empty list has no type that every engine knows


@dataclass(frozen=True)
class Timeline:
    """Buckets in order of time, without holes, and what the width of one is called."""

    buckets: tuple[Bucket, ...] = ()
    unit: str = "a minute"
    marks: tuple[Mark, ...] = ()


def timeline(layout: Layout, findings: Findings) -> Timeline:
    """The window's entries by order, with the loops' onsets; empty for an empty window."""
    window = findings.window
    if window.start is None or window.end is None:
        return Timeline()
    unit, step, words = _grain(window.end - window.start)
    rows = Warehouse.open(layout).query(
        "reports/entries_over_time",
        unit=unit,
        step_minutes=step,
        since=window.start.replace(tzinfo=None),
        until=window.end.replace(tzinfo=None),
        functions=[item.arn for item in findings.functions] or [_NONE],
        buckets=_own_buckets(findings) or [_NONE],
    )
    return Timeline(_filled(rows.to_pylist(), step), words, marks(findings))


def _own_buckets(findings: Findings) -> list[str]:
    """Buckets of loops without a function: their own deliveries are the second-order entries."""
    arns = {arn for loop in findings.loops if not loop.functions for arn in loop.sources}
    return sorted(arn.split(":::")[-1] for arn in arns)


def marks(findings: Findings) -> tuple[Mark, ...]:
    """When loops began and ended."""
    begun = [Mark(loop.onset, "storm begins") for loop in findings.loops if loop.onset]
    return (*begun, *(Mark(loop.ended, "storm ends") for loop in findings.loops if loop.ended))


def _grain(length: timedelta) -> tuple[str, int, str]:
    return next((found for widest, *found in _STEPS if length <= widest), _DAILY)  # type: ignore[return-value]


def _filled(rows: Sequence[Mapping[str, Any]], step: int) -> tuple[Bucket, ...]:
    """One bucket a step: a span without entries is a zero, not a straight line across it."""
    by_time = {row["bucket"]: row for row in rows}
    found = []
    at = min(by_time, default=None)
    while at is not None and at <= max(by_time):
        found.append(_bucket(at, by_time.get(at)))
        at += timedelta(minutes=step)
    return tuple(found)


def _bucket(at: datetime, row: Mapping[str, Any] | None) -> Bucket:
    second = row["second_order"] if row else 0
    return Bucket(at.replace(tzinfo=UTC), max(0, row["entries"] - second) if row else 0, second)

"""Entries over time, by order, in spans that suit the length of the window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from analytics.findings import Findings, Window
from dashboard import data
from dashboard.charts.base import Mark
from dashboard.charts.traffic import Bucket
from dashboard.filters import Filters
from dashboard.frame import View
from dashboard.words import actor

MOST_CHANGES = 500
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Grain:
    """A width of buckets as the queries take it, and in words."""

    unit: str
    step_minutes: int
    words: str

    @property
    def step(self) -> timedelta:
        """The width itself."""
        return timedelta(minutes=self.step_minutes)


GRAINS = (
    (timedelta(hours=12), Grain("hour", 1, "minute")),
    (timedelta(days=3), Grain("hour", 5, "5 minutes")),
    (timedelta(days=10), Grain("hour", 15, "15 minutes")),
    (timedelta(days=60), Grain("hour", 60, "hour")),
)
DAY = Grain("day", 1440, "day")


def grain(window: Window) -> Grain:
    """The finest grain that keeps a chart at some thousand points."""
    if window.start is None or window.end is None:
        return DAY
    length = window.end - window.start
    return next((fine for longest, fine in GRAINS if length <= longest), DAY)


def span(window: Window) -> dict[str, datetime]:
    """The query parameters since and until (naive UTC, as the columns are)."""
    since, until = window.start or FIRST, window.end or LAST
    return {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}


def places(filters: Filters) -> dict[str, Any]:
    """The query parameters that choose accounts and regions."""
    return {
        "accounts": list(filters.accounts),
        "all_accounts": not filters.accounts,
        "regions": list(filters.regions),
        "all_regions": not filters.regions,
    }


def buckets(view: View) -> tuple[list[Bucket], Grain]:
    """Entries by order over the shown window, and the grain that was chosen."""
    found = view.findings
    fine = grain(view.window)
    shared = {
        "unit": fine.unit,
        "step_minutes": fine.step_minutes,
        **span(view.window),
        **places(view.filters),
    }
    total = data.rows(view.store, "entries_over_time", **shared)
    caused = data.rows(view.store, "second_order_over_time", **shared, **_causes(found))
    return by_order(total, caused, fine.step), fine


def _causes(found: Findings) -> dict[str, list[str]]:
    """The query parameters that say what is second-order: functions by depth, and buckets."""
    looped = [s.arn for s in found.sources if s.kind == "s3" and s.loop is not None]
    carried = {arn for f in found.functions for arn in f.sources}
    return {
        "first_functions": [f.arn for f in found.functions if f.depth <= 1],
        "second_functions": [f.arn for f in found.functions if f.depth == 2],
        "deeper_functions": [f.arn for f in found.functions if f.depth > 2],
        "buckets": [arn.rsplit(":", 1)[-1] for arn in looped if arn not in carried],
    }


def by_order(total: pa.Table, caused: pa.Table, step: timedelta) -> list[Bucket]:
    """Joins both answers without a gap; what log processing did not cause is original."""
    orders: dict[datetime, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in caused.to_pylist():
        orders[row["bucket"]][row["depth"]] += row["entries"]
    for row in total.to_pylist():
        counts = orders[row["bucket"]]
        counts[0] = max(0, row["entries"] - sum(counts[1:]))
    if not orders:
        return []
    first, last = min(orders), max(orders)
    times = (first + number * step for number in range((last - first) // step + 1))
    return [Bucket(at, tuple(orders.get(at, (0, 0, 0, 0)))) for at in times]


def changes(view: View) -> list[dict[str, Any]]:
    """Configuration changes in the shown window and accounts, oldest first."""
    answer = data.rows(
        view.store, "configuration_changes", **span(view.window), most_rows=MOST_CHANGES
    )
    return [
        row
        for row in answer.to_pylist()
        if view.filters.takes(row["account_id"], row["aws_region"])
    ]


def marks(found: Findings, changed: Iterable[dict[str, Any]] = ()) -> list[Mark]:
    """Onsets and causes of loops, and the other configuration changes, as charts draw them."""
    causes = {loop.cause.event_id: loop.cause for loop in found.loops if loop.cause is not None}
    onsets = [
        Mark(_naive(loop.onset), f"loop {loop.id} begins ({loop.state})", "onset")
        for loop in found.loops
        if loop.onset is not None
    ]
    closed = [
        Mark(_naive(cause.event_time), f"{cause.event_name} by {actor(cause.actor)}", "cause")
        for cause in causes.values()
    ]
    others = [row for row in changed if row["event_id"] not in causes]
    return (
        onsets
        + closed
        + [
            Mark(row["event_time"], f"{row['event_name']} by {actor(row['identity_arn'])}")
            for row in others
        ]
    )


def _naive(at: datetime) -> datetime:
    """UTC without saying so, as charts and columns have it."""
    return at.astimezone(UTC).replace(tzinfo=None)

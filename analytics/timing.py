"""Times: naive UTC inside the rollups, aware UTC in findings."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(time: datetime) -> datetime:
    """A rollup's naive time as an aware one."""
    return time.replace(tzinfo=UTC)


def naive(time: datetime | None) -> datetime | None:
    """An aware time (or one already naive, taken as UTC) as a rollup's naive one."""
    return time.astimezone(UTC).replace(tzinfo=None) if time and time.tzinfo else time

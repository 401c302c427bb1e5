"""The interface of a format: it knows its files by their columns and makes records of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from ingest.times import canonical

Row = Mapping[str, Any]


class Format(Protocol):
    """One way in which rows hold CloudTrail records."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields of a record that it does not carry, for the findings' notes."""
        ...

    def matches(self, columns: frozenset[str]) -> bool:
        """Whether a file with these column names, as `plain` writes them, is of this format."""
        ...

    def record(self, row: Row) -> dict[str, Any]:
        """The record of a row. Absent where the row has null."""
        ...


def plain(name: str) -> str:
    """A name without regard to case and underscores: `event_id`, `eventID` -> `eventid`."""
    return name.replace("_", "").lower()


def _a_second(time: float) -> float:
    """What a second is in the unit of a time since 1970: seconds, milliseconds, microseconds or nanoseconds, of which
    each has more digits than the one before until the year 5138."""
    return next((unit for unit in (1, 1e3, 1e6) if abs(time) < 1e11 * unit), 1e9)


def time_text(value: Any) -> Any:
    """eventTime as CloudTrail writes it, from a timestamp, a number since 1970 or another text."""
    if isinstance(value, (int, float)):
        value = datetime.fromtimestamp(value / _a_second(value), UTC)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if not isinstance(value, datetime):
        return value
    time = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if time.microsecond:
        return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return canonical(time)


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members that have a value."""
    return {name: value for name, value in members.items() if value is not None}

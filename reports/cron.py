"""Cron expressions with the meaning that cron gives them, on APScheduler's triggers.

APScheduler counts weekdays from Monday = 0 and joins day of month and day of week by *and*;
crontab(5) counts from Sunday = 0 (or 7) and joins them by *or* where both are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from stormtrail.errors import UsageError

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# where to look for the last due time, from near to far, so that few steps lead up to now
_BACK = tuple(timedelta(hours=hours) for hours in (1, 24, 24 * 8, 24 * 32, 24 * 367, 24 * 1463))
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}


class Cron:
    """When something is due."""

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        self.expression = expression
        self._zone = _zone(timezone)
        self._trigger = _trigger(_MACROS.get(expression, expression), self._zone)
        if self.after(_ANY_TIME) is None:
            what = f"{expression!r} is never due"
            raise UsageError(what, where="--cron", hint="no such day is in any month")

    def after(self, moment: datetime) -> datetime | None:
        """The first due time later than `moment`; None where there is none any more."""
        start = moment.astimezone(self._zone) + timedelta(microseconds=1)
        found: datetime | None = self._trigger.get_next_fire_time(None, start)
        return found

    def due(self, last: datetime, now: datetime) -> datetime | None:
        """The newest due time in (last, now]: however many were missed, one is caught up."""
        for back in _BACK:
            found = self._newest(max(last, now - back), now)
            if found is not None or now - back <= last:
                return found
        return None

    def _newest(self, start: datetime, now: datetime) -> datetime | None:
        newest, found = None, self.after(start)
        while found is not None and found <= now:
            newest, found = found, self.after(found)
        return newest


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        hint = "use a name like Europe/Berlin"
        raise UsageError(
            f"no time zone is called {name!r}", where="--timezone", hint=hint
        ) from error


def _trigger(expression: str, zone: ZoneInfo) -> BaseTrigger:
    fields = expression.split()
    hint = 'five fields: minute hour day month weekday, like "0 7 * * 1"'
    if len(fields) != 5:
        raise UsageError(f"{expression!r} is no cron expression", where="--cron", hint=hint)
    try:
        minute, hour, day, month, weekday = fields
        weekdays = ",".join(_weekdays(weekday.lower()))
        shared = {"minute": minute, "hour": hour, "month": month.lower(), "timezone": zone}
        if day == "*" or weekday == "*":
            return CronTrigger(day=day, day_of_week=weekdays, **shared)
        either = [CronTrigger(day=day, **shared), CronTrigger(day_of_week=weekdays, **shared)]
        return OrTrigger(either)
    except (ValueError, IndexError) as error:
        raise UsageError(f"{expression!r}: {error}", where="--cron", hint=hint) from error


def _weekdays(field: str) -> Iterator[str]:
    """Names of the days that crontab's numbers, names, ranges and steps stand for."""
    if field == "*":
        yield "*"
        return
    chosen = {number % 7 for part in field.split(",") for number in _span(part)}
    yield from (_DAYS[number] for number in sorted(chosen))


def _span(part: str) -> range:
    days, _, step = part.partition("/")
    first, _, last = days.partition("-")
    if days == "*":
        return range(0, 7, int(step))
    start = _day(first)
    end = _day(last) if last else 6 if step else start
    return range(start, end + 7 * (end < start) + 1, int(step or 1))


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if not text.isdigit() or int(text) > 7:
        raise ValueError(f"{text!r} is no day of the week")
    return int(text)

"""From when to when a store's entries are analysed.

A single record may bear any date: it would stretch the window over centuries. Entries that lie far from most others
are left out of it, and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FAR = timedelta(days=400)  # without any entry; no archive has such a gap by itself


@dataclass(frozen=True)
class Stretch:
    """Entries of days of which none is far from the next: the first minute, the last, how many."""

    first: datetime
    last: datetime
    entries: int


@dataclass(frozen=True)
class Extent:
    """What is analysed, and what lies far from it."""

    inside: Stretch
    beyond: tuple[Stretch, ...] = ()


def extent(
    days: Sequence[Stretch], since: datetime | None, until: datetime | None
) -> Extent | None:
    """The stretch with the most entries of these days, in order of time, within [since, until); all of them
    where both are given; None where there is no entry."""
    wanted = [
        day
        for day in days
        if (since is None or day.last >= since) and (until is None or day.first < until)
    ]
    if not wanted:
        return None
    if since and until:
        return Extent(_joined(wanted))
    stretches = _stretches(wanted)
    inside = max(stretches, key=lambda found: found.entries)
    return Extent(inside, tuple(found for found in stretches if found is not inside))


def notes(beyond: Sequence[Stretch]) -> tuple[str, ...]:
    """What was left out, a sentence each."""
    return tuple(
        f"{found.entries:,} entries from {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d} lie more than {FAR.days} "
        "days from the others and are not in the window; --since and --until together analyse them."
        for found in beyond
    )


def _stretches(days: Sequence[Stretch]) -> list[Stretch]:
    found: list[list[Stretch]] = [[days[0]]]
    for day in days[1:]:
        if day.first - found[-1][-1].last > FAR:
            found.append([])
        found[-1].append(day)
    return [_joined(near) for near in found]


def _joined(days: Sequence[Stretch]) -> Stretch:
    return Stretch(days[0].first, days[-1].last, sum(day.entries for day in days))

"""How far each part of an archive was listed, so that old days are not listed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_WATCHED = timedelta(days=4)
"""How long a day is listed again, for files that come late; DOMAIN: hours, rarely days."""


@dataclass
class Bookmarks:
    """By prefix: the day before which everything is in the store.

    `known` is what earlier runs learned, `moved` what this one did, `held` the first day of each
    folder that is not all in.
    """

    known: Mapping[str, date] = field(default_factory=dict)
    moved: dict[str, date] = field(default_factory=dict)
    held: dict[str, date] = field(default_factory=dict)

    def start(self, prefix: str, since: date | None) -> date | None:
        """The first day to list; None lists all."""
        days = [day for day in (self.known.get(prefix), since) if day is not None]
        return max(days, default=None)

    def move(self, prefix: str, since: date | None, newest: date | None) -> None:
        """Says that `prefix` was listed from `start` to its end, `newest` its last day.

        Days just before `newest` may still receive late files, and days between the last
        bookmark and a later `since` were never listed: the bookmark stays before both.
        """
        known = self.known.get(prefix)
        skipped = since is not None and (known is None or since > known)
        if newest is not None and not skipped:
            self.moved[prefix] = newest - _WATCHED

    def hold(self, uri: str, day: date) -> None:
        """Says that a file of this day could not be read: its day is to be listed again."""
        folder = uri.rpartition("/")[0]
        self.held[folder] = min(day, self.held.get(folder, day))

    def settled(self) -> dict[str, date]:
        """By prefix, how far all is in, whatever could not be read."""
        return {prefix: min([day, *self._held_below(prefix)]) for prefix, day in self.moved.items()}

    def _held_below(self, prefix: str) -> list[date]:
        return [day for folder, day in self.held.items() if f"{folder}/".startswith(prefix)]

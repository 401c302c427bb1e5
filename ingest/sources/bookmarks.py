"""How far each part of an archive was listed, so that old days are not listed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ingest.sources.base import LATENESS


@dataclass
class Bookmarks:
    """By prefix: the day before which everything is in the store. `moved` is what a run learned."""

    known: Mapping[str, date] = field(default_factory=dict)
    moved: dict[str, date] = field(default_factory=dict)

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
            self.moved[prefix] = newest - LATENESS

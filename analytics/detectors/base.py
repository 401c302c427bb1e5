"""What the detectors share: their limits, what one of them finds, and words for it.

A detector is a module with one function, `find(...) -> tuple[Spell, ...]`: what it learns, it
learns from the panel that it is given. A spell becomes an `analytics.findings.Anomaly` once spells
that tell the same story are folded into one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
MAX_SCORE = 300.0


@dataclass(frozen=True)
class Limits:
    """How rare and how large a thing must be before it is worth a person's time.

    `false_per_day` is the number of false alarms a day that chance may raise, over all subjects and
    hours together (a per-family error rate: each test's limit is that divided by the tests a day).
    `settle_hours`: callers and sources of a function's first hours are not new;
    `arrivals_per_day`: a function with more newcomers than this has none worth telling;
    `newcomers_per_day`: of all functions' newcomers, no more than this are told, the rarest.
    """

    false_per_day: float = 0.05
    cold_start_hours: int = 48
    active_hours: int = 24
    excess_entries: float = 20.0
    ratio: float = 1.5
    missing_entries: float = 20.0
    settle_hours: int = 24
    arrivals_per_day: float = 0.5
    newcomers_per_day: float = 0.4
    runs_shift: float = 0.25


@dataclass(frozen=True, order=True)
class Subject:
    """One account's function, caller or source, or the account itself."""

    account: str
    kind: str
    name: str


@dataclass(frozen=True)
class Spell:
    """Something unusual of one subject in the hours `first..last` (of the panel, inclusive).

    `score` is -log10 of its chance; `amount` the entries that are too many (or missing);
    `partner` the caller or source that is new, where one is.
    """

    detector: str
    subject: Subject
    first: int
    last: int
    score: float
    explanation: str
    amount: float = 0.0
    partner: str | None = None

    def later(self, hours: int) -> Spell:
        """The same spell, counted from an hour that is `hours` earlier."""
        return replace(self, first=self.first + hours, last=self.last + hours)

    def overlaps(self, other: Spell) -> bool:
        """Whether both lie in the same hours, give or take one."""
        return self.first <= other.last + 1 and other.first <= self.last + 1


def hour_text(start: datetime, index: int) -> str:
    """`2024-05-03 14:00 UTC`, the hour `index` after `start`."""
    return (start + index * HOUR).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def safe(text: str, longest: int = 160) -> str:
    """A name out of a record, for a sentence: printable characters only, and not without end."""
    shown = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def number(value: float) -> str:
    """`1,240`, `37`, `4.2`, `0.31`: as many digits as a reader needs."""
    if value >= 10 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"

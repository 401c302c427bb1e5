"""Stretches in which a subject should have written entries and wrote almost none."""

from __future__ import annotations

import numpy as np

from analytics.detectors import rarity
from analytics.detectors.base import MAX_SCORE, Limits, Spell, Subject, hour_text, number
from analytics.detectors.panel import Counts, Panel
from analytics.detectors.season import Baseline

DETECTOR = "silence"
ARCHIVE = Subject("", "archive", "archive")
ALMOST_NONE = 0.1
# a subject with this many other silences of half the size rests now and then
USUAL_RESTS, AS_LARGE = 2, 0.5


def find(panel: Panel, baseline: Baseline, limits: Limits) -> tuple[Spell, ...]:
    """Silences of every subject, and gaps of the whole archive.

    The chance of a silence is that of so few entries where the sum of its hours' usual counts
    was expected, with the hour's dispersion: as if the hours moved together, the careful case.
    """
    tested = baseline.enough & panel.known & panel.judged
    limit = rarity.log_limit(int(tested.sum()), int(panel.judged.sum()), limits)
    found = list(_gaps(panel))
    for row in np.flatnonzero(baseline.enough[:, 0]):
        found += _of_subject(panel, baseline, int(row), limit, limits)
    return tuple(found)


def _of_subject(
    panel: Panel, baseline: Baseline, row: int, limit: float, limits: Limits
) -> list[Spell]:
    usual, seen = baseline.low[row], panel.entries[row]
    quiet = panel.known[row] & (seen <= ALMOST_NONE * usual)
    rests = [_trimmed(rest, usual) for rest in rarity.stretches(quiet)]
    sums = np.concatenate(([0.0], np.cumsum(usual)))
    missing = np.array([sums[last + 1] - sums[first] for first, last in rests])
    found = []
    for place in np.flatnonzero(missing >= limits.missing_entries):
        (first, last), size = rests[place], float(missing[place])
        if (missing >= AS_LARGE * size).sum() - 1 >= USUAL_RESTS:
            continue
        there = float(seen[first : last + 1].sum())
        spread = float(baseline.dispersion[row, first : last + 1].min())
        log_chance = float(_log_chance(there, size, spread))
        if log_chance <= limit and panel.judged[first : last + 1].any():
            found.append(_spell(panel, row, (first, last), (there, size), log_chance))
    return found


def _log_chance(seen: float, expected: float, spread: float) -> float:
    logs = rarity.log_at_most(np.array([seen]), np.array([expected]), np.array([spread]))
    return float(logs[0])


def _trimmed(rest: tuple[int, int], usual: Counts) -> tuple[int, int]:
    """Without the hours at either end in which nothing is usual anyway."""
    first, last = rest
    loud = np.flatnonzero(usual[first : last + 1] >= 1.0)
    return (first + int(loud[0]), first + int(loud[-1])) if len(loud) else rest


def _spell(
    panel: Panel, row: int, hours: tuple[int, int], counts: tuple[float, float], log_chance: float
) -> Spell:
    (first, last), (seen, expected) = hours, counts
    ending = ", and nothing until the archive's end" if last == panel.hours - 1 else ""
    words = (
        f"{number(seen)} entries in the {_hours(last - first + 1)} from "
        f"{hour_text(panel.start, first)}, where {number(expected)} are usual{ending}"
    )
    return Spell(
        DETECTOR, panel.subjects[row], first, last, rarity.score(log_chance), words, expected - seen
    )


def _gaps(panel: Panel) -> list[Spell]:
    """Hours in which not one account wrote an entry: files are missing, or logging stopped."""
    accounts = {subject.account for subject in panel.subjects if subject.kind == "account"}
    subject = Subject(only := accounts.pop(), "account", only) if len(accounts) == 1 else ARCHIVE
    what = "No account wrote an entry" if subject is ARCHIVE else "The account wrote no entry"
    return [
        Spell(
            DETECTOR,
            subject,
            first,
            last,
            MAX_SCORE,
            f"{what} in the {_hours(last - first + 1)} from {hour_text(panel.start, first)}: "
            "files are missing from the archive, or logging stopped",
        )
        for first, last in rarity.stretches(panel.gap & panel.judged)
    ]


def _hours(count: int) -> str:
    return "hour" if count == 1 else f"{count} hours"

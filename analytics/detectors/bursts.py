"""Hours in which a subject wrote far more entries than it usually does at that time."""

from __future__ import annotations

import numpy as np

from analytics.detectors import rarity
from analytics.detectors.base import Limits, Spell, hour_text, number
from analytics.detectors.panel import Counts, Flags, Panel
from analytics.detectors.season import Baseline, median

DETECTOR = "burst"
# hours of calm inside one burst, and between two that count as separate
BRIDGE, APART = 2, 24
# a subject that leaps this often has its own idea of usual
USUAL_LEAPS, HIGHER = 3, 1.25
# the least log deviation between two hours at work
HABIT_SPREAD = 0.5
LEAP_LOG_CHANCE = float(np.log(1e-4))


def find(panel: Panel, baseline: Baseline, limits: Limits) -> tuple[Spell, ...]:
    """Bursts of every subject, by the negative binomial's upper tail at the peak hour."""
    logs = _log_chances(panel, baseline, limits)
    tested = baseline.enough & panel.known & panel.judged
    limit = rarity.log_limit(int(tested.sum()), int(panel.judged.sum()), limits)
    found = []
    for row in np.flatnonzero((logs <= limit).any(axis=1)):
        for first, last in rarity.stretches((logs[row] <= limit) & panel.judged, BRIDGE):
            peak = first + int(np.argmin(logs[row, first : last + 1]))
            if not _leaps_anyway(panel.entries[row], logs[row] <= LEAP_LOG_CHANCE, first, last):
                found.append(
                    _spell(panel, baseline, int(row), (first, peak, last), logs[row, peak])
                )
    return tuple(found)


def _log_chances(panel: Panel, baseline: Baseline, limits: Limits) -> Counts:
    """S × H: ln P(this many or more), 0 where the count is not large enough to matter."""
    usual, count = baseline.high, panel.entries
    large = (count >= usual * limits.ratio) & (count >= usual + limits.excess_entries)
    large &= panel.known & baseline.enough
    logs = np.zeros(count.shape)
    logs[large] = rarity.log_at_least(count[large], usual[large], baseline.dispersion[large])
    for row in np.flatnonzero(baseline.fitful[:, 0] & large.any(axis=1)):
        logs[row, large[row]] = np.maximum(logs[row, large[row]], _by_habit(count[row])[large[row]])
    return logs


def _by_habit(entries: Counts) -> Counts:
    """H: ln P(this many or more in an hour at work), for who works now and then.

    Hours at work are taken for log-normal, fitted by median and median deviation.
    """
    logs = np.log(np.maximum(entries, 1.0))
    at_work = logs[entries > 0][None]
    middle = median(at_work)[0, 0]
    spread = max(HABIT_SPREAD, 1.4826 * float(median(np.abs(at_work - middle))[0, 0]))
    chances: Counts = rarity.log_normal_tail((logs - middle) / spread)
    return chances


def _leaps_anyway(entries: Counts, leaps: Flags, first: int, last: int) -> bool:
    """Whether the subject leapt as high at other times, often enough for leaps to be its habit."""
    others = [
        entries[low : high + 1].max()
        for low, high in rarity.stretches(leaps, APART)
        if high < first - APART or low > last + APART
    ]
    peak = entries[first : last + 1].max()
    return len(others) >= USUAL_LEAPS and peak < HIGHER * max(others)


def _spell(
    panel: Panel, baseline: Baseline, row: int, hours: tuple[int, int, int], log_chance: float
) -> Spell:
    first, peak, last = hours
    seen, usual = panel.entries[row, peak], baseline.high[row, peak]
    low, high = rarity.usual_range(usual, float(baseline.dispersion[row, peak]))
    times = (
        f"{number(seen / usual)} times the usual {number(usual)}" if usual >= 1 else "usually none"
    )
    length = f"; {last - first + 1} hours in all" if last > first else ""
    words = (
        f"{number(seen)} entries in the hour from {hour_text(panel.start, peak)}, {times} "
        f"(usual range at that hour of the week: {number(low)} to {number(high)}){length}"
    )
    over = np.maximum(panel.entries[row] - baseline.high[row], 0.0)[first : last + 1].sum()
    subject = panel.subjects[row]
    return Spell(DETECTOR, subject, first, last, rarity.score(log_chance), words, float(over))

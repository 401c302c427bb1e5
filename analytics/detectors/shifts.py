"""A function's runs that begin to write more, or fewer, entries each than they did."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.detectors import rarity
from analytics.detectors.base import Limits, Spell, hour_text, number
from analytics.detectors.panel import Counts, Panel
from analytics.detectors.season import QUANTILES, Baseline, median, quantile

DETECTOR = "entries_per_run"
LEAST_RUNS = 5
MOST_HOURS = 6  # that are taken together to have as many
LEAST_HOURS = 3
BRIDGE = 2
# an hour's ratio is never known better than this, relative and per run
RELATIVE_NOISE, RUN_NOISE = 0.05, 0.05
DEVIATIONS = 3.0


def find(panel: Panel, baseline: Baseline, limits: Limits) -> tuple[Spell, ...]:
    """Shifts of at least three hours, or of hours taken together, with enough runs, by at least `limits.runs_shift`.

    The hours' ratios scatter around their median with variance φ/runs + (5 %)²; φ comes from
    quantiles of the residuals. The stretch's z is Stouffer's sum over its hours.
    """
    functions = [row for row, subject in enumerate(panel.subjects) if subject.kind == "function"]
    hours = int(panel.judged.sum())
    limit = rarity.log_limit(len(functions) * hours, hours, limits)
    found: list[Spell] = []
    for row in functions:
        if baseline.enough[row, 0]:
            found += _of_function(panel, row, limit, limits)
    return tuple(found)


def _of_function(panel: Panel, row: int, limit: float, limits: Limits) -> list[Spell]:
    starts, ends = _blocks(panel.runs[row])
    if len(starts) < limits.active_hours:
        return []
    so_far = np.cumsum(
        [np.zeros(2), *zip(panel.runs[row], panel.entries[row], strict=True)], axis=0
    )
    runs, entries = (so_far[ends + 1] - so_far[starts]).T
    ratios = entries / runs
    usual = float(median(ratios[None])[0, 0])
    deviations = (ratios - usual) / _noise(ratios, runs, usual)
    found = []
    for sign in (1.0, -1.0):
        # the least shift worth telling, in the direction looked at
        far = (sign * deviations >= DEVIATIONS) & (sign * (ratios / usual - 1) >= limits.runs_shift)
        for low, high in rarity.stretches(far, BRIDGE):
            log_chance = float(rarity.log_normal_tail(_stouffer(sign * deviations[low : high + 1])))
            hours = (int(starts[low]), int(ends[high]))
            lasting = high - low + 1 >= LEAST_HOURS and panel.judged[hours[0] : hours[1] + 1].any()
            if lasting and log_chance <= limit:
                found.append(_spell(panel, row, hours, (usual, ratios), log_chance))
    return found


def _blocks(runs: Counts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last hours of stretches with enough runs each; a function that runs seldom has them in some hours."""
    found: list[tuple[int, int]] = []
    first, total = -MOST_HOURS, 0.0
    for hour in map(int, np.flatnonzero(runs)):
        if total == 0 or hour - first >= MOST_HOURS:
            first, total = hour, 0.0
        total += float(runs[hour])
        if total >= LEAST_RUNS:
            found.append((first, hour))
            total = 0.0
    starts, ends = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return starts, ends


def _noise(ratios: Counts, runs: Counts, usual: float) -> Counts:
    """The standard deviation of each hour's ratio."""
    scaled = ((ratios - usual) ** 2 * runs)[None]
    spread = max(float(quantile(scaled, share)[0, 0]) / reach**2 for share, reach in QUANTILES)
    noise: Counts = np.sqrt(max(spread, RUN_NOISE) / runs + (RELATIVE_NOISE * usual) ** 2)
    return noise


def _stouffer(deviations: Counts) -> float:
    return float(deviations.sum() / np.sqrt(len(deviations)))


def _spell(
    panel: Panel, row: int, hours: tuple[int, int], ratios: tuple[float, Counts], log_chance: float
) -> Spell:
    first, last = hours
    usual, all_ratios = ratios
    span = slice(first, last + 1)
    seen = panel.entries[row, span].sum() / panel.runs[row, span].sum()
    low, high = (float(quantile(all_ratios[None], share)[0, 0]) for share in (0.01, 0.99))
    words = (
        f"{number(seen)} entries per run from {hour_text(panel.start, first)} for "
        f"{last - first + 1} hours, {number(seen / usual)} times the usual {number(usual)} "
        f"(usual range: {number(low)} to {number(high)})"
    )
    amount = abs(seen - usual) * float(panel.runs[row, span].sum())
    return Spell(
        DETECTOR, panel.subjects[row], first, last, rarity.score(log_chance), words, amount
    )

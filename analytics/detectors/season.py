"""What is usual for a subject at an hour, learned robustly from the archive itself.

Expected counts are a profile over the hours of the day times a factor for each day of the week,
both from values clipped at some robust deviations from the median (a one-step Huber estimate;
Huber, "Robust Statistics", 1981), so that a storm in the archive does not become its own
excuse. Counts scatter as a negative binomial, variance = μ + αμ². α is matched to the quantiles
of the residuals rather than to their variance, again so that the unusual hours do not widen what
counts as usual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detectors.base import Limits
from analytics.detectors.panel import Counts, Flags, Panel

DAY, WEEK = 24, 168
CLIP = 5.0
# half a count in a profile's cell that was always empty: what was never seen has some chance
UNSEEN = 0.5
LEAST_DISPERSION = 0.02
# |z| of a normal distribution at these shares of its mass
QUANTILES = ((0.8, 1.2816), (0.95, 1.96))


@dataclass(frozen=True)
class Baseline:
    """Usual entries of S subjects in H hours.

    high, low   S × H: the expected count, where weeks differ the larger and the smaller candidate
    dispersion  S × H: α of the negative binomial; larger where little history says what is usual
    enough      S × 1: whether there is enough history to judge by
    fitful      S × 1: whether the subject rests in most hours of its busy time, like a person
    """

    high: Counts
    low: Counts
    dispersion: Counts
    enough: Flags
    fitful: Flags


def learn(panel: Panel, limits: Limits) -> Baseline:
    """The baseline of the panel's entries, from its known hours."""
    shown = np.where(panel.known, panel.entries, np.nan)
    clock = (panel.start.weekday() * DAY + panel.start.hour + np.arange(panel.hours)) % WEEK
    expected = _profile(shown, clock % DAY)
    expected = expected * _weekday_factors(shown, expected, clock // DAY)
    same_hour = _other_weeks(shown)
    low = np.fmin(expected, same_hour)
    active = (panel.entries > 0).sum(axis=1, keepdims=True)
    span = panel.known.sum(axis=1, keepdims=True)
    enough = (span >= limits.cold_start_hours) & (active >= limits.active_hours)
    high = np.fmax(expected, same_hour)
    dispersion = _dispersion(shown, expected) + _doubt(shown, high)
    return Baseline(high, low, dispersion, enough, _fitful(shown, expected))


def _profile(shown: Counts, slots: NDArray[np.int64]) -> Counts:
    """S × H: the usual value of each hour's slot."""
    expected = np.zeros(shown.shape)
    for slot in np.unique(slots):
        columns = np.flatnonzero(slots == slot)
        expected[:, columns] = _location(shown[:, columns])
    return expected


def _location(sample: Counts) -> Counts:
    """S × 1: the mean of each row after clipping; never quite zero."""
    middle = median(sample)
    spread = 1.4826 * median(np.abs(sample - middle))
    reach = CLIP * np.maximum(spread, np.sqrt(np.maximum(middle, 1.0)))
    count = np.isfinite(sample).sum(axis=1, keepdims=True)
    total = np.nansum(np.clip(sample, middle - reach, middle + reach), axis=1, keepdims=True)
    result: Counts = (total + np.where(total < UNSEEN, UNSEEN, 0.0)) / np.maximum(count, 1)
    return result


def _weekday_factors(shown: Counts, expected: Counts, weekday: NDArray[np.int64]) -> Counts:
    """S × H: how each day of the week compares with the profile; 1 where it was seen only once."""
    factors = np.ones(shown.shape)
    for day in np.unique(weekday):
        columns = np.flatnonzero(weekday == day)
        pieces = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
        if len(pieces) < 2:
            continue
        ratios = [_ratio(shown[:, piece], expected[:, piece]) for piece in pieces]
        factor = median(np.hstack(ratios))
        factors[:, columns] = np.where(np.isfinite(factor), np.maximum(factor, 0.01), 1.0)
    return factors


def _ratio(shown: Counts, expected: Counts) -> Counts:
    """S × 1: seen over expected in one day; nan where less than half of it is known."""
    there = np.isfinite(shown)
    usual = np.where(there, expected, 0.0).sum(axis=1, keepdims=True)
    seen = np.nansum(shown, axis=1, keepdims=True)
    enough = there.mean(axis=1, keepdims=True) >= 0.5
    return np.where(enough & (usual > 0), seen / np.maximum(usual, 1e-9), np.nan)


def _other_weeks(shown: Counts) -> Counts:
    """S × H: the median of the same hour in the other weeks; nan with fewer than two of them."""
    rows, hours = shown.shape
    weeks = -(-hours // WEEK)
    padded = np.full((rows, weeks * WEEK), np.nan)
    padded[:, :hours] = shown
    stacked = padded.reshape(rows, weeks, WEEK)
    result = np.full(stacked.shape, np.nan)
    for week in range(weeks):
        others = np.delete(stacked, week, axis=1).transpose(0, 2, 1)
        middle = median(others)[..., 0]
        seen = np.isfinite(others).sum(axis=2) >= 2
        result[:, week, :] = np.where(seen, middle, np.nan)
    return result.reshape(rows, weeks * WEEK)[:, :hours]


def _dispersion(shown: Counts, expected: Counts) -> Counts:
    """S × 1: the α at which the stated shares of residuals lie within their normal quantiles.

    |x − μ| ≤ c·sqrt(μ + αμ²) is α ≥ ((x − μ)²/c² − μ)/μ²: the α wanted is a quantile of that.
    """
    busy = np.where(expected >= np.minimum(1.0, _row_max(expected) / 2), shown, np.nan)
    found = np.full((len(shown), 1), LEAST_DISPERSION)
    for share, reach in QUANTILES:
        needed = ((busy - expected) ** 2 / reach**2 - expected) / np.maximum(expected, 1e-9) ** 2
        found = np.fmax(found, quantile(needed, share))
    return found


def _doubt(shown: Counts, expected: Counts) -> Counts:
    """S × H: the relative variance of a mean of as many counts as there are days.

    Gelman et al., "Bayesian Data Analysis": the predictive law of a Poisson count whose mean is
    known from n counts is a negative binomial of α = 1/(nμ).
    """
    days = np.maximum(np.isfinite(shown).sum(axis=1, keepdims=True) / DAY, 1.0)
    doubt: Counts = 1.0 / (days * np.maximum(expected, UNSEEN))
    return doubt


def _fitful(shown: Counts, expected: Counts) -> Flags:
    busy = np.where(expected >= _row_max(expected) / 2, shown, np.nan)
    fitful: Flags = median(busy) == 0
    return fitful


def _row_max(values: Counts) -> Counts:
    result: Counts = values.max(axis=1, keepdims=True, initial=0.0)
    return result


def median(values: Counts) -> Counts:
    """The median over the last axis, kept, without nan; nan where there is nothing else."""
    return (quantile(values, 0.5, "lower") + quantile(values, 0.5, "upper")) / 2


def quantile(values: Counts, share: float, side: str = "lower") -> Counts:
    """An order statistic over the last axis, kept, without nan (numpy's warns of empty rows)."""
    if values.shape[-1] == 0:
        return np.full((*values.shape[:-1], 1), np.nan)
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(values).sum(axis=-1, keepdims=True)
    place = (count - 1) * share
    place = np.floor(place) if side == "lower" else np.ceil(place)
    index = np.clip(place, 0, None).astype(np.int64)
    return np.take_along_axis(ordered, index, axis=-1)

"""How unlikely a count is, and how unlikely it must be when many are looked at.

Negative binomial of mean μ and dispersion α (variance μ + αμ²), in the parametrization of Cameron
and Trivedi, "Regression Analysis of Count Data" (NB2). Chances are natural logarithms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analytics.detectors.base import MAX_SCORE, Limits
from analytics.detectors.panel import Counts, Flags


def _distribution(mean: Counts, dispersion: Counts) -> Any:
    size = 1.0 / dispersion
    return stats.nbinom(size, size / (size + mean))


def log_at_least(count: Counts, mean: Counts, dispersion: Counts) -> Counts:
    """ln P(X ≥ count)."""
    return _floored(_distribution(mean, dispersion).logsf(count - 1))


def log_at_most(count: Counts, mean: Counts, dispersion: Counts) -> Counts:
    """ln P(X ≤ count)."""
    return _floored(_distribution(mean, dispersion).logcdf(count))


def usual_range(mean: float, dispersion: float) -> tuple[int, int]:
    """The counts between which 98 of 100 hours lie."""
    law = _distribution(np.array([mean]), np.array([dispersion]))
    low, high = law.ppf([0.01, 0.99])
    return int(low), int(high)


def log_limit(tests: int, judged_hours: int, limits: Limits) -> float:
    """ln of the chance below which one of `tests` tests counts.

    Bounds the expected number of false alarms over the family of all tests (Bonferroni's
    inequality needs no independence), so the number does not grow with subjects or days.
    """
    return float(np.log(limits.false_per_day * max(judged_hours, 1) / 24 / max(tests, 1)))


def score(log_chance: float) -> float:
    """-log10 of a chance, bounded and rounded."""
    return round(min(MAX_SCORE, float(-log_chance / np.log(10))), 2)


def _floored(logs: Counts) -> Counts:
    floored: Counts = np.maximum(logs, -MAX_SCORE * np.log(10))
    return floored


def stretches(flags: Flags, bridge: int = 0) -> list[tuple[int, int]]:
    """The runs of true in a row as (first, last); runs at most `bridge` false apart are one."""
    places: NDArray[np.int64] = np.flatnonzero(flags)
    if not len(places):
        return []
    pieces = np.split(places, np.flatnonzero(np.diff(places) > bridge + 1) + 1)
    return [(int(piece[0]), int(piece[-1])) for piece in pieces]

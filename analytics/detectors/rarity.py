"""How unlikely a count is, and how unlikely it must be when many are looked at.

Negative binomial of mean μ and dispersion α (variance μ + αμ²), in the parametrization of Cameron
and Trivedi, "Regression Analysis of Count Data" (NB2). Chances are natural logarithms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.detectors.base import MAX_SCORE, Limits
from analytics.detectors.panel import Counts, Flags

# Of scipy, the special functions alone: its laws (`scipy.stats`) take a quarter of a second to import.


def _law(mean: Counts, dispersion: Counts) -> tuple[Counts, Counts]:
    """Its size 1/α and its probability."""
    size = 1.0 / dispersion
    return size, size / (size + mean)


def log_at_least(count: Counts, mean: Counts, dispersion: Counts) -> Counts:
    """ln P(X ≥ count)."""
    size, chance = _law(mean, dispersion)
    least = np.ceil(count)
    tail = special.betainc(np.maximum(least, 1.0), size, 1.0 - chance)
    return _log(np.where(least > 0, tail, 1.0))


def log_at_most(count: Counts, mean: Counts, dispersion: Counts) -> Counts:
    """ln P(X ≤ count)."""
    size, chance = _law(mean, dispersion)
    return _log(special.betainc(size, np.floor(count) + 1.0, chance))


def usual_range(mean: float, dispersion: float) -> tuple[int, int]:
    """The counts between which 98 of 100 hours lie."""
    size, chance = _law(np.array(mean), np.array(dispersion))
    low, high = (_least_count(share, float(size), float(chance)) for share in (0.01, 0.99))
    return low, high


def _least_count(share: float, size: float, chance: float) -> int:
    """The least count that so many are not above."""
    found = max(0, int(np.ceil(special.nbdtrik(share, size, chance))))
    below = found > 0 and special.betainc(size, found, chance) >= share
    return found - 1 if below else found


def log_normal_tail(deviations: Counts | float) -> Counts:
    """ln P(Z ≥ deviations) of a standard normal Z."""
    return np.asarray(special.log_ndtr(-np.asarray(deviations)))


def log_limit(tests: int, judged_hours: int, limits: Limits) -> float:
    """ln of the chance below which one of `tests` tests counts.

    Bounds the expected number of false alarms over the family of all tests (Bonferroni's
    inequality needs no independence), so the number does not grow with subjects or days.
    """
    return float(np.log(limits.false_per_day * max(judged_hours, 1) / 24 / max(tests, 1)))


def score(log_chance: float) -> float:
    """-log10 of a chance, bounded and rounded."""
    return round(min(MAX_SCORE, float(-log_chance / np.log(10))), 2)


def _log(chances: Counts) -> Counts:
    """Logarithms, of no chance at all that of the highest score."""
    return np.asarray(np.log(np.maximum(chances, 10.0**-MAX_SCORE)))


def stretches(flags: Flags, bridge: int = 0) -> list[tuple[int, int]]:
    """The runs of true in a row as (first, last); runs at most `bridge` false apart are one."""
    places: NDArray[np.int64] = np.flatnonzero(flags)
    if not len(places):
        return []
    pieces = np.split(places, np.flatnonzero(np.diff(places) > bridge + 1) + 1)
    return [(int(piece[0]), int(piece[-1])) for piece in pieces]

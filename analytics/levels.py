"""Do the entries that a source may deliver explain its runs, minute by minute and in level?

A function that takes entries one by one runs once for each, until as many runs as it can have are under
way; then what waits goes together. So in minute t runs are Poisson of mean min(r · Σ_k w_k · E(t − k), c):
E counts the entries delivered, w is the delivery delay's distribution (log-normal, a priori near the usual
one), c what the function can do, and r the runs an entry: one a function, or fewer where entries come in
batches. While r is one the level itself tells what a source is fed, which the movement of the counts alone
seldom does: the entries that a loop writes in two accounts move together.

Source: an INAR process with a ceiling (Kirchner 2016, "Hawkes and INAR(∞) processes"), fitted by its
Poisson likelihood over a grid; likelihoods are compared after division by the dispersion (quasi-likelihood,
Wedderburn 1974). Times are minutes, rates runs a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from analytics import ceilings
from analytics.lags import (
    MEDIAN_MINUTES,
    SIGMA,
    SMOOTH,
    delivered_span,
    lagged_with_before,
    log_normal_kernel,
)
from analytics.series import Floats

MEDIANS = np.geomspace(1.5, 7.0, 8)  # minutes
SIGMAS = (0.2, 0.45, 0.8)
SPREAD = 0.2  # how far delays stray from the usual one, in logarithms
ONE_BY_ONE: tuple[float, ...] = (1.0,)
IN_BATCHES = (*tuple(float(ratio) for ratio in np.geomspace(0.001, 1.0, 25)), 1.4, 2.0, 2.8, 4.0)
AGAIN = tuple(float(ratio) for ratio in np.geomspace(0.1, 4.0, 16))
MOST_MINUTES = 2_880
LEAST_MINUTES = 10

_SHAPES = [(float(median), sigma) for median in MEDIANS for sigma in SIGMAS]
_KERNELS = np.stack([log_normal_kernel(*shape) for shape in _SHAPES], axis=1)
_PRIORS = [
    -0.5 * ((np.log(median / MEDIAN_MINUTES) / SPREAD) ** 2 + ((sigma - SIGMA) / SPREAD) ** 2)
    for median, sigma in _SHAPES
]


@dataclass(frozen=True)
class Fit:
    """The likeliest model: log-likelihood a minute, log-weight of its delay beforehand, runs an entry and
    function, and variance over mean where its ceiling is not reached."""

    likelihood: Floats
    prior: float
    ratio: float
    dispersion: float

    @property
    def total(self) -> float:
        """Log-likelihood of the whole span with the delay's weight."""
        return float(self.likelihood.sum()) + float(self.prior)


def span(runs: Floats) -> tuple[int, int]:
    """The minutes that are fitted: those in which the source is active, the first two days of them, but not
    the one in which the runs begin."""
    first, last = delivered_span(runs)
    return first + 1, min(last, first + 1 + MOST_MINUTES)


def fit(
    runs: Floats,
    delivered: Floats,
    functions: int,
    ratios: Sequence[float],
    minutes: tuple[int, int],
) -> Fit | None:
    """The likeliest way in which `delivered` entries a minute started these runs of so many functions in
    these minutes, at one of the `ratios` (runs an entry and function); None where the minutes are too few."""
    first, last = minutes
    if last - first < LEAST_MINUTES:
        return None
    observed = runs[first:last]
    levels = lagged_with_before(delivered[:last])[first:] @ _KERNELS
    tops = ceilings.ceilings(observed)
    of_functions = [ratio * functions for ratio in ratios]
    scores = np.stack(
        [
            prior + ceilings.scores(observed, level, of_functions, tops)
            for prior, level in zip(_PRIORS, np.ascontiguousarray(levels.T), strict=True)
        ]
    )
    place, top, at = map(int, np.unravel_index(np.argmax(scores), scores.shape))
    ceiling, ratio = tops[top], ratios[at]
    expected = ceilings.expected(levels[:, place], ratio * functions, ceiling)
    spread = ceilings.dispersion(observed, expected, ceiling)
    return Fit(ceilings.likelihood(observed, expected), float(_PRIORS[place]), ratio, spread)


def unrelated(runs: Floats, own: Floats, functions: int, minutes: tuple[int, int]) -> float:
    """Log-likelihood of these runs by what they were like themselves half an hour around, or minutes before
    (by `own`, the entries that they wrote): the better of both."""
    first, last = minutes
    observed = runs[first:last]
    usual = np.maximum(uniform_filter1d(observed, SMOOTH, mode="nearest"), ceilings.LEAST)
    alone = float(ceilings.likelihood(observed, usual).sum())
    again = fit(runs, own, functions, AGAIN, minutes)
    return max(alone, again.total) if again else alone

"""Runs that follow entries up to a ceiling: Poisson of mean min(r · D, c) a minute.

D are the entries delivered in a minute, r the runs that one starts, c what a function can do: what comes
beyond that waits and goes together (a throttled function, a poller at its concurrency). Log-likelihoods
leave out what does not depend on the model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter1d

from analytics.series import Floats

QUANTILES = (0.3, 0.6, 0.9)  # of the runs' moving mean
LEAST = 1e-2  # runs a minute that come from nowhere
LEAST_MINUTES = 10
BELOW = 0.9


def ceilings(observed: Floats) -> list[float]:
    """Ceilings that these runs may have: quantiles of their mean over five minutes, and none."""
    usual = uniform_filter1d(observed, min(5, len(observed)))
    return [*(float(value) for value in np.quantile(usual, QUANTILES)), np.inf]


def expected(level: Floats, ratio: float, ceiling: float) -> Floats:
    """Mean runs a minute, of entries delivered a minute."""
    return np.asarray(np.maximum(np.minimum(ratio * level, ceiling), LEAST))


def likelihood(observed: Floats, mean: Floats) -> Floats:
    """Poisson log-likelihood a minute."""
    return np.asarray(observed * np.log(mean) - mean)


def scores(
    observed: Floats, level: Floats, ratios: Sequence[float], ceilings: Sequence[float]
) -> Floats:
    """The likelihood of all minutes at the mean `expected`, by ceiling (rows) and ratio (columns).

    Minutes in the order of their levels: those below a floor, those that the ratio tells and those above the ceiling
    are each a stretch, of which running sums tell the likelihood.
    """
    order = np.argsort(level)
    seen, delivered = observed[order], level[order]
    logs = seen * np.log(np.maximum(delivered, np.finfo(float).tiny))
    runs, entries, logged = (
        np.concatenate([[0.0], np.cumsum(each)]) for each in (seen, delivered, logs)
    )
    ratio, top = np.asarray(ratios), np.maximum(np.asarray(ceilings), LEAST)[:, np.newaxis]
    low = np.searchsorted(delivered, LEAST / ratio)
    high = np.maximum(low, np.searchsorted(delivered, top / ratio))
    top = np.where(np.isfinite(top), top, 1.0)  # no minute is above it
    told = logged[high] - logged[low] + np.log(ratio) * (runs[high] - runs[low])
    chance = np.log(LEAST) * runs[low] + told + np.log(top) * (runs[-1] - runs[high])
    mean = LEAST * low + ratio * (entries[high] - entries[low]) + top * (len(seen) - high)
    return np.asarray(chance - mean)


def dispersion(observed: Floats, mean: Floats, ceiling: float) -> float:
    """Variance over mean in the minutes below the ceiling; 1 where they are few."""
    below = mean < BELOW * ceiling
    if below.sum() < LEAST_MINUTES:
        return 1.0
    return float(np.mean((observed[below] - mean[below]) ** 2 / mean[below]))

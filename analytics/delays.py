"""How long entries take to start runs: a posterior over log-normal delays.

Each delay of a grid is weighted by how likely it makes the runs (Poisson, below a ceiling, at the best ratio
for each; divided by the dispersion, since runs come in clumps) and by how near it is to the usual one. A
source at its ceiling does not move with what it is given, so that it leaves the delay as it was before; one
that moves or grows tells it. Where whole files come at once, each after a delay of its own, the runs of a minute
have little to do with any one before, and the longest delay would seem likeliest, for it is the smoothest.
Source: Bayes' rule on a grid; Wedderburn 1974 for the quasi-likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from analytics import ceilings
from analytics.lags import (
    LAGS,
    SIGMA,
    SMOOTH,
    delivered_span,
    lagged,
    lagged_with_before,
    log_normal_kernel,
)
from analytics.series import Floats

MEANS = np.geomspace(0.8, 14.0, 20)  # minutes
# Minutes: between the 3.6 of the archive that was seen and the "average of about 5" of AWS.
USUAL_MEAN = 4.2
SIGMAS = (0.2, 0.45, 0.8, 1.2)
PRIOR = (
    0.2  # how far a delay may be from the usual one, in logarithms, before the counts must show it
)
RATIOS = np.geomspace(
    0.9, 8.0, 12
)  # of the runs an entry over all: below the ceiling there are more
MOST_MINUTES = 2_880
MOVES = 12.0  # log-likelihood, by which they must go with what is delivered, and not with the mean of all before alone
TELLS = 0.7  # of the spread beforehand: what is left of it where the counts tell the delay

# By their means, for it is the mean that a ratio depends on: what comes in lumps, as the entries of one file do, looks
# like a delay that is spread widely, and not like a longer one.
_SHAPES = [(float(mean), sigma) for mean in MEANS for sigma in SIGMAS]
KERNELS = np.stack(
    [log_normal_kernel(mean * np.exp(-(sigma**2) / 2), sigma) for mean, sigma in _SHAPES], axis=1
)
_PRIORS = np.array(
    [
        -0.5 * ((np.log(mean / USUAL_MEAN) / PRIOR) ** 2 + ((sigma - SIGMA) / PRIOR) ** 2)
        for mean, sigma in _SHAPES
    ]
)


@dataclass(frozen=True)
class Delay:
    """Weights of the grid's delays (`KERNELS[LAGS, G]`), which add up to 1."""

    weights: Floats

    @property
    def kernel(self) -> Floats:
        """The mean distribution: its part in each minute, LAGS of them."""
        return np.asarray(KERNELS @ self.weights)

    @property
    def spread(self) -> float:
        """Standard deviation of the mean delay, in minutes."""
        means = np.arange(LAGS) @ KERNELS
        return float(np.sqrt(self.weights @ (means - self.weights @ means) ** 2))

    @property
    def told(self) -> bool:
        """Whether the counts tell the delay, and not only what is usual."""
        return self.spread < TELLS * USUAL.spread

    def spread_of(self, values: Floats) -> float:
        """Standard deviation of the logarithm of what is `values[G]` at each delay."""
        logs = np.log(np.maximum(values, 1e-9))
        return float(np.sqrt(self.weights @ (logs - self.weights @ logs) ** 2))


def _weighted(scores: Floats) -> Delay:
    weights = np.exp(scores - scores.max())
    return Delay(np.asarray(weights / weights.sum()))


USUAL = _weighted(_PRIORS)


def delay(
    runs: Floats, delivered: Floats, own: Floats | None = None, *, complete: bool = False
) -> Delay:
    """The delay from `delivered` entries a minute to the runs that they start.

    `own` are those among them that the runs wrote: in the very minute of a run they move with it exactly, and
    would speak for any delay so short. `complete` says that the archive has all of the window's last minutes.
    """
    first, last = delivered_span(runs, complete)
    last = min(last, first + MOST_MINUTES)
    if last - first < LAGS or not delivered.any():
        return USUAL
    columns = (
        lagged_with_before(delivered[:last])[first:]
        if first < LAGS
        else lagged(delivered, first, last)
    )
    if own is not None:
        columns[:, 0] = np.maximum(columns[:, 0] - own[first:last], 0.0)
    observed = runs[first:last]
    scores, spread = _scores(observed, columns @ KERNELS)
    before = columns[:, 1:].mean(axis=1)
    smoothed = uniform_filter1d(before, SMOOTH, mode="nearest", origin=SMOOTH // 2)
    unmoved, _ = _scores(observed, np.stack([before, smoothed], axis=1))
    if scores.max() < unmoved.max() + MOVES * spread:
        return USUAL
    return _weighted(scores / spread + _PRIORS)


def _scores(observed: Floats, levels: Floats) -> tuple[Floats, float]:
    """Log-likelihood of each delay, at its best ratio and ceiling, and the dispersion of the best, 1 at least."""
    scores = np.full(levels.shape[1], -np.inf)
    top, spread = -np.inf, 1.0
    limits = ceilings.ceilings(observed)
    for place, level in enumerate(levels.T):
        usual = observed.sum() / max(level.sum(), 1e-9)
        for ceiling in limits:
            for ratio in (1.0,) if np.isinf(ceiling) else RATIOS:
                mean = ceilings.expected(level, usual * ratio, ceiling)
                found = float(ceilings.likelihood(observed, mean).sum())
                scores[place] = max(scores[place], found)
                if found > top:
                    top, spread = found, ceilings.dispersion(observed, mean, ceiling)
    return scores, max(1.0, spread)

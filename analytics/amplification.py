"""How many runs one delivered entry starts, with an interval: s aligned by the delivery delay.

Model: runs in minute t have mean r · Σ_k w_k · E(t − k), where E counts the entries delivered, w is the
delivery delay's distribution in minutes (Σ w = 1) and r is the branching ratio wanted (an INAR(p)
process, Kirchner 2016, "Hawkes and INAR(∞) processes"). w is fitted by non-negative least squares on
both series less their moving mean, so that neither growth nor the day's rhythm is taken for delay; where
the span is too short for that, as in a storm that explodes within the hour, a log-normal w of greatest
Poisson likelihood takes its place: growth makes the level itself tell the delay. r is the ratio of sums
over the span where the source is active, so it needs no linear model of batching.
Its interval is a moving-block bootstrap (Künsch 1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.stats import lognorm

from analytics.regression import non_negative

Floats = NDArray[np.float64]

LAGS = 16  # minutes; a delivery later than that is an outage
SMOOTH = 31  # minutes of the moving mean that is taken away
# One real archive: median 191 s, 99th percentile 542 s; the shape is log-normal.
MEDIAN_MINUTES, SIGMA = 191 / 60, np.log(542 / 191) / 2.326
MINIMUM_MINUTES = 60
FOLD = 15  # minutes
MINIMUM_RUNS = 200  # for a likelihood
MEDIANS = np.geomspace(1, 12, 30)  # minutes
PRIOR = (
    0.12  # how far a delay may be from the usual one, in logarithms, before the counts must show it
)
SIGMAS = (0.05, 0.2, 0.45, 0.8, 1.2)
GOOD_FIT = 0.3
RESAMPLES = 400
STRAGGLERS = 0.05  # of the usual runs an entry, where the link does not hold (any more)


@dataclass(frozen=True)
class Estimate:
    """A ratio with its 95 % interval; the delay's distribution `kernel[LAGS]` in minutes; the active span."""

    ratio: float
    interval: tuple[float, float]
    kernel: Floats
    correlation: float
    delivered: float
    started: float
    first: int
    last: int

    @property
    def delay_seconds(self) -> float | None:
        """Mean delay from an entry to the run it starts; None where the counts do not tell."""
        if self.correlation < GOOD_FIT:
            return None
        return float(60 * (np.arange(LAGS) @ self.kernel))


def log_normal_kernel(median_minutes: float, sigma: float) -> Floats:
    """A log-normal delay by minute, entries spread evenly over their own minute."""
    offsets = (np.arange(6) + 0.5) / 6
    edges = np.maximum(np.arange(LAGS + 1)[:, None] - offsets, 0)
    weight = np.diff(lognorm.cdf(edges, sigma, scale=median_minutes), axis=0).mean(axis=1)
    return np.asarray(weight / max(weight.sum(), 1e-12))


def usual_kernel() -> Floats:
    """The distribution of delivery delays where the counts do not tell."""
    return log_normal_kernel(MEDIAN_MINUTES, SIGMA)


def likely_kernel(
    runs: Floats, delivered: Floats, own: Floats | None = None
) -> tuple[Floats, float]:
    """The mean of log-normal delays, each weighted by how likely it makes Poisson runs of mean r · w * E (r
    at its best for each) and how near it is to the usual delay, and the correlation of the two series; the
    usual one where the runs are too few."""
    first, last = active_span(runs)
    observed = runs[first:last]
    if observed.sum() < MINIMUM_RUNS or last - first < LAGS:
        return usual_kernel(), 0.0
    shifted = causes(delivered, own)[first:last]
    candidates = [log_normal_kernel(median, sigma) for median in MEDIANS for sigma in SIGMAS]
    scores: Floats = np.array([_likelihood(observed, shifted @ kernel) for kernel in candidates])
    scores = scores / _dispersion(observed, shifted @ candidates[int(np.argmax(scores))]) + _prior()
    weights = np.exp(scores - scores.max())
    mean = np.asarray(weights @ np.stack(candidates) / weights.sum())
    return mean, _correlation(shifted @ mean, observed)


def _prior() -> Floats:
    """Log-weight of each candidate before the counts are seen."""
    medians = np.repeat(MEDIANS, len(SIGMAS))
    sigmas = np.tile(SIGMAS, len(MEDIANS))
    prior: Floats = -0.5 * (np.log(medians / MEDIAN_MINUTES) / PRIOR) ** 2
    prior -= 0.5 * ((sigmas - SIGMA) / PRIOR) ** 2
    return prior


def _dispersion(observed: Floats, shape: Floats) -> float:
    """Variance over mean of the best fit, at least 1: runs come in clumps."""
    expected = np.maximum(shape, 1e-3) * (observed.sum() / max(shape.sum(), 1e-9))
    return max(1.0, float(np.mean((observed - expected) ** 2 / expected)))


def _likelihood(observed: Floats, shape: Floats) -> float:
    """Poisson log-likelihood at the best scale, less what does not depend on the shape."""
    expected = np.maximum(shape, 1e-3) * (observed.sum() / max(shape.sum(), 1e-9))
    return float(observed @ np.log(expected) - expected.sum())


def lagged(series: Floats, lags: int = LAGS) -> Floats:
    """The series shifted by 0 … lags − 1 minutes, as columns."""
    columns = [
        np.concatenate([np.zeros(k), series[: len(series) - k]]) if k else series
        for k in range(lags)
    ]
    return np.stack(columns).T  # columns that lie together are smoothed faster


def high_pass(series: Floats) -> Floats:
    """A series (or columns) less its moving mean."""
    return np.asarray(series - uniform_filter1d(series, SMOOTH, axis=0, mode="nearest"))


def active_span(runs: Floats) -> tuple[int, int]:
    """First and one past the last minute with runs."""
    busy = np.flatnonzero(runs > 0)
    return (int(busy[0]), int(busy[-1]) + 1) if busy.size else (0, 0)


def causes(delivered: Floats, own: Floats | None) -> Floats:
    """The entries of 0 … LAGS − 1 minutes ago, as columns, less those of this very minute that the runs wrote
    themselves: what a run writes is no cause of it, though it moves with it exactly."""
    columns = lagged(delivered)
    if own is not None:
        columns[:, 0] = np.maximum(columns[:, 0] - own, 0.0)
    return columns


def fit_kernel(runs: Floats, delivered: Floats, own: Floats | None = None) -> tuple[Floats, float]:
    """The delay's distribution over the active span, and how well it explains the runs (correlation).

    `own` are the entries among the delivered ones that the runs themselves wrote.
    """
    first, last = active_span(runs)
    if last - first < MINIMUM_MINUTES:
        return likely_kernel(runs, delivered, own)
    design = high_pass(causes(delivered, own)[first:last])
    target = high_pass(runs[first:last])
    weight = non_negative(design, target)
    total = weight.sum()
    correlation = _correlation(design @ weight, target) if total > 0 else 0.0
    if correlation < GOOD_FIT:
        return usual_kernel(), correlation
    return weight / total, correlation


def foretold(target: Floats, design: Floats) -> Floats:
    """What non-negative regression on `design[n, p]` says of a target[n] that it has not seen: fitted on the
    even quarter hours for the odd ones, and the other way round."""
    odd = (np.arange(len(target)) // FOLD) % 2 == 1
    by_even, by_odd = (
        design @ non_negative(design[rows], target[rows])
        for rows in (np.flatnonzero(~odd), np.flatnonzero(odd))
    )
    return np.where(odd, by_even, by_odd)


def follows(runs: Floats, others: Floats) -> float:
    """How well the minute-to-minute movement of one series foretells that of another, as a correlation."""
    first, last = active_span(runs)
    if last - first < MINIMUM_MINUTES:
        return 0.0
    target = high_pass(runs[first:last])
    return _correlation(foretold(target, high_pass(lagged(others)[first:last])), target)


def estimate(
    runs: Floats, delivered: Floats, own: Floats, rng: np.random.Generator
) -> Estimate | None:
    """Runs per delivered entry of one source (series of equal length n, per minute); None where nothing ran.

    `own` are the entries among the delivered ones that the runs themselves wrote.
    """
    first, last = active_span(runs)
    if first == last:
        return None
    kernel, correlation = fit_kernel(runs, delivered, own)
    expected = lagged(delivered) @ kernel
    first, last = _linked(runs, expected, *_settled(first, last, len(runs)))
    started, caused = runs[first:last], expected[first:last]
    if caused.sum() <= 0 or started.sum() <= 0:
        return None
    ratio = float(started.sum() / caused.sum())
    interval = _interval(started, caused, ratio, rng, _misfit(runs, delivered, kernel, first, last))
    return Estimate(
        ratio, interval, kernel, correlation, float(caused.sum()), float(started.sum()), first, last
    )


def _settled(first: int, last: int, minutes: int) -> tuple[int, int]:
    """The active span less its edges: the entries before the window's start are not known, and those of
    its last minutes may not have come yet."""
    margin = min(LAGS, (last - first) // 6)
    return (first + margin if first < LAGS else first), (
        last - margin if last > minutes - LAGS else last
    )


def _linked(runs: Floats, expected: Floats, first: int, last: int) -> tuple[int, int]:
    """The span less the minutes at its edges where the runs are stragglers: one that was tried again after
    its link was cut would make the span longer than the link. Each edge is where the log-likelihood of
    `STRAGGLERS` against the span's ratio, summed from the outside, is greatest (a CUSUM, Page 1954)."""
    inside, caused = runs[first:last], expected[first:last]
    if inside.sum() < MINIMUM_RUNS or caused.sum() <= 0:
        return first, last
    usual = caused * (inside.sum() / caused.sum())
    outside = usual * (1 - STRAGGLERS) + inside * np.log(STRAGGLERS)
    head, tail = _peak(outside), _peak(outside[::-1])
    return (first + head, last - tail) if head + tail < last - first else (first, last)


def _peak(gains: Floats) -> int:
    """How many of the leading values have the greatest sum; 0 where no sum is above 0."""
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    return int(np.argmax(sums))


def _misfit(runs: Floats, delivered: Floats, kernel: Floats, first: int, last: int) -> float:
    """How far half a minute of delay either way moves the ratio, relative: the price of growth."""
    design = lagged(delivered, LAGS + 1)[first:last]
    early, late = design[:, :LAGS] @ kernel, design[:, 1:] @ kernel
    total = runs[first:last].sum()
    if not total or not early.sum() or not late.sum():
        return 0.0
    return float(abs(np.log(late.sum() / early.sum()))) / 4


def _interval(
    started: Floats, caused: Floats, ratio: float, rng: np.random.Generator, misfit: float
) -> tuple[float, float]:
    """95 % interval by moving blocks, never narrower than one run more or less and the delay's misfit."""
    length = len(started)
    block = max(1, min(30, length // 8))
    starts = np.arange(max(1, length - block + 1))
    top = np.concatenate([[0.0], np.cumsum(started)])
    bottom = np.concatenate([[0.0], np.cumsum(caused)])
    chosen = rng.choice(starts, size=(RESAMPLES, -(-length // block)))
    sums = (
        (top[chosen + block] - top[chosen]).sum(axis=1),
        (bottom[chosen + block] - bottom[chosen]).sum(axis=1),
    )
    ratios = sums[0] / np.where(sums[1] > 0, sums[1], np.nan)
    spread = float(np.nanstd(ratios))
    half = float(np.hypot(1.96 * spread, ratio * (1.0 / max(started.sum(), 1.0) + 1.96 * misfit)))
    return max(0.0, ratio - half), ratio + half


def _correlation(left: Floats, right: Floats) -> float:
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])

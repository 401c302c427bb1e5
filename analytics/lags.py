"""Delivery delays and series shifted by them, in minutes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.stats import lognorm

from analytics.series import Floats

LAGS = 16  # minutes; a delivery later than that is an outage
SMOOTH = 31  # minutes of the moving mean that is taken away
EDGE = 3  # minutes that tell what was there before the window
# One real archive: median 191 s, 99th percentile 542 s; the shape is log-normal.
MEDIAN_MINUTES, SIGMA = 191 / 60, np.log(542 / 191) / 2.326


def log_normal_kernel(median_minutes: float, sigma: float) -> Floats:
    """A log-normal delay by minute, entries spread evenly over their own minute."""
    offsets = (np.arange(6) + 0.5) / 6
    edges = np.maximum(np.arange(LAGS + 1)[:, None] - offsets, 0)
    weight = np.diff(lognorm.cdf(edges, sigma, scale=median_minutes), axis=0).mean(axis=1)
    return np.asarray(weight / max(weight.sum(), 1e-12))


def usual_kernel() -> Floats:
    """The distribution of delivery delays where the counts do not tell."""
    return log_normal_kernel(MEDIAN_MINUTES, SIGMA)


def lagged(series: Floats, lags: int = LAGS) -> Floats:
    """The series shifted by 0 … lags − 1 minutes, as columns."""
    columns = [
        np.concatenate([np.zeros(k), series[: len(series) - k]]) if k else series
        for k in range(lags)
    ]
    return np.stack(columns).T  # columns that lie together are smoothed faster


def lagged_with_before(series: Floats) -> Floats:
    """As `lagged`; what came before the window is taken to have come as in its first minutes."""
    before = np.full(LAGS, series[:EDGE].mean())
    return lagged(np.concatenate([before, series]))[LAGS:]


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

"""Delivery delays and series shifted by them, in minutes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.special import ndtr

from analytics.series import Floats

LAGS = 16  # minutes; a delivery later than that is an outage
SMOOTH = 31  # minutes of the moving mean that is taken away
LEAST_MINUTES, LEAST_RUNS = 8, 30  # that are left of a span without the window's last minutes
EDGE = 3  # minutes that tell what was there before the window
# One real archive: median 191 s, 99th percentile 542 s; the shape is log-normal. The usual delay of `delays` is a
# little longer: that one corrects s where a storm grows; here, where it is asked what feeds a source, the longer one
# took what merely follows the day for a feed.
MEDIAN_MINUTES, SIGMA = 191 / 60, np.log(542 / 191) / 2.326


def log_normal_kernel(median_minutes: float, sigma: float) -> Floats:
    """A log-normal delay by minute, entries spread evenly over their own minute."""
    offsets = (np.arange(6) + 0.5) / 6
    edges = np.maximum(np.arange(LAGS + 1)[:, None] - offsets, 0)
    with np.errstate(
        divide="ignore"
    ):  # at no delay at all: its logarithm is -∞, and the chance of less 0
        below = ndtr(np.log(edges / median_minutes) / sigma)
    weight = np.diff(below, axis=0).mean(axis=1)
    return np.asarray(weight / max(weight.sum(), 1e-12))


def usual_kernel() -> Floats:
    """The distribution of delivery delays where the counts do not tell."""
    return log_normal_kernel(MEDIAN_MINUTES, SIGMA)


def later(series: Floats, kernel: Floats) -> Floats:
    """The series delayed by a distribution `kernel[k]` of minutes: `lagged(series) @ kernel`."""
    return np.convolve(series, kernel)[: len(series)]


def lagged(series: Floats, first: int = 0, last: int | None = None) -> Floats:
    """The series shifted by 0 … LAGS − 1 minutes, as columns, in the minutes [first, last)."""
    start = max(0, first - LAGS + 1)
    part = series[start:last]
    columns = np.zeros((LAGS, len(part)))  # columns that lie together are smoothed faster
    for k in range(min(LAGS, len(part))):
        columns[k, k:] = part[: len(part) - k]
    return columns.T[first - start :]


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


def taking_span(runs: Floats, begun: int = 0) -> tuple[int, int]:
    """The active span with the minutes before it from which on entries waited for the first run: as long as runs are
    apart, but since its source was linked (minute `begun`) at most."""
    first, last = active_span(runs)
    apart = int((last - first) / max(float(runs.sum()), 1.0))
    return max(min(begun, first), first - apart), last


def delivered_span(runs: Floats, complete: bool = False) -> tuple[int, int]:
    """The active span less the window's last minutes, unless the archive is `complete`: it does not have all of them
    yet, and there entries and runs end together, as if no time lay between them."""
    first, last = active_span(runs)
    end = last if complete else min(last, len(runs) - LAGS)
    enough = end - first >= LEAST_MINUTES and runs[first:end].sum() >= LEAST_RUNS
    return (first, end) if enough else (first, last)


def complete_until(runs: Floats, complete: bool = False) -> int:
    """The minute before which the archive has all that these runs wrote: the window's end where they ended, or
    where it is `complete`."""
    end = delivered_span(runs, complete)[1]
    return end if end < active_span(runs)[1] else len(runs)


def busiest(runs: Floats, minutes: int) -> tuple[int, int]:
    """The active span; of a longer one, so many minutes of it with the most runs."""
    first, last = active_span(runs)
    if last - first <= minutes:
        return first, last
    total = np.concatenate([[0.0], np.cumsum(runs[first:last])])
    start = first + int(np.argmax(total[minutes:] - total[:-minutes]))
    return start, start + minutes


def causes(delivered: Floats, own: Floats | None) -> Floats:
    """The entries of 0 … LAGS − 1 minutes ago, as columns, less those of this very minute that the runs wrote
    themselves: what a run writes is no cause of it, though it moves with it exactly."""
    columns = lagged(delivered)
    if own is not None:
        columns[:, 0] = np.maximum(columns[:, 0] - own, 0.0)
    return columns

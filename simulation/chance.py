"""What is drawn: arrivals of ordinary work, delivery delays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from simulation.organization import Delay, Workload

Times = NDArray[np.float64]

POOL = 8192
P99 = 2.3263478740408408
"""The standard normal's 99th percentile."""

HOUR = 3600.0


def endless(draw: Callable[[], Times]) -> Iterator[float]:
    """Numbers drawn a pool at a time, one by one."""
    while True:
        yield from draw().tolist()


def delays(rng: np.random.Generator, delay: Delay) -> Iterator[float]:
    """Lognormal seconds with the delay's median and 99th percentile."""
    scale, sigma = log_normal(delay)
    return endless(lambda: rng.lognormal(scale, sigma, POOL))


def log_normal(delay: Delay) -> tuple[float, float]:
    """Mean and standard deviation of a delay's logarithm."""
    if not delay.median:
        return -inf, 0.0
    return log(delay.median), log(delay.p99 / delay.median) / P99


def hash_group(account: str, region: str) -> int:
    """A number for an account and region, the same in every process."""
    return int(account) * 1_000 + sum(region.encode()) % 1_000


def arrivals(workload: Workload, start: float, until: float, rng: np.random.Generator) -> Times:
    """Sorted arrival times in [start, until) seconds: a schedule, or Poisson with a day's rhythm.

    The rate is cosine in the hour of day and constant within six minutes; each such stretch is
    scaled by a gamma variate (shape 20), as real traffic is burstier than Poisson.
    """
    if workload.every_minutes:
        period = workload.every_minutes * 60.0
        first = np.ceil(start / period) * period
        ticks = np.arange(first, until, period)
        return np.asarray(ticks + rng.random(ticks.size) * 0.9, dtype=np.float64)
    edges = np.arange(start, until, 360.0)
    widths = np.minimum(until - edges, 360.0)
    hours = edges / HOUR
    rates = 1.0 + workload.rhythm * np.cos((hours - workload.peak) * (2 * np.pi / 24))
    for begin, end, factor in workload.surges:
        rates = rates * np.where((hours >= begin) & (hours < end), factor, 1.0)
    means = workload.per_hour * rates * (widths / HOUR) * rng.gamma(20.0, 0.05, edges.size)
    numbers = rng.poisson(means)
    places = np.repeat(np.arange(edges.size), numbers)
    return np.sort(edges[places] + rng.random(places.size) * widths[places])

"""How many runs one delivered entry starts, with an interval: s aligned by the delivery delay.

Model: runs in minute t have mean r · Σ_k w_k · E(t − k), where E counts the entries delivered, w is the
delivery delay's distribution in minutes (Σ w = 1, `delays`) and r is the branching ratio wanted (an INAR(p)
process, Kirchner 2016, "Hawkes and INAR(∞) processes"). r is the ratio of sums over the span where the
source is active, so it needs no linear model of batching.

All entries and runs between the span's ends are counted, so r is wrong only by what is under way at the two
ends, and by the delay. How much that is shows in between: the runs so far stray from those expected so far,
and at the ends by as much as at any moment. Hence the interval: the standard deviation of that cumulative
mismatch (pinned to 0 at both ends, as a Brownian bridge), with what r is at other likely delays; both in
logarithms. A moving-block bootstrap (Künsch 1989) counts the mismatch at the edges of each block instead, and
covered the truth in 99 to 100 of 100 cases; this, in 95.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics import delays
from analytics.lags import (
    LAGS,
    active_span,
    busiest,
    causes,
    delivered_span,
    high_pass,
    lagged,
    later,
    taking_span,
)
from analytics.regression import non_negative
from analytics.series import Floats

MINIMUM_MINUTES = 60
FOLD = 15  # minutes
MINIMUM_RUNS = 200  # for a likelihood
GOOD_FIT = 0.3
TWICE = 0.01  # of the runs are tried again, at most, where one is the most that an entry starts
NEAR, LEAST_NEAR = 120, 30  # minutes next to an edge, and runs in them that tell of it
WEEK = 7 * 24 * 60  # minutes
PARTS, MINIMUM_PART = (
    8,
    5,
)  # of minutes with few runs, and the runs of each that make them no stragglers
STRAGGLERS = 0.05  # of the usual runs an entry, where the link does not hold (any more)


@dataclass(frozen=True)
class Estimate:
    """A ratio with its 95 % interval; the delay's distribution `kernel[LAGS]` in minutes and whether the
    counts tell it; the active span; the standard deviation of the ratio's logarithm over the likely delays;
    whether the ratio is exact, so that it is the same in every part of the span; and the most that it can be."""

    ratio: float
    interval: tuple[float, float]
    kernel: Floats
    told: bool
    delivered: float
    started: float
    first: int
    last: int
    misfit: float = 0.0
    exact: bool = False
    most: float = np.inf

    @property
    def delay_seconds(self) -> float | None:
        """Mean delay from an entry to the run it starts; None where the counts do not tell."""
        return self.aligned_seconds if self.told else None

    @property
    def aligned_seconds(self) -> float:
        """The mean delay that the ratio is aligned by."""
        return float(60 * (np.arange(LAGS) @ self.kernel))


def alike(runs: Floats, delivered: Floats, own: Floats | None = None) -> float:
    """How well the entries delivered explain the runs of the active span, as a correlation: of their
    movements, or of themselves where the span is short.

    `own` are the entries among the delivered ones that the runs themselves wrote.
    """
    first, last = delivered_span(runs)
    design = causes(delivered, own)[first:last]
    if last - first < MINIMUM_MINUTES:
        usual = design @ delays.delay(runs, delivered, own).kernel
        return _correlation(usual, runs[first:last]) if last - first >= LAGS else 0.0
    target = high_pass(runs[first:last])
    smooth = high_pass(design)
    weight = non_negative(smooth, target)
    return _correlation(smooth @ weight, target) if weight.any() else 0.0


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
    """How well the minute-to-minute movement of one series foretells that of another, as a correlation, in the
    week with the most runs: more would tell nothing more."""
    first, last = busiest(runs, WEEK)
    if last - first < MINIMUM_MINUTES:
        return 0.0
    target = high_pass(runs[first:last])
    return _correlation(foretold(target, high_pass(lagged(others, first, last))), target)


def estimate(
    runs: Floats,
    delivered: Floats,
    own: Floats | None = None,
    *,
    complete: bool = False,
    begun: int = 0,
) -> Estimate | None:
    """Runs per delivered entry of one source (series of equal length n, per minute); None where nothing ran.

    `own` are the entries among the delivered ones that the runs themselves wrote; `complete` says that the archive
    has all of the window's last minutes; before minute `begun` nothing was handed on.
    """
    begin, end = active_span(runs)
    if begin == end:
        return None
    delay = delays.delay(runs, delivered, own, complete=complete)
    expected = later(delivered, delay.kernel)
    settled = _settled(runs, complete)
    first, last = _linked(runs, expected, *settled)
    if first == begin:  # the first run takes what had waited for it
        first = taking_span(runs, begun)[0]
    started, caused = runs[first:last], expected[first:last]
    if caused.sum() <= 0 or started.sum() <= 0:
        return None
    others = lagged(delivered, first, last).sum(axis=0) @ delays.KERNELS
    misfit = delay.spread_of(others)
    # less where the link did not hold
    outside = (
        min(begin, first) if first <= settled[0] else first,
        end if last == settled[1] else last,
    )
    ratio = with_edges(runs, expected, (first, last), outside)
    return Estimate(
        ratio,
        _interval(started, caused, ratio, misfit),
        delay.kernel,
        delay.told,
        float(caused.sum()),
        float(started.sum()),
        first,
        last,
        misfit,
    )


def with_edges(
    runs: Floats, expected: Floats, inside: tuple[int, int], outside: tuple[int, int]
) -> float:
    """The ratio of runs to what caused them in the span `outside`. Of its edges, without what is `inside`, the runs
    are known and not all that caused them: a run there is taken to stand for as many entries as one next to it
    inside, for a loop that grows until its ceiling starts fewer and fewer runs an entry."""
    (first, last), (begin, end) = inside, outside
    edges = (
        (slice(begin, first), slice(first, min(last, first + NEAR))),
        (slice(last, end), slice(max(first, last - NEAR), last)),
    )
    started, caused = float(runs[first:last].sum()), float(expected[first:last].sum())
    for edge, near in edges:
        alike, by = float(runs[near].sum()), float(expected[near].sum())
        if alike >= LEAST_NEAR and by > 0:
            ran = float(runs[edge].sum())
            started, caused = started + ran, caused + ran * by / alike
    return started / caused


def caused_by(
    runs: Floats, caused: Floats, inside: tuple[int, int], outside: tuple[int, int]
) -> float:
    """What each run of the span `outside` caused, where all of it is known `inside` alone; 0 where there are none."""
    span = slice(*inside)
    if not (runs[span].any() and caused[span].any()):
        return 0.0
    return 1.0 / with_edges(runs, caused, inside, outside)


def part(known: Estimate, runs: Floats, delivered: Floats, first: int, last: int) -> Estimate:
    """The estimate from minute `first` to before `last`, with the delay that is known; all of it where these
    minutes are about its own, or where nothing was delivered or ran in them."""
    outside = first, last
    first = known.first if first < known.first + LAGS else first
    last = known.last if last > known.last - LAGS else last
    if known.exact or (first, last) == (known.first, known.last):
        return known
    expected = later(delivered, known.kernel)
    started, caused = runs[first:last], expected[first:last]
    if caused.sum() <= 0 or started.sum() <= 0:
        return known
    outside = min(outside[0], first), max(outside[1], last)
    ratio = with_edges(runs, expected, (first, last), outside)
    found = replace(
        known,
        ratio=ratio,
        interval=_interval(started, caused, ratio, known.misfit),
        delivered=float(caused.sum()),
        started=float(started.sum()),
        first=first,
        last=last,
    )
    return at_most(found, known.most)


def at_most(known: Estimate, most: float) -> Estimate:
    """The estimate of a ratio that can be no more than this."""
    low, high = known.interval
    interval = low, min(high, (1 + TWICE) * most)
    return replace(known, ratio=min(known.ratio, most), interval=interval, most=most)


def _settled(runs: Floats, complete: bool) -> tuple[int, int]:
    """The active span less its edges: the entries before the window's start are not known, and those of
    its last minutes may not have come yet."""
    first, last = active_span(runs)
    margin = min(LAGS, (last - first) // 6)
    if last > len(runs) - LAGS and not complete:
        last = min(last - margin, delivered_span(runs, complete)[1])
    return (first + margin if first < LAGS else first), last


def _linked(runs: Floats, expected: Floats, first: int, last: int) -> tuple[int, int]:
    """The span less the minutes at its edges where the runs are stragglers: one that was tried again after
    its link was cut would make the span longer than the link. Each edge is where the log-likelihood of
    `STRAGGLERS` against the span's ratio, summed from the outside, is greatest (a CUSUM, Page 1954)."""
    inside, caused = runs[first:last], expected[first:last]
    if inside.sum() < MINIMUM_RUNS or caused.sum() <= 0:
        return first, last
    # of batches by the clock there are as many as ever, however much is delivered
    usual = np.minimum(caused * (inside.sum() / caused.sum()), inside.mean())
    outside = usual * (1 - STRAGGLERS) + inside * np.log(STRAGGLERS)
    head, tail = _peak(outside), _peak(outside[::-1])
    if goes_on(inside[:head]):
        head = 0
    if goes_on(inside[len(inside) - tail :]):
        tail = 0
    return (first + head, last - tail) if head + tail < last - first else (first, last)


def goes_on(runs: Floats) -> bool:
    """Whether few runs are no stragglers: they come in every part of these minutes, as those of larger batches do."""
    parts = np.array_split(runs, PARTS)
    return min(float(part.sum()) for part in parts) >= MINIMUM_PART


def _peak(gains: Floats) -> int:
    """How many of the leading values have the greatest sum; 0 where no sum is above 0."""
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    return int(np.argmax(sums))


def _interval(started: Floats, caused: Floats, ratio: float, misfit: float) -> tuple[float, float]:
    """95 % interval about a ratio by the cumulative mismatch of runs and what caused them, with one run more or less
    and `misfit`: the standard deviation of the ratio's logarithm over the likely delays."""
    alike, runs = float(started.sum() / caused.sum()), float(started.sum())
    mismatch = float(np.cumsum(started - alike * caused).std()) / runs
    wide = np.exp(float(np.linalg.norm([1.96 * mismatch, 1 / runs, 1.96 * misfit])))
    return float(ratio / wide), float(ratio * wide)


def _correlation(left: Floats, right: Floats) -> float:
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])

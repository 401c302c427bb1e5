"""Does a function that nothing recorded links to a trail process the trail's entries?

A log processor runs for every entry that it is fed, whatever the entry says: all kinds of entry start
it alike. A function of the business follows some kinds and not others. So its runs (less their moving
mean, so that the day's rhythm says nothing) are regressed on the lagged entries of others, once with one
coefficient for all kinds and once with one a kind: a log processor is explained by the first, and almost
as well as by the second (a likelihood comparison of nested INAR models).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.amplification import MINIMUM_MINUTES, foretold
from analytics.lags import LAGS, active_span, high_pass, lagged, usual_kernel
from analytics.regression import non_negative
from analytics.series import Counts, Floats

KINDS = 12  # kinds of entry with a coefficient of their own
GATE = 0.3  # least partial correlation, on minutes that the fit has not seen
POWER = 0.1  # a log processor of so few runs would not show
IMPOSSIBLE = 3.0  # so many times what a log processor would show: both follow a third thing
SIGMAS = 5.0  # … and this far above what chance gives
CERTAIN = 3.0  # so far below what a log processor would show, in what chance gives: it is none
ALIKE = 1.25  # the one-coefficient model may be this much worse


@dataclass(frozen=True)
class Evidence:
    """How well the entries explain the runs: partial correlation in [0, 1], and the verdict
    (None where the counts cannot tell)."""

    correlation: float
    processes: bool | None


def examine(runs: Floats, own: Floats, traffic: Counts, functions: int = 1) -> Evidence:
    """Whether `functions` that one source starts together, with these runs a minute in all, whose runs wrote
    `own` entries, follow all traffic."""
    first, last = active_span(runs)
    if last - first < MINIMUM_MINUTES or runs.sum() < MINIMUM_MINUTES:
        return Evidence(0.0, None)
    target = high_pass(runs[first:last])
    if target.std() == 0:
        return Evidence(0.0, None)
    others = np.maximum(traffic.series("entries", np.ones(len(traffic.keys))) - own, 0.0)
    # a minute's noise grows with its count: weighted, the peak of a storm is no more than other minutes
    scale = 1 / np.sqrt(np.maximum(others - high_pass(others), 1.0)[first:last])
    target = target * scale
    mine, theirs = (high_pass(lagged(part)[first:last]) * scale[:, None] for part in (own, others))
    expected = _expected(runs / functions, own + others, others, first, last)
    chance = 1 / np.sqrt(last - first)
    both = np.hstack([theirs, mine])
    weight = non_negative(both, target)
    left = target - mine @ weight[LAGS:]
    gained = foretold(target, both) - foretold(target, mine)
    correlation = max(_correlation(gained, left), 0.0)
    if expected < POWER:
        return Evidence(correlation, None)
    if correlation > IMPOSSIBLE * expected:
        return Evidence(correlation, False)
    if correlation < max(GATE, SIGMAS * chance) or not weight[:LAGS].any():
        missed = correlation < expected / 2 and correlation < expected - CERTAIN * chance
        return Evidence(correlation, False if missed else None)
    kernel = weight[:LAGS] / weight[:LAGS].sum()
    return Evidence(correlation, _alike(left, kernel, own, traffic, scale, first, last))


def _expected(runs: Floats, entries: Floats, others: Floats, first: int, last: int) -> float:
    """The correlation that a log processor of this many runs would show, in Poisson noise."""
    ratio = runs[first:last].sum() / max(entries[first:last].sum(), 1.0)
    signal = float(high_pass(lagged(others)[first:last] @ usual_kernel()).var()) * ratio**2
    return float(np.sqrt(signal / (signal + runs[first:last].mean())))


def _alike(
    left: Floats, kernel: Floats, own: Floats, traffic: Counts, scale: Floats, first: int, last: int
) -> bool:
    """Whether all kinds of entry start runs alike."""
    columns = [
        high_pass(lagged(series)[first:last] @ kernel) * scale for series in _kinds(own, traffic)
    ]
    design = np.stack(columns, axis=1)
    together = design.sum(axis=1)
    common = max(float(together @ left) / float(together @ together), 0.0)
    free = non_negative(design, left)
    worse, best = _square(left - common * together), _square(left - design @ free)
    return worse <= ALIKE * best


def _kinds(own: Floats, traffic: Counts) -> list[Floats]:
    """Entries a minute of the kinds (event source and name) that vary most, and of all the rest.

    The function's own run records are taken out of the kind that holds most runs.
    """
    groups: dict[tuple[object, object], list[int]] = {}
    for place, key in enumerate(traffic.keys):
        groups.setdefault((key[3], key[4]), []).append(place)
    series = []
    for name, places in groups.items():
        weight = np.zeros(len(traffic.keys))
        weight[places] = 1.0
        values = traffic.series("entries", weight)
        is_runs = name == ("lambda.amazonaws.com", "Invoke")
        series.append(np.maximum(values - own, 0.0) if is_runs else values)
    series.sort(key=lambda values: -float(high_pass(values).var()))
    rest = series[KINDS:]
    return series[:KINDS] + ([np.sum(rest, axis=0)] if rest else [])


def _square(values: Floats) -> float:
    return float(values @ values) or 1e-12


def _correlation(left: Floats, right: Floats) -> float:
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])

"""What an EventBridge rule matches, where its pattern is nowhere: the calls of which each started one run.

A rule hands on each entry that it matches at once and by itself, so that over ten minutes its target runs just as
often as what it matches is called. The services, or else the calls, whose counts add up to the runs are found by
non-negative regression, and each counts whole or not at all. What is left must be less than chance leaves between
counts that know nothing of each other: the difference of two Poisson counts has the variance of both together.
What runs by the clock is as even as any sum of rare calls, and its own calls are as many as its runs: a rule's runs
must scatter, and others' calls must be among the entries.

Source: non-negative least squares (Lawson and Hanson 1974); the index of dispersion (Fisher 1925).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.feeds import Mask, cells, mask_of
from analytics.lags import delivered_span
from analytics.regression import non_negative
from analytics.selectors import Cell
from analytics.series import Counts, Floats

BIN = 10  # minutes
SHIFTS = (0, 1, 2, 4)  # minutes from a call to the run
LEAST_RUNS, LEAST_BINS = 200, 12
SCATTER = (
    0.7  # variance over mean: that of a schedule is near 0, that of calls as they come 1 and more
)
BINS_A_KIND = 6  # for fewer, chance adds up to anything
MOST_KINDS = 40  # the most frequent ones
WHOLE = 0.5  # of a run an entry, from which on it is taken for one
LEFT = 0.7  # variance of what is left over the runs: counts that know nothing of each other leave 2
ASTRAY = 0.03  # of the runs: tried again, or lost
LEAST_OTHERS = 0.02  # of the entries, that the rule's own functions did not write


@dataclass(frozen=True)
class _Fit:
    mask: Mask
    left: float


def matched(
    account: str | None,
    region: str | None,
    runs: Floats,
    own: Callable[[Mask], Floats],
    traffic: Counts,
) -> Mask | None:
    """The cells that a rule of this account and region matches, whose target ran so often a minute and wrote
    the `own` entries of any cells a minute; None where no calls explain its runs one by one."""
    first, last = delivered_span(runs)
    if runs[first:last].sum() < LEAST_RUNS or (last - first) // BIN < LEAST_BINS:
        return None
    all_cells = cells(traffic)
    anywhere = mask_of(cell.account == account for cell in all_cells)
    here = anywhere & mask_of(cell.region == region for cell in all_cells)
    # whose runs are whose is known of all records of runs together, not of each kind
    of_runs = mask_of(cell.event_source == "lambda.amazonaws.com" for cell in all_cells)
    kinds: tuple[tuple[Callable[[Cell], object], Mask], ...] = (
        (lambda cell: cell.event_source, anywhere),
        (lambda cell: (cell.event_source, cell.event_name), anywhere & ~of_runs),
    )
    for kind, inside in kinds:
        for place in (here & inside, inside):
            masks = _most_frequent(_by(kind, place, all_cells), traffic, (first, last))
            found = _best(masks, runs, traffic, (first, last))
            if found is not None and _of_others(found, own(found), traffic, (first, last)):
                return found
    return None


def _by(kind: Callable[[Cell], object], place: Mask, all_cells: Sequence[Cell]) -> list[Mask]:
    """The cells of each kind at a place."""
    names = [kind(cell) for cell in all_cells]
    chosen = {name for name, inside in zip(names, place, strict=True) if inside}
    return [place & mask_of(name == one for name in names) for one in sorted(chosen, key=str)]


def _most_frequent(masks: list[Mask], traffic: Counts, span: tuple[int, int]) -> list[Mask]:
    def entries(mask: Mask) -> float:
        return float(traffic.series("entries", mask)[slice(*span)].sum())

    return sorted(masks, key=entries, reverse=True)[:MOST_KINDS]


def _best(
    masks: Sequence[Mask], runs: Floats, traffic: Counts, span: tuple[int, int]
) -> Mask | None:
    """The kinds that add up to the runs, at the shift that leaves least; None where too much is left."""
    target = _bins(runs, span)
    if not masks or target.var() < SCATTER * target.mean():
        return None
    fits = []
    for shift in SHIFTS:
        moved = (max(0, span[0] - shift), max(0, span[1] - shift))
        if moved[1] - moved[0] != span[1] - span[0]:
            continue
        columns = [_bins(traffic.series("entries", mask), moved) for mask in masks]
        design = np.stack(columns, axis=1)
        whole = non_negative(design, target) >= WHOLE
        left = float(((target - design @ whole) ** 2).sum())
        parts = [mask for mask, one in zip(masks, whole, strict=True) if one]
        if parts and len(parts) * BINS_A_KIND <= len(target):
            fits.append(_Fit(np.any(parts, axis=0), left))
    best = min(fits, key=lambda fit: fit.left, default=None)
    if best is None:
        return None
    total = float(traffic.series("entries", best.mask)[slice(*span)].sum())
    even = best.left <= LEFT * target.sum() + float(((ASTRAY * target) ** 2).sum())
    return best.mask if even and abs(target.sum() / max(total, 1.0) - 1) <= ASTRAY else None


def _bins(series: Floats, span: tuple[int, int]) -> Floats:
    """Sums of each ten minutes of the span, without what is left at its end."""
    part = series[slice(*span)]
    return np.asarray(part[: len(part) // BIN * BIN].reshape(-1, BIN).sum(axis=1))


def _of_others(mask: Mask, own: Floats, traffic: Counts, span: tuple[int, int]) -> bool:
    entries = traffic.series("entries", mask)[slice(*span)]
    others = np.maximum(entries - own[slice(*span)], 0.0)
    return bool(others.sum() >= LEAST_OTHERS * entries.sum())

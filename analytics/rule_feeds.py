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


def matched(
    account: str | None,
    region: str | None,
    runs: Floats,
    own: Callable[[Mask], Floats],
    traffic: Counts,
) -> Mask | None:
    """The cells that a rule of this account and region matches, whose target ran so often a minute and wrote
    the `own` entries of any cells a minute; None where no calls explain its runs one by one."""
    span = delivered_span(runs)
    target = _bins(runs, span)
    if target.sum() < LEAST_RUNS or len(target) < LEAST_BINS:
        return None
    if target.var() < SCATTER * target.mean():
        return None
    every = cells(traffic)
    anywhere = mask_of(cell.account == account for cell in every)
    here = anywhere & mask_of(cell.region == region for cell in every)
    # whose runs are whose is known of all records of runs together, not of each kind
    of_runs = mask_of(cell.event_source == "lambda.amazonaws.com" for cell in every)
    counted = [_counted(traffic, span, shift) for shift in SHIFTS]
    for kind, inside in ((_service, anywhere), (_call, anywhere & ~of_runs)):
        for place in (here & inside, inside):
            found = _best(_by(kind, place, every), target, counted)
            if found is not None and _of_others(found, own(found), traffic, span):
                return found
    return None


def _service(cell: Cell) -> object:
    return cell.event_source


def _call(cell: Cell) -> object:
    return cell.event_source, cell.event_name


def _by(kind: Callable[[Cell], object], place: Mask, every: Sequence[Cell]) -> list[Mask]:
    """The cells of each kind at a place."""
    cells_of: dict[object, Mask] = {}
    for number in np.flatnonzero(place).tolist():
        name = kind(every[number])
        cells_of.setdefault(name, np.zeros(len(every), dtype=bool))[number] = True
    return list(cells_of.values())


def _counted(traffic: Counts, span: tuple[int, int], shift: int) -> Floats:
    """Entries of each ten minutes of the span (rows) and each key (columns), so many minutes before."""
    bins = (span[1] - span[0]) // BIN
    place = traffic.minute - (span[0] - shift)
    rows = (place >= 0) & (place < bins * BIN)
    cell = place[rows] // BIN * len(traffic.keys) + traffic.key[rows]
    entries = traffic.measures["entries"][rows]
    total = np.bincount(cell, weights=entries, minlength=bins * len(traffic.keys))
    return np.asarray(total.reshape(bins, len(traffic.keys)))


def _best(kinds: Sequence[Mask], target: Floats, counted: Sequence[Floats]) -> Mask | None:
    """The kinds that add up to the runs, at the shift that leaves least; None where too much is left."""
    fits = [fit for table in counted if (fit := _added_up(kinds, target, table))]
    mask, left, total = min(fits, key=lambda fit: fit[1], default=(None, np.inf, 0.0))
    even = left <= LEFT * target.sum() + float(((ASTRAY * target) ** 2).sum())
    return mask if even and abs(target.sum() / max(total, 1.0) - 1) <= ASTRAY else None


def _added_up(
    kinds: Sequence[Mask], target: Floats, table: Floats
) -> tuple[Mask, float, float] | None:
    """The cells of the kinds that each count whole, the squares of what they leave, and their entries."""
    columns = [(mask, table[:, mask].sum(axis=1)) for mask in kinds]
    columns = sorted(columns, key=lambda column: -column[1].sum())[:MOST_KINDS]
    if not columns:
        return None
    whole = non_negative(np.stack([counts for _, counts in columns], axis=1), target) >= WHOLE
    chosen = [column for column, one in zip(columns, whole, strict=True) if one]
    if not chosen or len(chosen) * BINS_A_KIND > len(target):
        return None
    added = np.sum([counts for _, counts in chosen], axis=0)
    mask: Mask = np.any([cells_ for cells_, _ in chosen], axis=0)
    return mask, float(((target - added) ** 2).sum()), float(added.sum())


def _bins(series: Floats, span: tuple[int, int]) -> Floats:
    """Sums of each ten minutes of the span, without what is left at its end."""
    part = series[slice(*span)]
    return np.asarray(part[: len(part) // BIN * BIN].reshape(-1, BIN).sum(axis=1))


def _of_others(mask: Mask, own: Floats, traffic: Counts, span: tuple[int, int]) -> bool:
    entries = traffic.series("entries", mask)[slice(*span)]
    others = np.maximum(entries - own[slice(*span)], 0.0)
    return bool(others.sum() >= LEAST_OTHERS * entries.sum())

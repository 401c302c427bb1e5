"""What an EventBridge rule with known patterns delivers, each pattern while it was set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from analytics import arns, lags
from analytics.event_patterns import Pattern
from analytics.feeds import Feed, Mask, Part, categories, doubted, mask_of
from analytics.findings import FedBy
from analytics.selectors import Cell
from analytics.series import Counts, Floats, Span

ALIKE = 0.03  # logarithm of runs an entry: so much nearer to one run an entry is no better
FITS = 0.1  # … and so near is one: what a pattern asks beyond the counts is decided by them

Patterns = Sequence[tuple[datetime | None, Pattern]]


def feed(
    node: str,
    patterns: Patterns,
    all_cells: Sequence[Cell],
    runs: Floats,
    traffic: Counts,
    span: Span,
) -> Feed:
    """The feed of a rule of which each target ran so often a minute.

    A rule sees its own account and region; whether it sees management reads, and entries that another region's
    bus hands on, are settings that the counts decide, and so is what a pattern asks beyond them: a rule starts
    one run of each target an entry.
    """
    account = arns.account(node)
    masks = [mask_of(pattern.matches(cell) for cell in all_cells) for _, pattern in patterns]
    sure = [mask_of(pattern.told(cell) for cell in all_cells) for _, pattern in patterns]
    options = [
        (seen, which)
        for which in ((masks, sure) if any(map(_differ, masks, sure)) else (masks,))
        for seen in _seen(account, arns.region(node), all_cells)
    ]
    starts = [0, *(span.clipped(since) if since else 0 for since, _ in patterns[1:])]
    made = [_parts(starts, seen, which, span) for seen, which in options]
    misses = [_miss(parts, runs, traffic) for parts in made]
    best = next(at for at, miss in enumerate(misses) if miss <= min(misses) + ALIKE)
    parts = made[best]
    every = np.any([part.mask for part in parts], axis=0)
    fed = FedBy(None, (account,) if account else (), categories(all_cells, every))
    found = Feed(parts, (fed,), "recorded", 1.0)
    if misses[best] <= FITS:
        return found
    seen, _ = options[best]
    guessed = np.any([mask & ~told for mask, told in zip(masks, sure, strict=True)], axis=0)
    found = replace(found, parts=_parts(starts, seen, masks, span))
    return doubted(found, guessed, runs, traffic)


def _differ(mask: Mask, sure: Mask) -> bool:
    return bool((mask & ~sure).any())


def _seen(account: str | None, region: str | None, all_cells: Sequence[Cell]) -> list[Mask]:
    """The cells that a rule of this place may see at all, by its settings: the usual first."""
    anywhere = mask_of(cell.account == account for cell in all_cells)
    here = anywhere & mask_of(cell.region == region for cell in all_cells)
    writes = mask_of(not (cell.read_only and cell.category == "Management") for cell in all_cells)
    return [here & writes, here, anywhere & writes, anywhere]


def _parts(
    starts: Sequence[int], seen: Mask, masks: Sequence[Mask], span: Span
) -> tuple[Part, ...]:
    ends = [*starts[1:], span.minutes]
    return tuple(
        Part(first, last, mask & seen)
        for first, last, mask in zip(starts, ends, masks, strict=True)
        if first < last
    )


def _miss(parts: tuple[Part, ...], runs: Floats, traffic: Counts) -> float:
    """How far runs an entry are from one, while the runs went on (logarithm, 0: not at all)."""
    first, last = lags.active_span(runs)
    delivered = Feed(parts, (), "recorded", 1.0).series(traffic)[first:last].sum()
    level = max(float(runs.sum()), 1.0) / delivered if delivered > 0 else 1e-9
    return float(abs(np.log(level)))

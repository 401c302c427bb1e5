"""Which entries a log source delivers: known (`known_feeds`), or inferred (`inferred_feeds`).

A feed is a series of entries a minute and a test of cells (which entries come back through the source).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics import lags
from analytics.findings import FedBy
from analytics.selectors import Cell
from analytics.series import Counts, Floats

Mask = NDArray[np.bool_]

# Of a feed's entries that may be left out, for it is asked what the counts do not tell: so few are no matter.
LEAST_DOUBTED = 0.02


@dataclass(frozen=True)
class Part:
    """Cells delivered in minutes [first, last)."""

    first: int
    last: int
    mask: Mask

    def holds(self, places: NDArray[np.int64], minutes: NDArray[np.int64]) -> Mask:
        """Which rows (place of their cell in the traffic counts, −1 none; minute) are in the part."""
        none_last = np.append(self.mask, False)
        found: Mask = none_last[places]
        if self.first > 0:
            found &= minutes >= self.first
        found &= minutes < self.last
        return found


@dataclass(frozen=True)
class Feed:
    """What a source delivers: parts over the cells of the traffic counts, who feeds it, how that is known;
    `others` are masks that it may be as well, where nothing tells; `doubted` is the share of its entries that
    a trail or a filter may leave out, for it is asked what the counts do not tell."""

    parts: tuple[Part, ...]
    fed_by: tuple[FedBy, ...]
    link: str
    confidence: float
    correlation: float = 0.0
    others: tuple[Mask, ...] = ()
    doubted: float = 0.0

    def series(self, traffic: Counts) -> Floats:
        """Entries delivered a minute."""
        return delivered(self.parts, traffic)

    def within(self, first: int, last: int) -> Feed:
        """The feed in minutes [first, last) alone."""
        parts = [
            replace(part, first=max(part.first, first), last=min(part.last, last))
            for part in self.parts
        ]
        return replace(self, parts=tuple(part for part in parts if part.first < part.last))

    def without(self, gaps: Sequence[tuple[int, int]]) -> Feed:
        """The feed but for these stretches of minutes [first, last)."""
        parts = self.parts
        for first, last in gaps:
            parts = tuple(
                replace(part, first=a, last=b)
                for part in parts
                for a, b in (
                    (part.first, min(part.last, first)),
                    (max(part.first, last), part.last),
                )
                if a < b
            )
        return replace(self, parts=parts)

    def covered(self, cell_places: NDArray[np.int64], minutes: NDArray[np.int64]) -> Mask:
        """Which rows (place of their cell in the traffic counts, −1 none; minute) the source delivers."""
        found = np.zeros(len(minutes), dtype=bool)
        for part in self.parts:
            found |= part.holds(cell_places, minutes)
        return found


def delivered(parts: Iterable[Part], traffic: Counts) -> Floats:
    """Entries of these parts a minute."""
    total = np.zeros(traffic.minutes)
    for part in parts:
        inside = slice(part.first, part.last)
        total[inside] += traffic.series("entries", part.mask)[inside]
    return total


def always(mask: Mask, minutes: int) -> tuple[Part, ...]:
    """These cells in all minutes."""
    return (Part(0, minutes, mask),)


def all_along(mask: Mask, minutes: int) -> Feed:
    """A feed of these cells, in all minutes, that nothing recorded tells of."""
    return Feed(always(mask, minutes), (), "unknown", 0.0)


def doubted(feed: Feed, guessed: Mask, runs: Floats, traffic: Counts) -> Feed:
    """The feed with what it may be as well, where selectors or filters ask what cells do not know, as an object's
    name: it takes all of such entries, and may deliver none of them."""
    if not guessed.any():
        return feed
    surely = replace(
        feed, parts=tuple(replace(part, mask=part.mask & ~guessed) for part in feed.parts)
    )
    active = slice(*lags.active_span(runs))
    total, sure = (float(item.series(traffic)[active].sum()) for item in (feed, surely))
    share = 1 - sure / total if total else 0.0
    if share < LEAST_DOUBTED:
        return feed
    every = np.any([part.mask for part in feed.parts], axis=0)
    others = (*feed.others, every, every & ~guessed)
    return replace(feed, doubted=max(feed.doubted, share), others=others)


def cells(traffic: Counts) -> tuple[Cell, ...]:
    """The traffic keys as cells."""
    return tuple(Cell(*key) for key in traffic.keys)  # type: ignore[arg-type]


def everything(traffic: Counts, trail: str | None, link: str, account: str | None = None) -> Feed:
    """All entries, or those of an account: what a bucket delivers that CloudTrail writes their files into, and the
    ARN of the trail that does so, where it is known."""
    all_cells = cells(traffic)
    mask = mask_of(account in (None, cell.account) for cell in all_cells)
    return Feed(
        always(mask, traffic.minutes),
        (fed_by(trail, all_cells, mask),),
        link,
        0.9,
    )


def fed_by(trail: str | None, all_cells: Sequence[Cell], mask: Mask) -> FedBy:
    """What a trail delivers of the cells where `mask` is true."""
    chosen = (cell.account for cell, on in zip(all_cells, mask, strict=True) if on)
    accounts = tuple(sorted({account for account in chosen if account}))
    return FedBy(trail, accounts, categories(all_cells, mask))


def categories(all_cells: Sequence[Cell], mask: Mask) -> tuple[str, ...]:
    """The categories of the cells where `mask` is true."""
    return tuple(
        sorted(
            {
                cell.category
                for cell, on in zip(all_cells, mask, strict=True)
                if on and cell.category
            }
        )
    )


def mask_of(tests: Iterable[object]) -> Mask:
    """Tests of cells, in their order, as a mask."""
    return np.array([bool(test) for test in tests], dtype=bool)

"""Which entries a source may deliver: those of a place, and of them all or those of a kind.

A place is the source's own accounts, those in its region alone, all accounts, or another one, which may stand behind
its log group; a kind is all categories, management with Lambda data, management alone, or data alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics import amplification, lags
from analytics.feeds import Mask, mask_of
from analytics.selectors import Cell
from analytics.series import Counts, Floats

SLACK = 1.1  # runs an entry that retries and the window's edges may add
MOST_PLACES = 8  # other accounts, those with the most entries
OWN, REGION, ALL = "own", "region", "all"


@dataclass(frozen=True)
class Reader:
    """The functions that a source starts: their runs a minute, the entries that these write, and how many
    functions they are; the cells that filters let pass to them, where there are any."""

    runs: Floats
    own: Floats
    functions: int = 1
    takes: Mask | None = None


@dataclass(frozen=True)
class Candidate:
    """Cells that may be delivered: of which place (OWN accounts, their entries of the source's REGION, ALL accounts,
    or one other's id), and of which kind."""

    mask: Mask
    place: str
    kind: str


def candidates_of(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, region: str | None = None
) -> list[Candidate]:
    """The source's own accounts, those in its region, where they have others, then all; of all categories,
    management with Lambda data, management, data."""
    every = np.ones(len(all_cells), dtype=bool) if reader.takes is None else reader.takes
    management = every & mask_of(cell.category == "Management" for cell in all_cells)
    kinds = {
        "all": every,
        "functions": management
        | every & mask_of(cell.event_source == "lambda.amazonaws.com" for cell in all_cells),
        "management": management,
        "data": every & mask_of(cell.category == "Data" for cell in all_cells),
    }
    own = mask_of(cell.account in accounts for cell in all_cells)
    places = {OWN: own, ALL: every}
    inside = own & mask_of(cell.region == region for cell in all_cells)
    if inside.any() and (own & ~inside).any():
        places = {OWN: own, REGION: inside, ALL: every}
    return [
        Candidate(inside & mask, place, kind)
        for place, inside in places.items()
        for kind, mask in kinds.items()
        if (inside & mask).any()
    ]


def masks_of(accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader) -> list[Mask]:
    """The entries of each candidate but those of data events alone; what is the same is there once."""
    found = (
        item.mask for item in candidates_of(accounts, all_cells, reader) if item.kind != "data"
    )
    return list({mask.tobytes(): mask for mask in found}.values())


def of_others(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, traffic: Counts
) -> list[Candidate]:
    """All entries of another account, of each of those with the most."""
    every = np.ones(len(all_cells), dtype=bool) if reader.takes is None else reader.takes
    names = {cell.account for cell in all_cells if cell.account} - set(accounts)
    found = [
        Candidate(every & mask_of(cell.account == name for cell in all_cells), name, "all")
        for name in sorted(names)
    ]
    entries = [float(traffic.series("entries", item.mask).sum()) for item in found]
    order = np.argsort(entries)[::-1][:MOST_PLACES]
    return [found[place] for place in order]


def enough(candidates: Sequence[Candidate], reader: Reader, traffic: Counts) -> list[Candidate]:
    """The candidates that deliver an entry for every run of a function at least: no run takes less."""
    span = slice(*lags.active_span(reader.runs))
    least = reader.runs[span].sum() / reader.functions / SLACK
    usual = [item for item in candidates if item.kind != "data"] or list(candidates)
    return [
        item for item in usual if traffic.series("entries", item.mask)[span].sum() >= least
    ] or usual


def most_alike(candidates: Sequence[Candidate], reader: Reader, traffic: Counts) -> Candidate:
    """The candidate whose lagged entries go best with the runs; the first within 0.005 of it."""
    scores = [
        amplification.alike(reader.runs, traffic.series("entries", item.mask), reader.own)
        for item in candidates
    ]
    top = max(scores)
    return next(c for c, score in zip(candidates, scores, strict=True) if score >= top - 0.005)

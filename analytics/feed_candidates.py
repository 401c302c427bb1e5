"""Which entries a source may deliver: those of a place, and of them all or those of a kind.

A place is the source's own accounts, those in its region alone, all accounts, all others, or another one, which may
stand behind its log group; a kind is all categories, management with Lambda data, management alone, data alone, all but
Lambda data, as a filter that nothing recorded may leave it, or what a trail recorded, as its selectors tell, of which
nothing tells where it delivers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics import amplification, lags
from analytics.feeds import Mask, Part, always, delivered, mask_of
from analytics.selectors import Cell
from analytics.series import Counts, Floats

SLACK = 1.1  # runs an entry that retries and the window's edges may add
MOST_PLACES = 8  # other accounts, those with the most entries
OWN, REGION, ALL, OTHERS = "own", "region", "all", "others"
TRAIL = "trail"  # the kind of what one recorded
RARE_KINDS = ("data", "filtered")


@dataclass(frozen=True)
class Reader:
    """The functions that a source starts: their runs a minute, the entries that these write, and how many
    functions they are; the cells that filters let pass to them, where there are any; and by the cells of the
    traffic the entries that they write, where that is known."""

    runs: Floats
    own: Floats
    functions: int = 1
    takes: Mask | None = None
    written: Counts | None = None

    def own_in(self, parts: Iterable[Part]) -> Floats:
        """Those of the entries that they write which are in these parts, a minute."""
        return self.own if self.written is None else delivered(parts, self.written)

    def before(self, minute: int) -> Reader:
        """The reader as if it had run no more from this minute on."""
        earlier = np.arange(len(self.runs)) < minute
        return replace(self, runs=self.runs * earlier, own=self.own * earlier)


@dataclass(frozen=True)
class Candidate:
    """Cells that may be delivered, and when: of which place (OWN accounts, their entries of the source's REGION, ALL
    accounts, or one other's id), and of which kind."""

    parts: tuple[Part, ...]
    place: str
    kind: str

    @property
    def mask(self) -> Mask:
        """The cells that may be delivered at any time."""
        return at_any_time(self.parts)

    def delivered(self, traffic: Counts) -> Floats:
        """Entries delivered a minute."""
        return delivered(self.parts, traffic)


def at_any_time(parts: Iterable[Part]) -> Mask:
    """The cells of any of these parts, of which there is one at least."""
    found: Mask = np.any([part.mask for part in parts], axis=0)
    return found


def candidates_of(
    accounts: Sequence[str],
    all_cells: Sequence[Cell],
    reader: Reader,
    minutes: int,
    region: str | None = None,
    trails: Sequence[Sequence[Part]] = (),
) -> list[Candidate]:
    """The source's own accounts, those in its region, where they have others, all, and all others; of what each of the
    `trails` recorded when, of all categories, management with Lambda data, management, data, all but Lambda data."""
    every = np.ones(len(all_cells), dtype=bool) if reader.takes is None else reader.takes
    kinds = [(TRAIL, tuple(parts)) for parts in trails]
    kinds += [(kind, always(mask, minutes)) for kind, mask in _kinds(every, all_cells).items()]
    found = [
        Candidate(
            tuple(replace(part, mask=part.mask & inside) for part in parts),
            place,
            kind,
        )
        for place, inside in _places(accounts, every, all_cells, region).items()
        for kind, parts in kinds
    ]
    return [item for item in found if item.mask.any()]


def _places(
    accounts: Sequence[str], every: Mask, all_cells: Sequence[Cell], region: str | None
) -> dict[str, Mask]:
    own = every & mask_of(cell.account in accounts for cell in all_cells)
    inside = own & mask_of(cell.region == region for cell in all_cells)
    regional = {REGION: inside} if inside.any() and (own & ~inside).any() else {}
    return {OWN: own, **regional, ALL: every, OTHERS: every & ~own}


def _kinds(every: Mask, all_cells: Sequence[Cell]) -> dict[str, Mask]:
    management = every & mask_of(cell.category == "Management" for cell in all_cells)
    of_functions = mask_of(cell.event_source == "lambda.amazonaws.com" for cell in all_cells)
    return {
        "all": every,
        "functions": management | every & of_functions,
        "management": management,
        "data": every & mask_of(cell.category == "Data" for cell in all_cells),
        "filtered": every & ~of_functions,
    }


def masks_of(accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader) -> list[Mask]:
    """The entries of each candidate of a usual kind; what is the same is there once. All others' are among them: what
    follows those more than its own accounts' moves with a business that all share."""
    every = candidates_of(accounts, all_cells, reader, 1)
    found = (item.mask for item in every if item.kind not in RARE_KINDS)
    return list({mask.tobytes(): mask for mask in found}.values())


def of_others(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, traffic: Counts
) -> list[Candidate]:
    """All entries of another account, of each of those with the most."""
    every = np.ones(len(all_cells), dtype=bool) if reader.takes is None else reader.takes
    names = {cell.account for cell in all_cells if cell.account} - set(accounts)
    found = []
    for name in sorted(names):
        mask = every & mask_of(cell.account == name for cell in all_cells)
        found.append(Candidate(always(mask, traffic.minutes), name, "all"))
    entries = [float(item.delivered(traffic).sum()) for item in found]
    order = np.argsort(entries)[::-1][:MOST_PLACES]
    return [found[place] for place in order]


def enough(candidates: Sequence[Candidate], reader: Reader, traffic: Counts) -> list[Candidate]:
    """The candidates that deliver an entry for every run of a function at least: no run takes less."""
    span = slice(*lags.active_span(reader.runs))
    least = reader.runs[span].sum() / reader.functions / SLACK
    usual = [
        item for item in candidates if item.kind not in RARE_KINDS and item.place != OTHERS
    ] or list(candidates)
    return [item for item in usual if item.delivered(traffic)[span].sum() >= least] or usual


def most_alike(candidates: Sequence[Candidate], reader: Reader, traffic: Counts) -> Candidate:
    """The candidate whose lagged entries go best with the runs; the first within 0.005 of it."""
    scores = [
        amplification.alike(reader.runs, item.delivered(traffic), reader.own_in(item.parts))
        for item in candidates
    ]
    top = max(scores)
    return next(c for c, score in zip(candidates, scores, strict=True) if score >= top - 0.005)

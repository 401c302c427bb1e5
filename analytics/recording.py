"""What the trails known record: how many of them charge for an entry.

Trails are known from changes in the archive, from a pull, or from a user's file. What none of them
tells is said among the assumptions, and taken for one copy: somebody recorded what is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analytics import effects, feeds
from analytics.feeds import Part
from analytics.selectors import MANAGEMENT_ONLY, Cell, Selector, on_unnamed
from analytics.series import Counts, Floats, Ints, Span
from analytics.topology import Topology, Trail
from analytics.trail_history import logging, reaching_in

if TYPE_CHECKING:
    from analytics.case import Case

MOST_COPIES = 63
Means = Mapping[tuple[str, str], float]
_MOST_NAMED = 5


@dataclass(frozen=True)
class Copies:
    """Which cells each known trail records, and when; and what is not known of that, in words."""

    parts: tuple[Part, ...]
    assumptions: tuple[str, ...]

    def of(self, places: Ints, minutes: Ints) -> Ints:
        """Copies of entries of these cells (places among the traffic's keys; −1 none) in these minutes."""
        return np.clip(_trails(self.parts, places, minutes), 1, MOST_COPIES)


def copies(case: Case) -> Copies:
    """The copies of every cell of the case's traffic."""
    topology, span = case.topology, case.data.span
    cells = [on_unnamed(cell) for cell in feeds.cells(case.data.traffic)]
    parts = tuple(
        part for trail in topology.trails.values() for part in _parts(trail, topology, cells, span)
    )
    return Copies(parts, tuple(_assumed(parts, case)))


def means(case: Case, found: Copies, first: int) -> Means:
    """Mean copies, from minute `first` on, of a function's entries by (its ARN, Data or Management)."""
    entries: dict[tuple[str, str], float] = {}
    copied: dict[tuple[str, str], float] = {}
    for counts, places, category in (
        (case.data.runs, case.data.run_cells, 6),
        (case.data.calls, case.data.call_cells, 3),
    ):
        single, weighted = totals(counts, places, found, first)
        for key, one, many in zip(counts.keys, single, weighted, strict=True):
            of = str(key[0]), "Data" if key[category] == "Data" else "Management"
            entries[of] = entries.get(of, 0.0) + float(one)
            copied[of] = copied.get(of, 0.0) + float(many)
    return {of: copied[of] / entries[of] for of in entries if entries[of]}


def mean_of_source(source: str, case: Case, found: Copies, first: int) -> float:
    """Mean copies, from minute `first` on, of the entries that a source causes; 1 where it caused none."""
    single = many = 0.0
    for counts, weight, places in effects.tables(case.weights[source], case.data):
        once, copied = totals(counts, places, found, first)
        single, many = single + float(once @ weight), many + float(copied @ weight)
    return many / single if single else 1.0


def totals(counts: Counts, places: Ints, found: Copies, first: int) -> tuple[Floats, Floats]:
    """Entries by key of `counts` from minute `first` on: each once, and each as often as it was copied."""
    values = counts.measures["entries"] * (counts.minute >= first)
    copied = values * found.of(places[counts.key], counts.minute)
    size = len(counts.keys)
    return (
        np.bincount(counts.key, weights=values, minlength=size).astype(float),
        np.bincount(counts.key, weights=copied, minlength=size).astype(float),
    )


def _trails(parts: Iterable[Part], places: Ints, minutes: Ints) -> Ints:
    """How many known trails record these cells in these minutes."""
    number = np.zeros(len(places), dtype=np.int64)
    for part in parts:
        number += part.holds(places, minutes)
    return number


def _parts(trail: Trail, topology: Topology, cells: Sequence[Cell], span: Span) -> Iterator[Part]:
    """What the trail records while it logs, by the selectors in force; of a trail whose selectors are not
    known, what a new one records."""
    settings = _settings(trail)
    starts = [span.clipped(since) for since, _ in settings]
    for on, off in logging(trail, topology, span):
        for (_, chosen), start, end in zip(
            settings, starts, [*starts[1:], span.minutes], strict=True
        ):
            for first, last, reaching in reaching_in(trail, max(on, start), min(off, end), span):
                yield Part(first, last, _mask(reaching, chosen, cells))


def _settings(trail: Trail) -> list[tuple[datetime | None, Selector]]:
    """(since, selector), the first since ever."""
    if not trail.selectors or trail.selectors[0][0] is not None:
        return [(None, MANAGEMENT_ONLY), *trail.selectors]
    return list(trail.selectors)


def _mask(trail: Trail, chosen: Selector, cells: Sequence[Cell]) -> feeds.Mask:
    return np.array(
        [trail.covers(cell.account, cell.region) and chosen.matches(cell) for cell in cells],
        dtype=bool,
    )


def _assumed(parts: Sequence[Part], case: Case) -> Iterator[str]:
    """What is not known of copies, with what is taken instead."""
    trails = case.topology.trails.values()
    if not trails:
        yield "how many trails record the entries is not known: one copy of each is counted"
        return
    yield f"copies of entries are those of the trails known: {_listed(t.arn for t in trails)}"
    if alone := _unknown_accounts(parts, case):
        yield f"no known trail records entries of {_listed(alone)}: one copy of each is counted"
    if unsaid := [trail.arn for trail in trails if not trail.selectors]:
        yield f"what {_listed(unsaid)} records is not known: taken for management entries"
    if narrow := [trail.arn for trail in trails if _is_narrow(trail, case)]:
        yield f"{_listed(narrow)} records named resources: no copy of their data entries is counted"


def _unknown_accounts(parts: Sequence[Part], case: Case) -> list[str]:
    """Accounts with management entries of which no known trail records any."""
    traffic = case.data.traffic
    covered = _trails(parts, traffic.key, traffic.minute) > 0

    def accounts(rows: NDArray[np.bool_]) -> set[str]:
        found = np.bincount(traffic.key[rows], minlength=len(traffic.keys))
        keys = (traffic.keys[place] for place in np.flatnonzero(found))
        return {str(key[0]) for key in keys if key[2] == "Management"}

    return sorted(accounts(~covered) - accounts(covered))


def _is_narrow(trail: Trail, case: Case) -> bool:
    """Whether the trail's selectors of now match some data entries only by their resources' names."""
    chosen = _settings(trail)[-1][1]
    cells = [cell for cell in feeds.cells(case.data.traffic) if cell.category == "Data"]
    return any(
        chosen.matches(cell) and not chosen.matches(on_unnamed(cell))
        for cell in cells
        if trail.covers(cell.account, cell.region)
    )


def _listed(texts: Iterable[str]) -> str:
    found = sorted(texts)
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(found[:_MOST_NAMED]) + more

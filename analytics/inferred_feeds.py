"""Which entries a source delivers where no trail is known to feed it: what explains its runs best.

Candidates are the entries of the source's own accounts, those of its region alone, or of all accounts, each of all
categories, of management with Lambda data, or of management alone; those of another account, for what may stand
behind its log group; and a trail that began to record functions' runs in the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analytics import amplification, inference, levels
from analytics.explained_feeds import ONE_TRAIL, PLAIN, Way, explain, fit, way_of
from analytics.feed_candidates import OTHERS, Candidate, Reader, candidates_of, masks_of, of_others
from analytics.feeds import Feed, Part, always, delivered, fed_by
from analytics.inference import Response
from analytics.selectors import Cell
from analytics.series import Counts

ELSEWHERE = 10.0  # by so much another account's entries must show in the runs more
TOLD = 0.8  # confidence in what the level of the runs tells, or the archive's files


def infer(
    accounts: Sequence[str],
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
    *,
    region: str | None = None,
    alone: bool = False,
    whole: bool = False,
    batched: bool = False,
    behind: bool = False,
    shared: bool = False,
    trails: Sequence[Sequence[Part]] = (),
) -> Feed:
    """The feed of a source in these accounts and this region that explains its reader's runs best. `trails` are what
    those recorded of which nothing tells where they deliver to; `alone` says that the archive is of a trail of theirs,
    so that others' entries must show plainly, `whole` that such a trail recorded all that the archive has of them, so
    that another is hardly the source's, `shared` that only an organization's trail is known to record theirs, `batched`
    that it hands on in batches, `behind` that it may stand behind another account's log group."""
    every = candidates_of(accounts, all_cells, reader, traffic.minutes, region, trails)
    candidates = [item for item in every if not ((shared or behind) and item.place == OTHERS)]
    rarer = ONE_TRAIL if whole else 0.0
    way, by_level, likely = explain(
        candidates, reader, traffic, rarer, batched=batched, shared=shared, alone=alone
    )
    if behind and not by_level:
        others = of_others(accounts, all_cells, reader, traffic)
        elsewhere = _shown_most(candidates, others, reader, traffic)
        way, likely = (elsewhere, (elsewhere.mask,)) if elsewhere else (way, likely)
    unsaid = Feed(way.parts, (), "unknown", 0.0)
    own = reader.own_in(way.parts)
    correlation = amplification.alike(reader.runs, unsaid.series(traffic), own)
    fits = whole or by_level or correlation >= amplification.GOOD_FIT
    return replace(
        unsaid,
        fed_by=(fed_by(None, all_cells, way.mask),),
        link="inferred" if fits else "unknown",
        confidence=round(min(0.9, max(TOLD if whole or by_level else 0.0, correlation)), 2),
        correlation=correlation,
        others=likely if len(likely) > 1 else (),
    )


def one_by_one(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, traffic: Counts
) -> bool:
    """Whether the reader plainly runs once for every entry that a trail could deliver to a source in these
    accounts, until its ceiling: nothing but a log processor has just as many runs, when it has them."""
    minutes = levels.span(reader.runs)
    fits = [
        found
        for mask in masks_of(accounts, all_cells, reader)
        if (found := fit(always(mask, traffic.minutes), reader, traffic))
    ]
    best = max(fits, key=lambda found: found.total, default=None)
    if best is None:
        return False
    scale = max(best.dispersion, 1.0)
    usual = levels.unrelated(reader.runs, reader.own, reader.functions, minutes)
    return best.total > usual + PLAIN * scale


def follows(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, traffic: Counts
) -> Response:
    """How the reader follows the entries that a trail could deliver to a source in these accounts: those that
    it follows most surely."""
    every = (always(mask, traffic.minutes) for mask in masks_of(accounts, all_cells, reader))
    runs = reader.runs / reader.functions
    found = [
        inference.response(runs, reader.own_in(parts), delivered(parts, traffic)) for parts in every
    ]
    return max(found, key=lambda item: item.sigmas, default=Response())


def _shown_most(
    candidates: Sequence[Candidate],
    others: Sequence[Candidate],
    reader: Reader,
    traffic: Counts,
) -> Way | None:
    """All entries of another account, where the runs show them plainly more than any candidate's: a stream's
    batches follow what fills it by a share, which more entries seem to explain as well."""

    def shown(item: Candidate) -> float:
        own = reader.own_in(item.parts)
        return inference.proportion(reader.runs, own, item.delivered(traffic)).shown

    best = max(others, key=shown, default=None)
    if best is None or shown(best) < max(map(shown, candidates), default=0.0) + ELSEWHERE:
        return None
    return way_of(best)

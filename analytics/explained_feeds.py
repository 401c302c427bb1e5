"""Which of the candidates explains a source's runs best, and what that does not rule out.

Where functions take entries one by one the level of the runs decides (`levels`); else how they move
(`inference.proportion`). A trail may have begun to record functions' runs in the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from analytics import inference, levels
from analytics.feed_candidates import (
    ALL,
    OTHERS,
    OWN,
    REGION,
    TRAIL,
    Candidate,
    Reader,
    at_any_time,
    enough,
    most_alike,
)
from analytics.feeds import Mask, Part, delivered
from analytics.inference import Proportion
from analytics.levels import Fit
from analytics.series import Counts

WORSE = 4.0  # log-likelihood: a model this much worse than another is not as good
ALIKE = 1.0  # … and this much, not worse at all
LESS = 2.0  # … and by this much less may all accounts explain, where they could have been ruled out
CHANGED = 8.0  # what a trail that changed in the window must explain better
PLAIN = 10.0  # what a log processor must explain better than any other function
RARE = {  # … and a trail of less than the archive has; one that is known to be there is likely to deliver somewhere
    TRAIL: -10.0,
    "management": 5.0,
    "data": 10.0,
    "filtered": 10.0,
}
ONE_TRAIL = 20.0  # … where one that recorded both delivers to the account's groups
CANNOT_BE = 10.0  # log-likelihood: as much as the level of runs in batches tells
RULED_OUT = 6.0  # log-likelihood: what is so much less likely than what is taken
# Log-likelihood: a trail of one region is rare; a group of which all accounts but its own are the entries, rarer; and
# so is an organization's trail where the archive is of the accounts' own.
OF_A_REGION, OF_OTHERS, NOT_ALONE = 10.0, 20.0, 20.0
FOURFOLD = 4.0
FREEDOM = 60  # minutes for which a moving mean of half an hour gains 1 of log-likelihood by chance, and more
LEAST_DISPERSION = 0.1
MOVES = 6.0  # log-likelihood: from which on runs are seen to move with what is delivered


@dataclass(frozen=True)
class _Explained:
    """A candidate with how well it explains the runs: one by one, in batches, and how they move
    (log-likelihood); `rarity` is what it must explain better than others."""

    candidate: Candidate
    one: Fit
    free: Fit
    moves: Proportion
    rarity: float


@dataclass(frozen=True)
class Way:
    """What is delivered in which minutes, and how well that explains the runs (log-likelihood)."""

    parts: tuple[Part, ...]
    place: str
    total: float

    @property
    def mask(self) -> Mask:
        """The cells that are delivered at any time."""
        return at_any_time(self.parts)


def explain(
    candidates: Sequence[Candidate],
    reader: Reader,
    traffic: Counts,
    rarer: float,
    *,
    batched: bool = False,
    shared: bool = False,
    alone: bool = False,
) -> tuple[Way, bool, tuple[Mask, ...]]:
    """What explains the runs best, whether it is their level that tells, and the cells of all that is not ruled
    out; a trail of less than the archive has is so much `rarer` than usual. Of what is handed on in batches no run
    stands for one entry, and the level tells only what cannot be. Where a trail is `shared` by all accounts, as far as
    the archive's keys tell, less than all must explain plainly more; where the source's is `alone` in the archive, more
    than its own must."""
    explained = [
        found for item in candidates if (found := _explained(item, reader, traffic, rarer))
    ]
    if not explained:
        left = enough(candidates, reader, traffic)
        alike = way_of(most_alike(left, reader, traffic))
        return alike, False, _different(item.mask for item in left)
    best = max((item.free for item in explained), key=lambda fit: fit.total)
    scale = max(best.dispersion, LEAST_DISPERSION)
    # runs for one entry each are Poisson's, however evenly they come at a ceiling, or below one by chance
    poisson = max(scale, 1.0)
    ones = [way_of(item.candidate, item.one.total - item.rarity * poisson) for item in explained]
    ones += _changed(explained, reader, traffic, poisson)
    top = max(way.total for way in ones)
    if not batched and top >= max(best.total - WORSE * poisson, _least_fit(reader, scale)):
        tells = _level_tells(reader, traffic, top - WORSE * poisson)
        way = _preferred(ones, poisson, far=_farther(tells or shared, alone))
        return way, True, _likely(way, ones, poisson)
    way, likely = _by_movement(explained, best, scale, shared=shared, alone=alone)
    return way, False, likely


def _by_movement(
    explained: Sequence[_Explained], best: Fit, scale: float, *, shared: bool, alone: bool
) -> tuple[Way, tuple[Mask, ...]]:
    """What explains best how the runs move, and the cells of all that is not ruled out."""
    moves = max(item.moves.shown for item in explained) >= MOVES
    # where they move with nothing, as at a ceiling or in whole files, it tells nothing that they do not with much
    least = min(item.moves.dispersion for item in explained) if moves else np.inf
    least = max(LEAST_DISPERSION, least)
    # the level says what cannot be, but no more than that: batches grow with the traffic, and lumps that are
    # delivered at other moments than were expected speak for the evener series
    cannot = [max((item.free.total - best.total) / scale, -CANNOT_BE) for item in explained]
    whole, partly = (
        [
            way_of(item.candidate, gain / least + level - item.rarity)
            for item, gain, level in zip(explained, gains, cannot, strict=True)
        ]
        for gains in zip(
            *((item.moves.gain, item.moves.share_gain) for item in explained), strict=True
        )
    )
    way = _preferred(whole, 1.0, far=_farther(moves or shared, alone))
    # batches move by a share of what is delivered: what is ruled out is so by that too
    top = max(other.total for other in partly)
    likely = _different([*_likely(way, whole, 1.0), *_likely(replace(way, total=top), partly, 1.0)])
    return way, likely


def _likely(taken: Way, ways: Sequence[Way], scale: float) -> tuple[Mask, ...]:
    """The cells of what is taken, and of every way that is not much less likely."""
    least = taken.total - RULED_OUT * scale
    return _different(way.mask for way in [taken, *ways] if way.total >= least)


def _different(masks: Iterable[Mask]) -> tuple[Mask, ...]:
    return tuple({mask.tobytes(): mask for mask in masks}.values())


def _least_fit(reader: Reader, scale: float) -> float:
    """The log-likelihood below which a model is no better than the runs' own moving mean, which has a freedom
    for every half an hour."""
    first, last = minutes = levels.span(reader.runs)
    usual = levels.unrelated(reader.runs, reader.own, reader.functions, minutes)
    return usual - (PLAIN + (last - first) / FREEDOM) * max(scale, 1.0)


def way_of(candidate: Candidate, total: float = 0.0) -> Way:
    """The candidate; `total` is how well it explains the runs."""
    return Way(candidate.parts, candidate.place, total)


def _explained(
    candidate: Candidate, reader: Reader, traffic: Counts, rarer: float
) -> _Explained | None:
    one, free = (
        fit(candidate.parts, reader, traffic, ratios)
        for ratios in (levels.ONE_BY_ONE, levels.IN_BATCHES)
    )
    own = reader.own_in(candidate.parts)
    moves = inference.proportion(reader.runs, own, candidate.delivered(traffic))
    usual = candidate.kind in ("all", TRAIL)
    rarity = RARE.get(candidate.kind, 0.0) + (0.0 if usual else rarer)
    return _Explained(candidate, one, free, moves, rarity) if one and free else None


def fit(
    parts: Sequence[Part],
    reader: Reader,
    traffic: Counts,
    ratios: Sequence[float] = levels.ONE_BY_ONE,
    minutes: tuple[int, int] | None = None,
) -> Fit | None:
    """How well the level of the runs goes with the entries of these parts, from its first run to its last, or in
    `minutes`; None where nothing can be told."""
    within = minutes or levels.span(reader.runs)
    return levels.fit(reader.runs, delivered(parts, traffic), reader.functions, ratios, within)


def _level_tells(reader: Reader, traffic: Counts, least: float) -> bool:
    """Whether the level of the runs tells anything: four times all entries would have shown."""
    more = FOURFOLD * traffic.series("entries", np.ones(len(traffic.keys)))
    found = levels.fit(
        reader.runs, more, reader.functions, levels.ONE_BY_ONE, levels.span(reader.runs)
    )
    return found is not None and found.total < least


def _farther(unlikely: bool, alone: bool) -> float:
    """By how much all accounts must explain the runs better than the source's own: less than not at all, where the
    counts or the archive's keys could have ruled them out."""
    return NOT_ALONE if alone else -LESS if unlikely else WORSE


def _preferred(ways: Sequence[Way], scale: float, *, far: float) -> Way:
    """The likeliest way. Of both places, all accounts where they explain the runs so much better, else the source's
    own; those of its region alone, as a trail of one region has them, or all others, where these explain the runs much
    better. Of kinds that do, the first."""
    top = {
        place: max((way.total for way in ways if way.place == place), default=-np.inf)
        for place in (OWN, REGION, ALL, OTHERS)
    }
    chosen = ALL if top[ALL] - top[OWN] > far * scale else OWN
    for place, rarity in ((REGION, OF_A_REGION), (OTHERS, OF_OTHERS)):
        if top[place] > top[chosen] + rarity * scale:
            chosen = place
    return next(
        way for way in ways if way.place == chosen and way.total >= top[chosen] - ALIKE * scale
    )


def _changed(
    explained: Sequence[_Explained], reader: Reader, traffic: Counts, scale: float
) -> list[Way]:
    """A trail that recorded management alone, and more from some minute on."""
    first, last = levels.span(reader.runs)
    found = []
    for early, late in product(explained, explained):
        less, more = early.candidate, late.candidate
        if (less.kind, less.place) != ("management", more.place):
            continue
        if more.kind not in ("all", "functions"):
            continue
        gain = np.cumsum(early.one.likelihood - late.one.likelihood)
        since = first + int(np.argmax(gain)) + 1
        before = fit(less.parts, reader, traffic, minutes=(first, since))
        after = fit(more.parts, reader, traffic, minutes=(since, last))
        if before and after:
            parts = (Part(0, since, less.mask), Part(since, traffic.minutes, more.mask))
            total = before.total + after.total - CHANGED * scale
            found.append(Way(parts, less.place, total))
    return found

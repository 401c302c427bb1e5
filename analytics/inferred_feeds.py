"""Which entries a source delivers where no trail is known to feed it: what explains its runs best.

Candidates are the entries of the source's own accounts, those of its region alone, or of all accounts, each of all
categories, of management with Lambda data, or of management alone; those of another account, for what may stand
behind its log group; and a trail that began to record functions' runs in the window. Where functions take entries
one by one the level of the runs decides (`levels`); else how they move. What that does not rule out is told too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from analytics import amplification, inference, lags, levels
from analytics.feeds import Feed, Mask, Part, fed_by, mask_of
from analytics.inference import Proportion, Response
from analytics.levels import Fit
from analytics.selectors import Cell
from analytics.series import Counts, Floats

SLACK = 1.1  # runs an entry that retries and the window's edges may add
WORSE = 4.0  # log-likelihood: a model this much worse than another is not as good
ALIKE = 1.0  # … and this much, not worse at all
CHANGED = 8.0  # what a trail that changed in the window must explain better
PLAIN = 10.0  # what a log processor must explain better than any other function
RARE = {
    "management": 5.0,
    "data": 10.0,
}  # … and a trail of less than the archive has, which is rare
ONE_TRAIL = (
    20.0  # … and rarer still, where a trail that records both delivers to the account's groups
)
CANNOT_BE = 10.0  # log-likelihood: as much as the level of runs in batches tells
RULED_OUT = 6.0  # log-likelihood: what is so much less likely than what is taken
OF_A_REGION = 10.0  # log-likelihood: a trail of one region is rare
ELSEWHERE = 10.0  # by so much another account's entries must show in the runs more
MOST_PLACES = 8  # other accounts, those with the most entries
FOURFOLD = 4.0
FREEDOM = 60  # minutes for which a moving mean of half an hour gains 1 of log-likelihood by chance, and more
LEAST_DISPERSION = 0.1
AT_CEILING = 0.5  # … of runs that move with nothing: they are too even to tell anything so sharply
TOLD = 0.8  # confidence in what the level of the runs tells, or the archive's files


@dataclass(frozen=True)
class Reader:
    """The functions that a source starts: their runs a minute, the entries that these write, and how many
    functions they are; the cells that filters let pass to them, where there are any."""

    runs: Floats
    own: Floats
    functions: int = 1
    takes: Mask | None = None


OWN, REGION, ALL = "own", "region", "all"


@dataclass(frozen=True)
class _Candidate:
    """Cells that may be delivered: of which place (OWN accounts, their entries of the source's REGION, ALL accounts,
    or one other's id), and of which kind."""

    mask: Mask
    place: str
    kind: str


@dataclass(frozen=True)
class _Explained:
    """A candidate with how well it explains the runs: one by one, in batches, and how they move
    (log-likelihood); `rarity` is what it must explain better than others."""

    candidate: _Candidate
    one: Fit
    free: Fit
    moves: Proportion
    rarity: float


@dataclass(frozen=True)
class _Way:
    """What is delivered in which minutes, and how well that explains the runs (log-likelihood)."""

    parts: tuple[Part, ...]
    place: str
    total: float

    @property
    def mask(self) -> Mask:
        """The cells that are delivered at any time."""
        found: Mask = np.any([part.mask for part in self.parts], axis=0)
        return found


def infer(
    accounts: Sequence[str],
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
    *,
    region: str | None = None,
    alone: bool = False,
    whole: bool = False,
    behind: bool = False,
) -> Feed:
    """The feed of a source in these accounts and this region that explains its reader's runs best; `alone` where
    it can be but theirs, `whole` where a trail of theirs recorded all that the archive has of them, so that another
    is hardly the source's, `behind` where it hands on in batches and may stand behind another account's log group."""
    every = _candidates(accounts, all_cells, reader, region)
    candidates = [item for item in every if not (alone and item.place == ALL)] or every
    rarer = ONE_TRAIL if whole else 0.0
    way, by_level, likely = _explanation(candidates, reader, traffic, rarer, batched=behind)
    if behind and not by_level:
        others = _elsewhere(accounts, all_cells, reader, traffic)
        elsewhere = _shown_most(candidates, others, reader, traffic)
        way, likely = (elsewhere, (elsewhere.mask,)) if elsewhere else (way, likely)
    unsaid = Feed(way.parts, (), "unknown", 0.0)
    correlation = amplification.alike(reader.runs, unsaid.series(traffic), reader.own)
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
        for mask in _masks(accounts, all_cells, reader)
        if (found := _fit(mask, reader, traffic))
    ]
    best = max(fits, key=lambda fit: fit.total, default=None)
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
    found = [
        inference.response(
            reader.runs / reader.functions, reader.own, traffic.series("entries", mask)
        )
        for mask in _masks(accounts, all_cells, reader)
    ]
    return max(found, key=lambda item: item.sigmas, default=Response())


def _masks(accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader) -> list[Mask]:
    """The entries of each candidate but those of data events alone; what is the same is there once."""
    found = (item.mask for item in _candidates(accounts, all_cells, reader) if item.kind != "data")
    return list({mask.tobytes(): mask for mask in found}.values())


def _candidates(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, region: str | None = None
) -> list[_Candidate]:
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
        _Candidate(inside & mask, place, kind)
        for place, inside in places.items()
        for kind, mask in kinds.items()
        if (inside & mask).any()
    ]


def _shown_most(
    candidates: Sequence[_Candidate],
    others: Sequence[_Candidate],
    reader: Reader,
    traffic: Counts,
) -> _Way | None:
    """All entries of another account, where the runs show them plainly more than any candidate's: a stream's
    batches follow what fills it by a share, which more entries seem to explain as well."""

    def shown(item: _Candidate) -> float:
        delivered = traffic.series("entries", item.mask)
        return inference.proportion(reader.runs, reader.own, delivered).shown

    best = max(others, key=shown, default=None)
    if best is None or shown(best) < max(map(shown, candidates), default=0.0) + ELSEWHERE:
        return None
    return _way(best, traffic)


def _elsewhere(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, traffic: Counts
) -> list[_Candidate]:
    """All entries of another account, of each of those with the most."""
    every = np.ones(len(all_cells), dtype=bool) if reader.takes is None else reader.takes
    names = {cell.account for cell in all_cells if cell.account} - set(accounts)
    found = [
        _Candidate(every & mask_of(cell.account == name for cell in all_cells), name, "all")
        for name in sorted(names)
    ]
    entries = [float(traffic.series("entries", item.mask).sum()) for item in found]
    order = np.argsort(entries)[::-1][:MOST_PLACES]
    return [found[place] for place in order]


def _explanation(
    candidates: Sequence[_Candidate],
    reader: Reader,
    traffic: Counts,
    rarer: float,
    *,
    batched: bool = False,
) -> tuple[_Way, bool, tuple[Mask, ...]]:
    """What explains the runs best, whether it is their level that tells, and the cells of all that is not ruled
    out; a trail of less than the archive has is so much `rarer` than usual. Of what is handed on in batches no run
    stands for one entry, and the level tells only what cannot be."""
    explained = [
        found for item in candidates if (found := _explained(item, reader, traffic, rarer))
    ]
    if not explained:
        enough = _enough(candidates, reader, traffic)
        alike = _way(_most_alike(enough, reader, traffic), traffic)
        return alike, False, _different(item.mask for item in enough)
    best = max((item.free for item in explained), key=lambda fit: fit.total)
    scale = max(best.dispersion, LEAST_DISPERSION)
    ones = [
        _way(item.candidate, traffic, item.one.total - item.rarity * scale) for item in explained
    ]
    ones += _changed(explained, reader, traffic, scale)
    top = max(way.total for way in ones)
    if not batched and top >= max(best.total - WORSE * scale, _least_fit(reader, scale)):
        tells = _level_tells(reader, traffic, top - WORSE * scale)
        way = _preferred(ones, scale, far=tells)
        return way, True, _likely(way, ones, scale)
    way, likely = _by_movement(explained, best, scale, traffic)
    return way, False, likely


def _by_movement(
    explained: Sequence[_Explained], best: Fit, scale: float, traffic: Counts
) -> tuple[_Way, tuple[Mask, ...]]:
    """What explains best how the runs move, and the cells of all that is not ruled out."""
    moves = max(item.moves.gain for item in explained) > 0
    least = max(
        LEAST_DISPERSION if moves else AT_CEILING, min(item.moves.dispersion for item in explained)
    )
    # the level says what cannot be, but no more than that: batches grow with the traffic, and lumps that are
    # delivered at other moments than were expected speak for the evener series
    cannot = [max((item.free.total - best.total) / scale, -CANNOT_BE) for item in explained]
    whole, partly = (
        [
            _way(item.candidate, traffic, gain / least + level - item.rarity)
            for item, gain, level in zip(explained, gains, cannot, strict=True)
        ]
        for gains in zip(
            *((item.moves.gain, item.moves.share_gain) for item in explained), strict=True
        )
    )
    way = _preferred(whole, 1.0, far=moves)
    # batches move by a share of what is delivered: what is ruled out is so by that too
    top = max(other.total for other in partly)
    likely = _different([*_likely(way, whole, 1.0), *_likely(replace(way, total=top), partly, 1.0)])
    return way, likely


def _likely(taken: _Way, ways: Sequence[_Way], scale: float) -> tuple[Mask, ...]:
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


def _way(candidate: _Candidate, traffic: Counts, total: float = 0.0) -> _Way:
    return _Way((Part(0, traffic.minutes, candidate.mask),), candidate.place, total)


def _explained(
    candidate: _Candidate, reader: Reader, traffic: Counts, rarer: float
) -> _Explained | None:
    one, free = (
        _fit(candidate.mask, reader, traffic, ratios)
        for ratios in (levels.ONE_BY_ONE, levels.IN_BATCHES)
    )
    moves = inference.proportion(reader.runs, reader.own, traffic.series("entries", candidate.mask))
    usual = candidate.kind == "all"
    rarity = RARE.get(candidate.kind, 0.0) + (0.0 if usual else rarer)
    return _Explained(candidate, one, free, moves, rarity) if one and free else None


def _fit(
    mask: Mask,
    reader: Reader,
    traffic: Counts,
    ratios: Sequence[float] = levels.ONE_BY_ONE,
    minutes: tuple[int, int] | None = None,
) -> Fit | None:
    delivered = traffic.series("entries", mask)
    within = minutes or levels.span(reader.runs)
    return levels.fit(reader.runs, delivered, reader.functions, ratios, within)


def _level_tells(reader: Reader, traffic: Counts, least: float) -> bool:
    """Whether the level of the runs tells anything: four times all entries would have shown."""
    more = FOURFOLD * traffic.series("entries", np.ones(len(traffic.keys)))
    found = levels.fit(
        reader.runs, more, reader.functions, levels.ONE_BY_ONE, levels.span(reader.runs)
    )
    return found is not None and found.total < least


def _preferred(ways: Sequence[_Way], scale: float, *, far: bool) -> _Way:
    """The likeliest way. Of both places, where they explain the runs as well as each other: all accounts
    where the counts could have ruled them out and did not, else the source's own; those of its region alone, as
    a trail of one region has them, where these explain the runs much better. Of kinds that do, the first."""
    top = {
        place: max((way.total for way in ways if way.place == place), default=-np.inf)
        for place in (OWN, REGION, ALL)
    }
    chosen = ALL if top[ALL] - top[OWN] > (-WORSE if far else WORSE) * scale else OWN
    if top[REGION] > top[chosen] + OF_A_REGION * scale:
        chosen = REGION
    return next(
        way for way in ways if way.place == chosen and way.total >= top[chosen] - ALIKE * scale
    )


def _changed(
    explained: Sequence[_Explained], reader: Reader, traffic: Counts, scale: float
) -> list[_Way]:
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
        before = _fit(less.mask, reader, traffic, minutes=(first, since))
        after = _fit(more.mask, reader, traffic, minutes=(since, last))
        if before and after:
            parts = (Part(0, since, less.mask), Part(since, traffic.minutes, more.mask))
            total = before.total + after.total - CHANGED * scale
            found.append(_Way(parts, less.place, total))
    return found


def _enough(candidates: Sequence[_Candidate], reader: Reader, traffic: Counts) -> list[_Candidate]:
    """The candidates that deliver an entry for every run of a function at least: no run takes less."""
    span = slice(*lags.active_span(reader.runs))
    least = reader.runs[span].sum() / reader.functions / SLACK
    usual = [item for item in candidates if item.kind != "data"] or list(candidates)
    return [
        item for item in usual if traffic.series("entries", item.mask)[span].sum() >= least
    ] or usual


def _most_alike(candidates: Sequence[_Candidate], reader: Reader, traffic: Counts) -> _Candidate:
    """The candidate whose lagged entries go best with the runs; the first within 0.005 of it."""
    scores = [
        amplification.alike(reader.runs, traffic.series("entries", item.mask), reader.own)
        for item in candidates
    ]
    top = max(scores)
    return next(c for c, score in zip(candidates, scores, strict=True) if score >= top - 0.005)

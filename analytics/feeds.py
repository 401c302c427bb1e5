"""Which entries a log source delivers: by the trails that feed it, else by how the counts move.

A feed is a series of entries a minute and a test of cells (which entries come back through the source).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics import amplification, arns, selectors
from analytics.findings import FedBy
from analytics.selectors import Cell
from analytics.series import Counts, Floats, Span
from analytics.topology import Link, Topology, Trail

Mask = NDArray[np.bool_]
SLACK = 1.1  # runs an entry that retries and the window's edges may add
SURE = 2.5  # standard errors
RARE = 0.2  # of correlation: what a trail of data events alone must explain better


@dataclass(frozen=True)
class Part:
    """Cells delivered in minutes [first, last)."""

    first: int
    last: int
    mask: Mask


@dataclass(frozen=True)
class Feed:
    """What a source delivers: parts over the cells of the traffic counts, who feeds it, how that is known."""

    parts: tuple[Part, ...]
    fed_by: tuple[FedBy, ...]
    link: str
    confidence: float
    correlation: float = 0.0

    def series(self, traffic: Counts) -> Floats:
        """Entries delivered a minute."""
        total = np.zeros(traffic.minutes)
        for part in self.parts:
            total[part.first : part.last] += traffic.series("entries", part.mask)[
                part.first : part.last
            ]
        return total

    def covered(self, cell_places: NDArray[np.int64], minutes: NDArray[np.int64]) -> Mask:
        """Which rows (place of their cell in the traffic counts, −1 none; minute) the source delivers."""
        found = np.zeros(len(minutes), dtype=bool)
        for part in self.parts:
            inside = (minutes >= part.first) & (minutes < part.last) & (cell_places >= 0)
            found[inside] |= part.mask[cell_places[inside]]
        return found


def cells(traffic: Counts) -> tuple[Cell, ...]:
    """The traffic keys as cells."""
    return tuple(Cell(*key) for key in traffic.keys)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reader:
    """The functions that a source starts: their runs a minute, the entries that these write, those of them
    that are written in the source's own accounts, and how many functions they are."""

    runs: Floats
    own: Floats
    own_near: Floats
    functions: int = 1


def feed_of(
    node: str,
    kind: str,
    accounts: Sequence[str],
    reader: Reader,
    traffic: Counts,
    topology: Topology,
    span: Span,
) -> Feed:
    """The feed of a source in `accounts`, by who reads it."""
    runs = reader.runs
    all_cells = cells(traffic)
    patterns = [link.pattern for link in topology.out_of(node) if link.pattern]
    rule = selectors.pattern(patterns[-1]) if kind == "eventbridge" and patterns else None
    if rule is not None:
        return _rule_feed(node, rule, all_cells, runs, traffic)
    trails = topology.feeding_trails(node)
    if trails:
        found = _trail_feed(trails, all_cells, runs, traffic, span)
        return _until(found, _end(topology.out_of(node), span))
    return _inferred_feed(accounts, all_cells, reader, traffic)


def _end(links: Sequence[Link], span: Span) -> int:
    """The minute after which none of a source's links to functions holds any more; the window's end where
    one does."""
    ends = [link.until for link in links if arns.service(link.target) == "lambda"]
    if not ends or None in ends:
        return span.minutes
    return min(max(span.clipped(end) for end in ends) + 1, span.minutes)


def _until(feed: Feed, last: int) -> Feed:
    parts = [replace(part, last=min(part.last, last)) for part in feed.parts]
    return replace(feed, parts=tuple(part for part in parts if part.first < part.last))


def everything(traffic: Counts, trail: str | None, link: str) -> Feed:
    """All entries: what a bucket delivers that CloudTrail writes this archive's files into, and the ARN of
    the trail that does so, where it is known."""
    mask = np.ones(len(traffic.keys), dtype=bool)
    all_cells = cells(traffic)
    return Feed(
        (Part(0, traffic.minutes, mask),),
        (_fed_by(trail, all_cells, mask),),
        link,
        0.9,
    )


def _rule_feed(
    node: str, rule: selectors.Pattern, all_cells: Sequence[Cell], runs: Floats, traffic: Counts
) -> Feed:
    """A rule sees its own account and region; whether it sees management reads, and entries that another
    region's bus hands on, are settings that the counts decide: a rule starts one run an entry."""
    account, region = arns.account(node), arns.region(node)
    anywhere = _mask(rule.matches(cell) and cell.account == account for cell in all_cells)
    here = anywhere & _mask(cell.region == region for cell in all_cells)
    writes = _mask(not (cell.read_only and cell.category == "Management") for cell in all_cells)
    candidates = [here & writes, here, anywhere & writes, anywhere]
    misses = [abs(np.log(_level(runs, traffic.series("entries", mask)))) for mask in candidates]
    chosen = next(
        mask for mask, miss in zip(candidates, misses, strict=True) if miss <= min(misses) + 0.03
    )
    fed = FedBy(None, (account,) if account else (), _categories(all_cells, chosen))
    return Feed((Part(0, traffic.minutes, chosen),), (fed,), "recorded", 1.0)


def _level(runs: Floats, delivered: Floats) -> float:
    first, last = amplification.active_span(runs)
    total = delivered[first:last].sum()
    return float(max(runs.sum(), 1.0) / total) if total > 0 else 1e-9


def _trail_feed(
    trails: Sequence[tuple[Trail, tuple[Link, ...]]],
    all_cells: Sequence[Cell],
    runs: Floats,
    traffic: Counts,
    span: Span,
) -> Feed:
    parts: list[Part] = []
    fed: list[FedBy] = []
    for trail, way in trails:
        own = _while_linked(_trail_parts(trail, all_cells, runs, traffic, span), way, span)
        parts += [replace(part, mask=part.mask & ~_before(parts, part)) for part in own]
        seen = np.any([np.zeros(len(all_cells), dtype=bool), *(part.mask for part in own)], axis=0)
        fed.append(_fed_by(trail.arn, all_cells, seen))
    configured = any(link.origin == "configured" for _, way in trails for link in way)
    return Feed(
        tuple(parts),
        tuple(fed),
        "configured" if configured else "recorded",
        0.98 if configured else 1.0,
    )


def _while_linked(parts: Sequence[Part], way: Sequence[Link], span: Span) -> list[Part]:
    """The parts while every link on the way held; entries under way when a link was made pass it too."""
    first = max(
        (span.clipped(link.since) - amplification.LAGS for link in way if link.since), default=0
    )
    last = min((span.clipped(link.until) for link in way if link.until), default=span.minutes)
    inside = [
        replace(part, first=max(part.first, first), last=min(part.last, last)) for part in parts
    ]
    return [part for part in inside if part.first < part.last]


def _before(parts: Sequence[Part], part: Part) -> Mask:
    """Cells that another trail delivers in the same minutes already: an entry counts once a source."""
    found = np.zeros(len(part.mask), dtype=bool)
    for other in parts:
        if other.first < part.last and part.first < other.last:
            found |= other.mask
    return found


def _trail_parts(
    trail: Trail, all_cells: Sequence[Cell], runs: Floats, traffic: Counts, span: Span
) -> list[Part]:
    covered = _mask(trail.covers(cell.account, cell.region) for cell in all_cells)
    settings = _settings(trail, covered, all_cells, runs, traffic)
    starts = [span.clipped(since) for since, _ in settings]
    ends = [*starts[1:], span.minutes]
    return [
        Part(first, last, mask)
        for first, last, (_, mask) in zip(starts, ends, settings, strict=True)
        if last > first
    ]


def _settings(
    trail: Trail, covered: Mask, all_cells: Sequence[Cell], runs: Floats, traffic: Counts
) -> list[tuple[datetime | None, Mask]]:
    """(since, cells) for each setting of the trail's selectors. What held before the first recorded one is
    not known: where that one adds data events, they are taken to be new."""
    found: list[tuple[datetime | None, Mask]] = [
        (since, covered & _mask(selector.matches(cell) for cell in all_cells))
        for since, selector in trail.selectors
    ]
    management = covered & _mask(cell.category == "Management" for cell in all_cells)
    if not found or (len(found) == 1 and trail.created == found[0][0]):
        _, best = _best([covered, management], runs, traffic)
        return [(trail.created, best)]
    return found if trail.created else [(None, management & found[0][1]), *found]


def _inferred_feed(
    accounts: Sequence[str], all_cells: Sequence[Cell], reader: Reader, traffic: Counts
) -> Feed:
    """No trail is known: all accounts where the entries of the others show in the runs, else the source's own;
    of all categories, management with Lambda data, management, the one that explains the runs best. A trail
    of data events alone is rare, and bursts of management entries that a busy function takes together look
    like one: that takes more evidence."""
    everywhere = np.ones(len(all_cells), dtype=bool)
    near = _mask(cell.account in accounts for cell in all_cells)
    response = _response(near, reader, traffic)
    far = not near.any() or (response is not None and response.hears_others)
    place = everywhere if far else near
    management = _mask(cell.category == "Management" for cell in all_cells)
    functions = management | _mask(
        cell.event_source == "lambda.amazonaws.com" for cell in all_cells
    )
    data = _mask(cell.category == "Data" for cell in all_cells)
    kinds = [place & what for what in (everywhere, functions, management)]
    if response is not None and not response.deaf_to_itself:
        kinds = kinds[:2]
    correlation, chosen = _best(_enough(kinds, reader, traffic), reader.runs, traffic, reader.own)
    only_data, of_data = _best(
        _enough([place & data], reader, traffic), reader.runs, traffic, reader.own
    )
    if only_data > correlation + RARE:
        correlation, chosen = only_data, of_data
    fed = _fed_by(None, all_cells, chosen)
    confidence = round(min(0.9, max(0.0, correlation)), 2)
    known = correlation >= amplification.GOOD_FIT
    return Feed(
        (Part(0, traffic.minutes, chosen),),
        (fed,),
        "inferred" if known else "unknown",
        confidence,
        correlation,
    )


def _enough(candidates: Iterable[Mask], reader: Reader, traffic: Counts) -> list[Mask]:
    """The distinct candidates that deliver an entry for every run of a function at least: no run takes less."""
    found = _distinct(candidates, traffic)
    span = slice(*amplification.active_span(reader.runs))
    least = reader.runs[span].sum() / reader.functions / SLACK
    return [mask for mask in found if traffic.series("entries", mask)[span].sum() >= least] or found


@dataclass(frozen=True)
class _Response:
    """Runs an entry, with standard errors: of the source's own accounts, of the others, and of those that the
    runs wrote themselves; and the ratio that there is if all of them start runs."""

    ratios: Floats
    errors: Floats
    common: float

    @property
    def hears_others(self) -> bool:
        """Whether entries of other accounts start runs, and as many as those of the source's own do."""
        alike = np.abs(self.ratios[:2] - self.common) <= 2 * self.errors[:2]
        return bool(self.ratios[1] > SURE * self.errors[1] and alike.all())

    @property
    def deaf_to_itself(self) -> bool:
        """Whether the entries that the runs write plainly start fewer runs than others: no trail records them."""
        return bool(self.ratios[2] + 2 * self.errors[2] < self.common / 2)


def _response(near: Mask, reader: Reader, traffic: Counts) -> _Response | None:
    """A regression of the runs on the entries of others, near and far, and on what the runs write; None where
    they are too few to tell."""
    first, last = amplification.active_span(reader.runs)
    if last - first < amplification.MINIMUM_MINUTES:
        return None
    own_far = reader.own - reader.own_near
    inside = np.maximum(traffic.series("entries", near) - reader.own_near, 0.0)
    outside = np.maximum(traffic.series("entries", ~near) - own_far, 0.0)
    parts = [
        (amplification.lagged(part) @ amplification.usual_kernel())[first:last]
        for part in (inside, outside, reader.own)
    ]
    level = np.sum(parts, axis=0)
    if not level.any():
        return None
    weight = 1 / np.sqrt(np.maximum(level, 1.0))
    design = np.stack([amplification.high_pass(part) * weight for part in parts], axis=1)
    target = amplification.high_pass(reader.runs[first:last]) * weight
    found, *_ = np.linalg.lstsq(design, target, rcond=None)
    errors = np.sqrt((target - design @ found).var() * np.diag(np.linalg.pinv(design.T @ design)))
    return _Response(found, errors, float(reader.runs[first:last].sum() / level.sum()))


def _distinct(masks: Iterable[Mask], traffic: Counts) -> list[Mask]:
    seen: dict[bytes, Mask] = {}
    for mask in masks:
        if traffic.totals("entries")[mask].sum() > 0:
            seen.setdefault(mask.tobytes(), mask)
    return list(seen.values())


def _best(
    candidates: Sequence[Mask], runs: Floats, traffic: Counts, own: Floats | None = None
) -> tuple[float, Mask]:
    """The candidate whose lagged entries go best with the runs; the first within 0.005 of it."""
    if not candidates:
        return 0.0, np.zeros(len(traffic.keys), dtype=bool)
    scores = [
        amplification.fit_kernel(runs, traffic.series("entries", mask), own)[1]
        for mask in candidates
    ]
    top = max(scores)
    place = next(i for i, score in enumerate(scores) if score >= top - 0.005)
    return scores[place], candidates[place]


def _fed_by(trail: str | None, all_cells: Sequence[Cell], mask: Mask) -> FedBy:
    """What a trail delivers of the cells where `mask` is true."""
    chosen = (cell.account for cell, on in zip(all_cells, mask, strict=True) if on)
    accounts = tuple(sorted({account for account in chosen if account}))
    return FedBy(trail, accounts, _categories(all_cells, mask))


def _categories(all_cells: Sequence[Cell], mask: Mask) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                cell.category
                for cell, on in zip(all_cells, mask, strict=True)
                if on and cell.category
            }
        )
    )


def _mask(tests: Iterable[object]) -> Mask:
    return np.array([bool(test) for test in tests], dtype=bool)

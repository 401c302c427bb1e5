"""What a source delivers by the trails or the rule that are known to feed it, while their links held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product

import numpy as np

from analytics import arns, event_patterns, lags, rule_patterns
from analytics.archive import Delivered
from analytics.explained_feeds import ONE_TRAIL, explain
from analytics.feed_candidates import OWN, Candidate, Reader
from analytics.feeds import Feed, Mask, Part, always, cells, doubted, fed_by, mask_of
from analytics.findings import FedBy
from analytics.selectors import Cell
from analytics.series import Counts, Span
from analytics.topology import Link, Topology, Trail
from analytics.trail_history import logging

LEAST_RUNS = 30  # before a change, that tell anything of what came then
AS_MANY = 0.15  # runs an entry, that are as many as others: in natural logarithms

Settings = list[tuple[datetime | None, Mask]]  # since when what holds


def known(
    node: str,
    reader: Reader,
    traffic: Counts,
    topology: Topology,
    span: Span,
    by: Delivered,
) -> Feed | None:
    """The feed of a source with this reader, by the pattern of a rule or the trails that reach it;
    None where neither is known. `by` tells whose trails wrote the archive."""
    all_cells = cells(traffic)
    if rule := event_patterns.rule_behind(node, topology):
        patterns = event_patterns.of_rule(rule, topology)
        targets = {
            link.target for link in topology.out_of(node) if arns.service(link.target) == "lambda"
        }
        each = reader.runs / max(len(targets), 1)
        return rule_patterns.feed(rule, patterns, all_cells, each, traffic, span)
    trails = topology.feeding_trails(node)
    if not trails:
        return None
    found = _trail_feed(trails, topology, all_cells, reader, traffic, span, by)
    return _doubted(
        found.within(0, _end(topology.out_of(node), span)), trails, all_cells, reader, traffic
    )


def unlinked(
    account: str | None,
    region: str | None,
    reader: Reader,
    traffic: Counts,
    topology: Topology,
    span: Span,
) -> list[list[Part]]:
    """What each trail of this account and region recorded when, of which no log group is known that it delivers to:
    the source with this reader may be one."""
    all_cells = cells(traffic)
    own = mask_of(cell.account == account for cell in all_cells)
    return [
        _while_on(
            _parts(_selected(trail, own, all_cells, reader, traffic, span, Delivered())[0], span),
            _logging(trail, topology, reader, span),
        )
        for arn, trail in sorted(topology.trails.items())
        if (trail.account, trail.region) == (account, region)
        and trail.selectors
        and not any(arns.service(link.target) == "logs" for link in topology.out_of(arn))
    ]


def _doubted(
    feed: Feed,
    trails: Sequence[tuple[Trail, tuple[Link, ...]]],
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
) -> Feed:
    """The feed with what it may be as well, where selectors ask what cells do not know."""
    guessed = mask_of(
        any(
            trail.covers(cell.account, cell.region) and chosen.guesses(cell)
            for trail, _ in trails
            for _, chosen in trail.selectors
        )
        for cell in all_cells
    )
    return doubted(feed, guessed, reader.runs, traffic)


def _end(links: Sequence[Link], span: Span) -> int:
    """The minute after which none of a source's links to functions holds any more; the window's end where
    one does."""
    ends = [link.until for link in links if arns.service(link.target) == "lambda"]
    if not ends or None in ends:
        return span.minutes
    return min(max(span.clipped(end) for end in ends) + 1, span.minutes)


def _trail_feed(
    trails: Sequence[tuple[Trail, tuple[Link, ...]]],
    topology: Topology,
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
    span: Span,
    by: Delivered,
) -> Feed:
    parts: list[Part] = []
    fed: list[FedBy] = []
    others: tuple[Mask, ...] = ()
    for trail, way in trails:
        settings, likely = _settings(trail, all_cells, reader, traffic, span, by)
        told = _parts(settings, span)
        if len(trails) == 1:
            others = likely
        on = _logging(trail, topology, reader, span)
        own = _while_linked(_while_on(told, on), way, span)
        parts += [replace(part, mask=part.mask & ~_before(parts, part)) for part in own]
        seen = np.any([np.zeros(len(all_cells), dtype=bool), *(part.mask for part in own)], axis=0)
        fed.append(fed_by(trail.arn, all_cells, seen))
    configured = any(link.origin == "configured" for _, way in trails for link in way)
    return Feed(
        tuple(parts),
        tuple(fed),
        "configured" if configured else "recorded",
        0.98 if configured else 1.0,
        others=others if len(others) > 1 else (),
    )


def _while_linked(parts: Sequence[Part], way: Sequence[Link], span: Span) -> list[Part]:
    """The parts while every link on the way held; entries under way when a link was made pass it too."""
    first = max((span.clipped(link.since) - lags.LAGS for link in way if link.since), default=0)
    last = min((span.clipped(link.until) for link in way if link.until), default=span.minutes)
    inside = [
        replace(part, first=max(part.first, first), last=min(part.last, last)) for part in parts
    ]
    return [part for part in inside if part.first < part.last]


def _while_on(parts: Sequence[Part], spans: Sequence[tuple[int, int]]) -> list[Part]:
    return [
        replace(part, first=max(part.first, on), last=min(part.last, off))
        for part in parts
        for on, off in spans
        if max(part.first, on) < min(part.last, off)
    ]


def _logging(trail: Trail, topology: Topology, reader: Reader, span: Span) -> list[tuple[int, int]]:
    """The spans of minutes in which the trail logs; one that is told to while its source's runs show that it does
    so already, logged before."""
    spans = list(logging(trail, topology, span))
    if spans and trail.created is None and reader.runs[: spans[0][0]].sum() >= LEAST_RUNS:
        spans[0] = (0, spans[0][1])
    return spans


def _before(parts: Sequence[Part], part: Part) -> Mask:
    """Cells that another trail delivers in the same minutes already: an entry counts once a source."""
    found = np.zeros(len(part.mask), dtype=bool)
    for other in parts:
        if other.first < part.last and part.first < other.last:
            found |= other.mask
    return found


def _parts(settings: Settings, span: Span) -> list[Part]:
    """What holds when, without what holds for no minute."""
    starts = [span.clipped(since) for since, _ in settings]
    ends = [*starts[1:], span.minutes]
    return [
        Part(first, last, mask)
        for first, last, (_, mask) in zip(starts, ends, settings, strict=True)
        if last > first
    ]


def _settings(
    trail: Trail,
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
    span: Span,
    by: Delivered,
) -> tuple[Settings, tuple[Mask, ...]]:
    """(since, cells) for each setting of the trail, of its selectors or its reach, and all that it may record where
    its selectors are not known."""
    reaches = _reaches(trail, all_cells, reader, traffic, span)
    chosen, likely = _selected(trail, reaches[-1][1], all_cells, reader, traffic, span, by)
    edges = {since for since, _ in (*reaches, *chosen)}
    first = chosen[0][0]
    found = [
        (since, _at(reaches, since) & _at(chosen, since)) for since in sorted(edges, key=_order)
    ]
    return [setting for setting in found if _order(setting[0]) >= _order(first)], likely


def _order(since: datetime | None) -> datetime:
    return since or datetime.min


def _at(settings: Settings, time: datetime | None) -> Mask:
    """The setting in force at a time, the first before it."""
    held = [mask for since, mask in settings if _order(since) <= _order(time)]
    return held[-1] if held else settings[0][1]


def _selected(
    trail: Trail,
    covered: Mask,
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
    span: Span,
    by: Delivered,
) -> tuple[Settings, tuple[Mask, ...]]:
    """By its selectors, and all that it may record where they are not known. What held before the first recorded one is
    not known: where that one adds data events, they are taken to be new, unless the runs before it follow them, or what
    it leaves out."""
    if _is_untold(trail):
        mask, likely = _untold(trail, covered, all_cells, reader, traffic, by)
        return [(trail.created, mask)], likely
    found: Settings = [
        (since, mask_of(selector.matches(cell) for cell in all_cells))
        for since, selector in trail.selectors
    ]
    management = mask_of(cell.category == "Management" for cell in all_cells)
    every = np.ones(len(all_cells), dtype=bool)
    since, first = found[0]
    if trail.created or since is None:
        return found, ()
    before = reader.before(span.clipped(since))
    ways = [management & first, first, every][: 3 if before.runs.sum() >= LEAST_RUNS else 1]
    return [(None, _best(ways, covered, before, traffic)), *found], ()


def _is_untold(trail: Trail) -> bool:
    """Whether no selectors of the trail are recorded but those that every new one has."""
    since = [time for time, _ in trail.selectors]
    return not since or (len(since) == 1 and trail.created == since[0])


def _untold(
    trail: Trail,
    covered: Mask,
    all_cells: Sequence[Cell],
    reader: Reader,
    traffic: Counts,
    by: Delivered,
) -> tuple[Mask, tuple[Mask, ...]]:
    """What a trail of unknown selectors records, and all that it may: everything or management, of which the latter is
    the rarer where the trail wrote the archive and its files hold both."""
    management = mask_of(cell.category == "Management" for cell in all_cells)
    ways = {"all": np.ones(len(all_cells), dtype=bool), "management": management}
    candidates = [
        Candidate(always(mask & covered, traffic.minutes), OWN, kind) for kind, mask in ways.items()
    ]
    rarer = ONE_TRAIL if _wrote_both(trail, by) else 0.0
    found, _, likely = explain(candidates, reader, traffic, rarer)
    return found.mask, likely


def _wrote_both(trail: Trail, by: Delivered) -> bool:
    """Whether the archive's files, of management and data entries together, are this trail's."""
    account = trail.account or ""
    return by.whole(account) and trail.organization in (None, by.shared(account))


def _reaches(
    trail: Trail, all_cells: Sequence[Cell], reader: Reader, traffic: Counts, span: Span
) -> Settings:
    """By the accounts and regions that it covers."""

    def mask(organization: bool | None, regions: bool | None) -> Mask:
        reaching = trail.reaching(organization, regions)
        return mask_of(reaching.covers(cell.account, cell.region) for cell in all_cells)

    if not trail.reaches:
        return [(None, mask(trail.organization, trail.multi_region))]
    told = [(since, mask(*reach)) for since, *reach in trail.reaches]
    (_, *before), (since, *after) = trail.reaches[:2]
    ways = product(
        *(
            ((not new, new) if old is None else (old,))
            for old, new in zip(before, after, strict=True)
        )
    )
    was = _before_change([mask(*way) for way in ways], reader, traffic, span.clipped(since))
    return [(None, was), *told[1:]]


def _before_change(ways: Sequence[Mask], reader: Reader, traffic: Counts, minute: int) -> Mask:
    """What a trail covered before a change that made it cover the last of these: another, unless only with that one
    there were as many runs an entry as there are since."""

    def ratio(mask: Mask, span: slice) -> float:
        return float(
            reader.runs[span].sum() / max(traffic.series("entries", mask)[span].sum(), 1.0)
        )

    since = ratio(ways[-1], slice(minute, None))
    if len(ways) == 1 or reader.runs[:minute].sum() < LEAST_RUNS or not since:
        return ways[0]
    off = [abs(np.log(ratio(mask, slice(0, minute)) / since)) for mask in ways]
    best = int(np.argmin(off))
    return ways[best] if off[best] < AS_MANY else ways[int(np.argmin(off[:-1]))]


def _best(ways: Sequence[Mask], covered: Mask, reader: Reader, traffic: Counts) -> Mask:
    """The way in which what is covered explains the runs best."""
    if len(ways) == 1:
        return ways[0]
    parts = [always(mask & covered, traffic.minutes) for mask in ways]
    found, *_ = explain([Candidate(part, OWN, "all") for part in parts], reader, traffic, 0.0)
    return next(mask for mask, part in zip(ways, parts, strict=True) if part is found.parts)

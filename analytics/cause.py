"""Whose change closed a loop: the one that put its last missing piece in place.

A loop has parts that must all hold: each link on its way and its filter, each trail's recording, its selectors and
its reach. For every part the change that established it is the earliest of those that held without a break up to
the onset; the loop was closed by the latest of these. Changes that failed, that touch other things or that came
after the onset are no candidates, nor is one after which entries were given to the loop's sources for an hour and none
came back. Entries come within the delivery delay; the longer the gap, the weaker the claim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from analytics import arns, filter_patterns
from analytics.findings import Cause
from analytics.selectors import Cell
from analytics.timing import utc
from analytics.topology import Change, Filter, Topology, Trail, covers

MINUTE = timedelta(minutes=1)
# (gap up to, confidence): entries are delivered within minutes, a first full batch may take an hour
MOST_TAKEN = timedelta(hours=1)
CONFIDENCE = ((timedelta(minutes=30), 0.95), (timedelta(hours=1), 0.85), (timedelta(hours=6), 0.4))
# A function's new code or permission may have closed the loop, or have had nothing to do with it; so may a rule
# that is enabled, which may have been before, and a change of a trail that nothing recorded links to the loop.
CODE = UNLINKED = 0.6
# A trail that is told to log when such entries were logged already, as far as the archive shows, began nothing.
REPEATED = 0.4


def pieces(sources: Iterable[str], functions: Iterable[str], topology: Topology) -> frozenset[str]:
    """Every ARN that belongs to the loop: sources, what feeds them, functions.

    An account policy subscribes every log group of its account and region; a trail whose bucket or log group
    is not recorded may be the one that writes to a bucket or group that no known trail feeds.
    """
    nodes = set(sources)
    found = (
        {place for source in nodes for place, _ in topology.upstream(source)}
        | nodes
        | set(functions)
    )
    policies = (link for link in topology.links if link.source.endswith(":log-group:*"))
    found |= {link.source for link in policies if any(covers(link, node) for node in nodes)}
    for service in {
        str(arns.service(node)) for node in nodes if not topology.feeding_trails(node)
    } & {"s3", "logs"}:
        found |= {
            arn
            for arn in topology.trails
            if not any(arns.service(link.target) == service for link in topology.out_of(arn))
        }
    return frozenset(found)


def find(
    topology: Topology,
    of_loop: frozenset[str],
    onset: datetime,
    carried: Sequence[Cell],
    recorded_since: datetime | None = None,
    taken: Callable[[datetime], timedelta] = lambda _: timedelta(0),
) -> Cause | None:
    """The cause of a loop that began at `onset` (naive UTC) and brings back entries like `carried`; None
    rather than a guess.

    `recorded_since` is when the archive's first entries like those were written, `taken` for how long the loop's
    sources were given entries from a time to the onset: what closed it would have shown.
    """
    by = _latest(onset)
    closing = [*_links(topology, of_loop, by), *_filters(topology, of_loop, by, carried)]
    repeated: list[str] = []
    for arn in sorted(of_loop & set(topology.trails)):
        trail = topology.trails[arn]
        closing += [part.event_id for part in _selection(trail, topology, by, carried)]
        closing += [part.event_id for part in _reach(trail, topology, by, carried)]
        for part in _recording(trail, topology, by):
            already = recorded_since is not None and recorded_since < part.event_time - MINUTE
            (repeated if already else closing).append(part.event_id)
    ranked = (
        (1.0, _changes(topology, closing)),
        (REPEATED, _changes(topology, repeated)),
        (CODE, _code(topology, of_loop, by)),
    )
    for sure, parts in ranked:
        chosen = max(parts, key=lambda change: change.event_time, default=None)
        if chosen and taken(chosen.event_time) <= MOST_TAKEN:
            return _told(chosen, sure, topology, of_loop, onset)
    return None


def _told(
    chosen: Change, sure: float, topology: Topology, of_loop: frozenset[str], onset: datetime
) -> Cause | None:
    """The change as the cause, the less surely the longer before the onset; None if too long."""
    gap = onset - chosen.event_time
    confidence = next((value for most, value in CONFIDENCE if gap <= most), None)
    if confidence is None:
        return None
    if any(
        arn in of_loop and not topology.out_of(arn) for arn in chosen.touches & set(topology.trails)
    ):
        sure = min(sure, UNLINKED)
    return _cause(chosen, confidence * sure)


def _latest(onset: datetime) -> datetime:
    """The last moment at which a cause can lie: an onset that is known to the minute is somewhere in it."""
    return onset if onset.second or onset.microsecond else onset + MINUTE


def _changes(topology: Topology, event_ids: Iterable[str]) -> list[Change]:
    wanted = set(event_ids)
    return [change for change in topology.changes if change.event_id in wanted]


def _code(topology: Topology, of_loop: frozenset[str], by: datetime) -> list[Change]:
    return [
        change
        for change in topology.changes
        if change.event_name.startswith(("UpdateFunction", "AddPermission", "EnableRule"))
        and change.touches & of_loop
        and change.event_time <= by
    ]


def _cause(change: Change, confidence: float) -> Cause:
    return Cause(
        change.event_id,
        change.event_name,
        utc(change.event_time),
        change.actor,
        change.source_ip,
        round(confidence, 2),
    )


def _links(topology: Topology, of_loop: frozenset[str], by: datetime) -> Iterator[str]:
    """Per source node, the earliest of the links into the loop that still held at `by`."""
    holding = defaultdict(list)
    for link in topology.links:
        inside = link.source in of_loop and link.target in of_loop
        if (
            inside
            and link.event_id
            and link.since
            and link.since <= by
            and (link.until is None or link.until > by)
        ):
            holding[link.source].append(link)
    for links in holding.values():
        earliest = min(links, key=lambda link: link.since or by)
        yield earliest.event_id or ""


def _filters(
    topology: Topology, of_loop: frozenset[str], by: datetime, carried: Sequence[Cell]
) -> Iterator[str]:
    """Per log group, the earliest filter from which on one or another lets pass what the loop carries."""
    passing = defaultdict(list)
    for item in topology.filters:
        inside = item.source in of_loop and item.target in of_loop
        if inside and item.since and item.since <= by and _passes(item, carried):
            passing[item.source].append((item.since, item.until or datetime.max, item.event_id))
    for periods in passing.values():
        until, event_id = datetime.min, None
        for since, end, event in sorted(periods, key=lambda period: period[0]):
            event_id = event if since > until else event_id
            until = max(until, end)
        if until > by:
            yield event_id or ""


def _passes(item: Filter, carried: Sequence[Cell]) -> bool:
    test = filter_patterns.parse(item.pattern)
    return test is None or any(test(cell) is not False for cell in carried)


def _recording(trail: Trail, topology: Topology, by: datetime) -> Iterator[Change]:
    """The StartLogging that is in force."""
    on = None
    for time, logging in sorted(trail.logging):
        if time > by:
            break
        on = (time if on is None else on) if logging else None
    if on is not None:
        yield from (
            change
            for change in topology.changes
            if change.event_time == on and trail.arn in change.touches
        )


def _selection(
    trail: Trail, topology: Topology, by: datetime, carried: Sequence[Cell]
) -> Iterator[Change]:
    """The earliest selectors from which on the trail records what the loop carries."""
    since = None
    for time, selector in trail.selectors:
        if time is None or time > by:
            continue
        covers = any(selector.matches(cell) for cell in carried)
        since = (time if since is None else since) if covers else None
    if since is not None:
        yield from (
            change
            for change in topology.changes
            if change.event_time == since
            and trail.arn in change.touches
            and change.event_name != "StartLogging"
        )


def _reach(
    trail: Trail, topology: Topology, by: datetime, carried: Sequence[Cell]
) -> Iterator[Change]:
    """The change from which on the trail covers the accounts and regions of what the loop carries, where it is not
    those of its own."""
    since, on = None, _covers(trail.reaching(False, False), carried)
    for time, *reach in trail.reaches:
        if time is not None and time > by:
            break
        covers = _covers(trail.reaching(*reach), carried)
        since = time if covers and not on else since
        on = covers
    if on and since is not None:
        yield from (
            change
            for change in topology.changes
            if change.event_time == since and trail.arn in change.touches
        )


def _covers(trail: Trail, carried: Sequence[Cell]) -> bool:
    return any(trail.covers(cell.account, cell.region) for cell in carried)

"""The account's links over time: which trail writes where, what reads it, what starts which function.

A link is recorded (a successful change in the archive) or configured (pulled from the account, or a
user's file). Each knows since when and until when it held, and the event that made it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from analytics import arns
from analytics.selectors import Selector


@dataclass(frozen=True)
class Link:
    """`source` hands on to `target` in [since, until); None is "as far as is known". `excepted`: the names of log
    groups that an account's policy leaves out."""

    source: str
    target: str
    since: datetime | None = None
    until: datetime | None = None
    origin: str = "recorded"
    event_id: str | None = None
    pattern: str | None = None
    batch_size: int | None = None
    excepted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Filter:
    """A subscription filter, or an account's policy, from a log group to `target` in [since, until): its pattern,
    the names of log groups that a policy leaves out, and the event that set it."""

    source: str
    target: str
    pattern: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    event_id: str | None = None
    excepted: frozenset[str] = frozenset()

    def of_group(self, group: str) -> bool:
        """Whether it is a log group's (by ARN): its own, or its account's policy's that does not leave it out."""
        return self.source == group or covers(self, group)


def covers(policy: Link | Filter, group: str) -> bool:
    """Whether a link or filter is an account's policy, of every log group (`log-group:*`), that covers this one."""
    place, _, name = group.partition(":log-group:")
    return policy.source == f"{place}:log-group:*" and name not in policy.excepted


@dataclass(frozen=True)
class Trail:
    """A trail and what it records: `selectors` are (since, selector) in order, `reaches` (since, whether of the whole
    organization, of all regions), the first since ever, with None for what it may have been; what they are now stands
    beside them."""

    arn: str
    account: str
    region: str
    organization: bool = False
    multi_region: bool = False
    created: datetime | None = None
    reaches: tuple[tuple[datetime | None, bool | None, bool | None], ...] = ()
    selectors: tuple[tuple[datetime | None, Selector], ...] = ()
    logging: tuple[tuple[datetime, bool], ...] = ()

    def reaching(self, organization: bool | None, multi_region: bool | None) -> Trail:
        """The same trail with this reach; what is not known is taken for no."""
        return replace(self, organization=bool(organization), multi_region=bool(multi_region))

    def covers(self, account: str | None, region: str | None) -> bool:
        """Whether entries of this account and region are the trail's, as it is now."""
        return (self.organization or account == self.account) and (
            self.multi_region or region == self.region
        )


@dataclass(frozen=True)
class Change:
    """A successful configuration change and the ARNs it touched."""

    event_id: str
    event_time: datetime
    event_name: str
    actor: str | None
    source_ip: str | None
    touches: frozenset[str]


@dataclass(frozen=True)
class Topology:
    """All links, trails, changes and subscription filters known, and by rule its patterns, each since when."""

    links: tuple[Link, ...] = ()
    trails: Mapping[str, Trail] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    filters: tuple[Filter, ...] = ()
    patterns: Mapping[str, tuple[tuple[datetime, str], ...]] = field(default_factory=dict)

    def rule_patterns(self, node: str) -> tuple[tuple[datetime | None, str], ...]:
        """The texts of a rule's patterns in order of time, each with since when, as far as is known."""
        given = tuple((None, link.pattern) for link in self.out_of(node) if link.pattern)
        return self.patterns.get(node, given[-1:])

    def into(self, node: str) -> tuple[Link, ...]:
        """The links that end at `node`."""
        return self._by_target.get(node, ())

    def out_of(self, node: str) -> tuple[Link, ...]:
        """The links that begin at `node`."""
        return self._by_source.get(node, ())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_target", _index(self.links, "target"))
        object.__setattr__(self, "_by_source", _index(self.links, "source"))

    _by_target: Mapping[str, tuple[Link, ...]] = field(init=False, repr=False, compare=False)
    _by_source: Mapping[str, tuple[Link, ...]] = field(init=False, repr=False, compare=False)

    def upstream(self, node: str) -> Iterator[tuple[str, tuple[Link, ...]]]:
        """Every node from which entries reach `node` without a function between, with the way."""
        todo: list[tuple[str, tuple[Link, ...]]] = [(node, ())]
        seen = {node}
        while todo:
            place, way = todo.pop()
            yield place, way
            for link in self.into(place):
                if link.source not in seen and arns.service(link.source) != "lambda":
                    seen.add(link.source)
                    todo.append((link.source, (link, *way)))

    def log_group_behind(self, node: str) -> str | None:
        """The first log group on the ways to `node`, or `node` itself if it is one; None where there is none."""
        return next((place for place, _ in self.upstream(node) if ":log-group:" in place), None)

    def feeding_trails(self, node: str) -> tuple[tuple[Trail, tuple[Link, ...]], ...]:
        """The trails that reach `node`, each with the links on its way."""
        found = [
            (self.trails[place], way) for place, way in self.upstream(node) if place in self.trails
        ]
        return tuple(sorted(found, key=lambda pair: pair[0].arn))

    def reached_since(self, nodes: Iterable[str]) -> datetime:
        """When the first trail was linked to one of these nodes, as far as that is recorded: what was delivered
        before, as other logs of the same log group, was none of its entries."""
        ways = [way for node in nodes for _, way in self.feeding_trails(node)]
        linked = [
            max((link.since or datetime.min for link in way), default=datetime.min) for way in ways
        ]
        return min(linked, default=datetime.min)

    def merged(self, other: Topology) -> Topology:
        """Both together; links and trails recorded in the archive win over configured ones."""
        known = {(link.source, link.target) for link in self.links}
        extra = tuple(link for link in other.links if (link.source, link.target) not in known)
        trails = dict(other.trails)
        for arn, trail in self.trails.items():
            pulled = other.trails.get(arn)
            trails[arn] = trail if pulled is None else _known_more(trail, pulled)
        set_here = {(item.source, item.target) for item in self.filters}
        filters = tuple(
            item for item in other.filters if (item.source, item.target) not in set_here
        )
        return Topology(
            self.links + extra,
            trails,
            self.changes + other.changes,
            self.filters + filters,
            {**other.patterns, **self.patterns},
        )


def _known_more(recorded: Trail, pulled: Trail) -> Trail:
    """What the records tell of a trail, with what they do not from the account."""
    found = replace(recorded, selectors=recorded.selectors or pulled.selectors)
    return found if found.reaches else found.reaching(pulled.organization, pulled.multi_region)


def _index(links: Iterable[Link], end: str) -> dict[str, tuple[Link, ...]]:
    found: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        found[getattr(link, end)].append(link)
    return {node: tuple(items) for node, items in found.items()}

"""The topology as changes leave it, one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from analytics import arns
from analytics.changes.event import Event
from analytics.topology import Change, Filter, Link, Topology, Trail


class Builder:
    """Links, filters and trails, each with its history.

    What a later change refers to and only an earlier one explains stands in the dictionaries beside them.
    """

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.trails: dict[str, Trail] = {}
        self.changes: list[Change] = []
        self.patterns: dict[str, list[tuple[datetime, str]]] = defaultdict(list)  # by rule
        self.mappings: dict[str, tuple[str, str]] = {}  # by uuid: source, function
        self.subscriptions: dict[str, tuple[str, str]] = {}  # by ARN: topic, target
        self.filters_of: dict[str, dict[str, str]] = defaultdict(dict)  # group: name: target
        self.targets_of: dict[str, dict[str, str]] = defaultdict(dict)  # rule: id: target
        self.notified: dict[str, dict[str, str]] = {}  # by bucket and target, of what
        self.put_aside: dict[str, list[tuple[str, str]]] = {}  # by rule or function: its links
        self._open: dict[str, dict[str, int]] = defaultdict(dict)  # source: target: place in links
        self._filters: dict[str, list[Filter]] = defaultdict(list)  # by group and name

    def topology(self) -> Topology:
        """What there is now, with its history."""
        filters = tuple(item for history in self._filters.values() for item in history)
        patterns = {rule: tuple(history) for rule, history in self.patterns.items()}
        return Topology(tuple(self.links), self.trails, tuple(self.changes), filters, patterns)

    def note(self, event: Event, touched: Iterable[str | None]) -> None:
        """Keeps the change itself, with the ARNs that it touched."""
        arns_touched = frozenset(arn for arn in touched if arn)
        actor = event.row["identity_arn"] or event.row["invoked_by"]
        address = event.row["source_ip_address"]
        self.changes.append(Change(event.id, event.time, event.name, actor, address, arns_touched))

    def link(self, event: Event, source: str, target: str, **more: Any) -> None:
        """Opens a link from this event on; one that is there already stays as it is."""
        if target not in self._open[source]:
            self._open[source][target] = len(self.links)
            self.links.append(Link(source, target, since=event.time, event_id=event.id, **more))

    def held(self, source: str, target: str) -> None:
        """Opens a link that was there before the first change that is known."""
        self._open[source][target] = len(self.links)
        self.links.append(Link(source, target))

    def close(self, event: Event, source: str, target: str | None = None) -> list[str]:
        """Ends the open links of a source (to one target, or all); returns the targets that they had."""
        closed = [other for other in self.targets(source) if target in (None, other)]
        for other in closed:
            place = self._open[source].pop(other)
            self.links[place] = replace(self.links[place], until=event.time)
        return closed

    def targets(self, source: str) -> list[str]:
        """Where the open links of a source end."""
        return list(self._open.get(source, ()))

    def open(self, source: str) -> list[Link]:
        """The open links of a source."""
        return [self.links[place] for place in self._open.get(source, {}).values()]

    def sources(self, target: str) -> list[str]:
        """Where the open links to a target begin."""
        return [source for source, targets in self._open.items() if target in targets]

    def filter(self, event: Event, name: str, made: Filter | None) -> None:
        """Ends a group's filter of that name, and sets this one in its place."""
        history = self._filters[name]
        if history and history[-1].until is None:
            history[-1] = replace(history[-1], until=event.time)
        if made is not None:
            history.append(replace(made, since=event.time, event_id=event.id))

    def trail(self, event: Event, name: str) -> Trail:
        """The trail of this name or ARN, made if new."""
        arn = name if name.startswith("arn:") else event.arn("cloudtrail", f"trail/{name}")
        found = self.trails.get(arn)
        if found is None:
            found = Trail(arn, arns.account(arn) or event.account, arns.region(arn) or event.region)
            self.trails[arn] = found
        return found


Handler = Callable[[Builder, Event], Iterable[str | None]]
"""Folds one change in, gives the ARNs that it touched."""

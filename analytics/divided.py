"""Cells of the traffic divided by what was called, for trails and rules that name it.

`traffic_minutes` counts entries by service and name, not by resource. Resources that all of them treat
alike share one cell, under the first of their names, so that there are few, however many resources there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from analytics import arns, event_patterns
from analytics.selectors import Cell
from analytics.series import Counts, Floats
from analytics.topology import Topology

Shares = Mapping[str, Floats]  # of a cell's entries, [minutes], by resource; together 1 at most


class Asks(Protocol):
    """A trail's selectors or a rule's pattern: which entries it asks for, and whether it names resources."""

    def matches(self, cell: Cell, /) -> bool:
        """Whether it asks for such entries."""

    def guesses(self, cell: Cell, /) -> bool:
        """Whether it does so only as far as something says that the cell does not know."""

    @property
    def names_some(self) -> bool:
        """Whether it names resources."""

    def looks_inside(self, beginning: str, /) -> bool:
        """Whether it may tell apart resources whose ARNs begin so."""


@dataclass(frozen=True)
class Asker:
    """A trail or a rule with all its settings, now or before, and the places (account, region) it looks at."""

    covers: Callable[[str | None, str | None], bool]
    settings: tuple[Asks, ...]


def askers(topology: Topology) -> tuple[Asker, ...]:
    """The trails and rules that name resources: few of an organization's, as a rule."""
    found = [
        Asker(trail.covers, tuple(chosen for _, chosen in trail.selectors))
        for trail in topology.trails.values()
    ]
    for rule in event_patterns.rules(topology):
        patterns = tuple(pattern for _, pattern in event_patterns.of_rule(rule, topology))
        found.append(Asker(partial(_is_of, arns.account(rule)), patterns))
    return tuple(asker for asker in found if any(one.names_some for one in asker.settings))


def _is_of(home: str | None, account: str | None, region: str | None) -> bool:
    del region  # another region's bus may hand its entries on
    return account == home


def asking(askers: Iterable[Asker], kinds: Sequence[Cell]) -> list[Asks]:
    """The settings, now or before, that match some of these cells of one account and region only for some
    resources."""
    return [
        chosen
        for asker in askers
        if asker.covers(kinds[0].account, kinds[0].region)
        for chosen in asker.settings
        if any(chosen.guesses(cell) for cell in kinds)
    ]


def alike(resources: Iterable[str], asked: Sequence[Asks], kinds: Sequence[Cell]) -> dict[str, str]:
    """For each resource the first of those that are treated as it is."""
    first: dict[tuple[bool, ...], str] = {}
    found: dict[str, str] = {}
    for resource in sorted(resources):
        of_it = [replace(cell, resource=resource) for cell in kinds]
        treated = tuple(chosen.matches(cell) for chosen in asked for cell in of_it)
        found[resource] = first.setdefault(treated, resource)
    return found


def divide(
    traffic: Counts, parts: Mapping[int, Shares]
) -> tuple[Counts, dict[tuple[int, str], int]]:
    """The traffic with these cells divided, and where each part of a cell is among its keys. What no resource
    is known of stays where it was; where nothing stays, the first part stands there."""
    keys = list(traffic.keys)
    entries = traffic.measures["entries"].copy()
    added = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))]
    places: dict[tuple[int, str], int] = {}
    for cell, shares in parts.items():
        rows = np.flatnonzero(traffic.key == cell)
        minute, whole = traffic.minute[rows], entries[rows].copy()
        rest = np.ones(traffic.minutes) - np.sum([*shares.values()], axis=0)
        entries[rows] = np.where(rest[minute] > 1e-9, whole * rest[minute], 0.0)
        for number, (resource, share) in enumerate(shares.items()):
            named = (*traffic.keys[cell][:6], resource)
            if number == 0 and not entries[rows].any():
                places[cell, resource] = cell
                keys[cell] = named
            else:
                places[cell, resource] = len(keys)
                keys.append(named)
            key = np.full(len(rows), places[cell, resource])
            added.append((minute, key, whole * share[minute]))
    more = [np.concatenate(columns) for columns in zip(*added, strict=True)]
    minute, key = (
        np.concatenate([mine, other])
        for mine, other in zip((traffic.minute, traffic.key), more[:2], strict=True)
    )
    entries = np.concatenate([entries, more[2]])
    there = entries > 0
    found = Counts(
        minute[there], key[there], tuple(keys), {"entries": entries[there]}, traffic.minutes
    )
    return found, places

"""Cells of the traffic divided by what was called, for trails whose selectors name it.

`traffic_minutes` counts entries by service and name, not by resource. Resources that all selectors treat
alike share one cell, under the first of their names, so that there are few, however many resources there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analytics.selectors import Cell, Selector
from analytics.series import Counts, Floats
from analytics.topology import Trail

Shares = Mapping[str, Floats]  # of a cell's entries, [minutes], by resource; together 1 at most


def naming(trails: Iterable[Trail]) -> tuple[Trail, ...]:
    """The trails whose selectors name resources, now or before: few of an organization's, as a rule."""
    return tuple(
        trail for trail in trails if any(chosen.names_some for _, chosen in trail.selectors)
    )


def asking(trails: Iterable[Trail], kinds: Sequence[Cell]) -> list[Selector]:
    """The selectors, now or before, that match some of these cells of one account and region only for some
    resources."""
    return [
        chosen
        for trail in trails
        if trail.covers(kinds[0].account, kinds[0].region)
        for _, chosen in trail.selectors
        if any(chosen.guesses(cell) for cell in kinds)
    ]


def alike(
    resources: Iterable[str], asked: Sequence[Selector], kinds: Sequence[Cell]
) -> dict[str, str]:
    """For each resource the first of those that the selectors treat as they treat it."""
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

"""The first time that something starts a function, where that rarely happens."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analytics.detectors import rarity
from analytics.detectors.base import Limits, Spell, Subject, hour_text, safe
from analytics.detectors.panel import Panel, hour_index

# the same newcomer at this many functions at once is one story, not many
TOGETHER = 3


@dataclass(frozen=True)
class Arrival:
    """A newcomer's first hour at a function (index of the panel)."""

    account: str
    function: str
    newcomer: str
    hour: int


def find(
    hours: pa.Table, panel: Panel, kind: str, detector: str, limits: Limits
) -> tuple[Spell, ...]:
    """Arrivals of subjects of `kind` at functions that know themselves long enough.

    Arrivals at one function are taken for a Poisson process; its rate, from the earlier arrivals
    after the function's first days plus one half (Jeffreys' prior), gives the chance of one in a
    day. So a function must have been watched for some days before a newcomer is news.
    """
    functions = {key: row for row, key in enumerate(panel.subjects) if key.kind == "function"}
    found: list[Spell] = []
    for (account, function), arrivals in _arrivals(hours, kind).items():
        row = functions.get(Subject(account, "function", function))
        if row is not None:
            active = np.flatnonzero(panel.entries[row])
            found += _of_function(panel, arrivals, active, detector, limits)
    rarest = sorted(_together(found, panel, kind), key=lambda s: (-s.score, s.first, s.subject))
    return tuple(rarest[: math.ceil(limits.newcomers_per_day * panel.hours / 24)])


def _of_function(
    panel: Panel, arrivals: list[Arrival], active: NDArray[np.int64], detector: str, limits: Limits
) -> list[Spell]:
    settled = int(active[0]) + limits.settle_hours
    late = [arrival for arrival in arrivals if arrival.hour >= settled]
    found = []
    for earlier, arrival in enumerate(late):
        a_day = (earlier + 0.5) * 24 / (arrival.hour - settled + 1)
        known = np.searchsorted(active, arrival.hour) >= limits.active_hours
        watched = arrival.hour - int(active[0]) >= limits.cold_start_hours
        if known and watched and a_day <= limits.arrivals_per_day:
            before = len(arrivals) - len(late) + earlier
            found.append(_spell(panel, detector, arrival, a_day, before))
    return found


def _arrivals(hours: pa.Table, kind: str) -> dict[tuple[str, str], list[Arrival]]:
    """By account and function, every newcomer's first hour, in time order."""
    table = hours.append_column("index", pa.array(hour_index(hours)))
    own = pc.equal(table["subject_kind"].cast(pa.string()), kind)
    rows = table.filter(pc.and_(own, pc.is_valid(table["function_arn"])))
    keys = ["account_id", "function_arn", "subject"]
    first = rows.group_by(keys).aggregate([("index", "min")]).select([*keys, "index_min"])
    found: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for row in first.to_pylist():
        arrival = Arrival(*row.values())
        found[arrival.account, arrival.function].append(arrival)
    return {key: sorted(found[key], key=lambda a: (a.hour, a.newcomer)) for key in sorted(found)}


def _spell(panel: Panel, detector: str, arrival: Arrival, a_day: float, known: int) -> Spell:
    chance = -float(np.expm1(-a_day))
    days = arrival.hour / 24
    words = (
        f"{safe(arrival.newcomer)} started it for the first time, in the hour from "
        f"{hour_text(panel.start, arrival.hour)}; in the {days:.1f} days before, {known} others had"
    )
    subject = Subject(arrival.account, "function", arrival.function)
    score = rarity.score(float(np.log(chance)))
    return Spell(
        detector, subject, arrival.hour, arrival.hour, score, words, partner=arrival.newcomer
    )


def _together(spells: list[Spell], panel: Panel, kind: str) -> tuple[Spell, ...]:
    """One spell of the newcomer instead of one each of many functions in the same hour."""
    groups: dict[tuple[str, str, int], list[Spell]] = defaultdict(list)
    for spell in spells:
        groups[spell.subject.account, spell.partner or "", spell.first].append(spell)
    found: list[Spell] = []
    for (account, newcomer, hour), group in groups.items():
        found += (
            group
            if len(group) < TOGETHER
            else [_of_many(group, Subject(account, kind, newcomer), hour, panel)]
        )
    return tuple(found)


def _of_many(group: list[Spell], subject: Subject, hour: int, panel: Panel) -> Spell:
    names = [spell.subject.name for spell in group]
    words = (
        f"It started {len(group)} functions for the first time in the hour from "
        f"{hour_text(panel.start, hour)}: {', '.join(safe(name) for name in names[:3])}"
        f"{', …' if len(names) > 3 else ''}"
    )
    score = max(spell.score for spell in group)
    return Spell(group[0].detector, subject, hour, hour, score, words)

"""Runs that were accepted and wait, as where a function runs at its concurrency: what they will write is foreseen.

Lambda keeps an asynchronous event that it cannot run for up to six hours (Lambda developer guide, "Error handling for
asynchronous invocation", MaximumEventAgeInSeconds); accepting it is recorded at once, running it when it runs. So the
entries of the last hours' deliveries are yet to come for a part, as those of the last minutes always are, and a count
of what is there would have a storm look the weaker the longer its queue. Until then a run that waits is taken to do
what those that were executed did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.flows import Flow
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Key
from analytics.starts import Graph, Start

# Runs that wait, and the part of all that are executed: of fewer it is not recorded, of more hardly any waits.
LEAST_WAITING, MANY, MOST = 100, 0.3, 0.95
KEPT_MINUTES = 360


@dataclass(frozen=True)
class Waiting:
    """A function of whose `accepted` runs so many wait at the window's end; `more` is how many ran or wait for one that
    ran."""

    function: str
    accepted: float
    waiting: float
    more: float

    def __str__(self) -> str:
        return (
            f"{self.function}: {self.waiting:,.0f} of the {self.accepted:,.0f} runs that were accepted are not "
            "executed, as where more wait than its concurrency lets run; in s and ρ they are taken to do what the "
            "others did."
        )


def found(flow: Flow, data: RollupData) -> tuple[Waiting, ...]:
    """The log-processing functions of which runs wait."""
    return tuple(_found(flow, data))


def _found(flow: Flow, data: RollupData) -> Iterator[Waiting]:
    for arn in sorted(flow.shares):
        mine = data.runs.where(lambda key, arn=arn: key[0] == arn)  # type: ignore[misc]
        runs, executed = (data.runs.series(name, mine) for name in ("runs", "executed"))
        ran = float(executed.sum())
        waiting = float(np.maximum(runs - executed, 0.0)[-KEPT_MINUTES:].sum())
        accepted = float(runs.sum())
        if waiting >= LEAST_WAITING and MANY * accepted < ran < MOST * accepted:
            yield Waiting(arn, accepted, waiting, 1 + waiting / ran)


def foreseen(waits: Sequence[Waiting], graph: Graph, flow: Flow, data: RollupData) -> RollupData:
    """The data with what runs that wait will write, in the minutes in which those that were executed wrote; the data
    itself where none wait."""
    if not waits:
        return data
    more = {item.function: item.more for item in waits}
    times = _times(graph, flow, more)
    caused = np.array([_of(start, flow, times) for start in _starts(graph, data.runs.keys)])
    own = np.array([more.get(str(key[0]), 1.0) for key in data.runs.keys])
    calls = np.array([times.get(str(key[0]), 1.0) for key in data.calls.keys])
    runs = data.runs.measures
    at_once = np.minimum(runs["runs"] + runs["throttled"], runs["entries"])
    entries = at_once + (runs["entries"] - at_once) * own[data.runs.key]
    whole = replace(data.runs, measures={**runs, "entries": entries})
    return replace(data, runs=_scaled(whole, caused), calls=_scaled(data.calls, calls))


def _times(graph: Graph, flow: Flow, more: Mapping[str, float]) -> dict[str, float]:
    """By log-processing function how often what it does when it runs is foreseen for once that it is recorded."""
    found: dict[str, float] = {}
    for arn in sorted(flow.shares, key=lambda arn: (flow.depth[arn], arn)):
        ways = graph.starts[arn]
        total = sum(ways.values())
        parts = [_of(start, flow, found) * runs for start, runs in ways.items()]
        found[arn] = (sum(parts) / total if total else 1.0) * more.get(arn, 1.0)
    return found


def _of(start: Start | None, flow: Flow, times: Mapping[str, float]) -> float:
    """The same of who starts a function: itself, or those who fill a relay."""
    if start is None:
        return 1.0
    fillers = (start.node,) if start.kind == "function" else flow.relays.get(start.node, ())
    return float(np.mean([times.get(arn, 1.0) for arn in fillers])) if fillers else 1.0


def _starts(graph: Graph, keys: Sequence[Key]) -> list[Start | None]:
    """What each key's runs are started by, where it is known."""
    found: list[Start | None] = [None] * len(keys)
    for (_, start), places in graph.keys.items():
        for place in places:
            found[place] = start
    return found


def _scaled(counts: Counts, times: Floats) -> Counts:
    measures = {name: values * times[counts.key] for name, values in counts.measures.items()}
    return replace(counts, measures=measures)

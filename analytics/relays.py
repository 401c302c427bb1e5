"""Relays: the queues, streams, tables and state machines that log-processing functions fill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from analytics import (
    amplification,
    arns,
    feeds,
    filling,
    flows,
    inference,
    inferred_feeds,
    lags,
    started,
)
from analytics.feed_candidates import Reader
from analytics.flows import Flow
from analytics.rollup_data import RollupData
from analytics.series import Floats
from analytics.starts import Graph, Start

LEAST_BATCHES = 10
EVEN = 0.35
FILLED_AFTER = 0.05  # of a queue's runs, after who fills it has ended
PLAIN, LIKELY = 0.6, 0.3  # correlation with who fills a queue: by itself; with a common beginning
# standard errors by which a queue follows its filler, and the trail's entries: each; both together. Of 615 queues of
# the business one had 4.4, and that one was not nearly as busy
FAINT, PLAIN_TOGETHER = 2.0, 4.5
BY_TENS = 0.05  # runs an entry: a queue's messages are read by ten at most, and a filter may take half of them
BEYOND_DOUBT, ALONE = 8.0, 3.0  # standard errors, and times the correlation of any other minute
AS_OFTEN = 1.05  # runs a run of who fills the queue, where each run fills it once
AT_ONCE = 1  # minute
MAPPED = {"sqs", "kinesis", "dynamodb"}  # what an event source mapping reads
READ_BY_TENS = {"sqs", "event_source_mapping"}
MOVING_KINDS = (
    "sqs",
    "sns",
    "event_source_mapping",
    "step_functions",
    "kinesis",
    "dynamodb",
    "destination",
)


def find(graph: Graph, sources: Collection[str], data: RollupData) -> dict[str, tuple[str, ...]]:
    """Nodes that log-processing functions fill, with who fills them; found step by step along the chain."""
    candidates = [
        start
        for node, start in started.nodes(graph).items()
        if node not in sources and start.kind in filling.RELAY_KINDS
    ]
    filled = filling.recorded_relays(data.calls, candidates)
    found: dict[str, tuple[str, ...]] = {}
    while True:
        flow = flows.trace(graph, [*sources, *found], found)
        fresh = {
            node: tuple(arn for arn in fillers if arn in flow.shares)
            for node, fillers in filled.items()
            if node not in found and any(arn in flow.shares for arn in fillers)
        }
        fresh |= _moving_together(graph, flow, candidates, {**found, **fresh}, data)
        fresh = {node: fillers for node, fillers in fresh.items() if fillers}
        if not fresh:
            return found
        found |= fresh


def _moving_together(
    graph: Graph,
    flow: Flow,
    candidates: Sequence[Start],
    known: Mapping[str, object],
    data: RollupData,
) -> dict[str, tuple[str, ...]]:
    """Queues and state machines whose fillings are not recorded: filled by the log processor whose runs
    explain theirs, where that is plain; of several functions behind one, by its busiest."""
    found: dict[str, tuple[str, ...]] = {}
    for start in candidates:
        if start.node in known or start.kind not in MOVING_KINDS:
            continue
        runs = started.busiest_runs(start.node, graph, data)
        if runs.sum() < LEAST_BATCHES:
            continue  # a few runs at the right minute are no evidence
        fillers = {
            arn: started.function_runs(arn, data)
            for arn in flow.shares
            if start.node not in _triggers(graph, arn)
        }
        scores = {arn: _follows(runs, filler) for arn, filler in fillers.items()}
        best = max(scores, key=lambda arn: scores[arn], default=None)
        even = [
            arn
            for arn, filler in fillers.items()
            if start.kind == "sqs" and _fills_evenly(runs, filler)
        ]
        together = [
            arn
            for arn, filler in fillers.items()
            if _begins_with(runs, filler, _recorded_since(arn, data))
        ]
        if best is not None and (
            scores[best] >= PLAIN
            or (scores[best] >= LIKELY and (best in together or _oftener(runs, fillers[best])))
            or _in_the_minute(runs, fillers[best])
        ):
            found[start.node] = (best,)
        elif len(together) == 1 and (start.kind == "sqs" or _fills(together[0], start.kind, data)):
            found[start.node] = (together[0],)
        elif even:
            found[start.node] = (even[0],)
        elif start.kind in READ_BY_TENS and (
            faint := _faintly(start.node, runs, fillers, graph, data)
        ):
            found[start.node] = (faint,)
    return found


def _begins_with(runs: Floats, filler: Floats, since: int) -> bool:
    """Whether both began within minutes of each other, an hour or more after runs are recorded at all, and the
    one did not go on when the other ended."""
    (first, _), (other, end) = lags.active_span(runs), lags.active_span(filler)
    begun = other - since >= amplification.MINIMUM_MINUTES and -1 <= first - other <= lags.LAGS
    after = float(runs[end + lags.LAGS :].sum())
    return bool(begun and after <= FILLED_AFTER * runs.sum())


def _recorded_since(arn: str, data: RollupData) -> int:
    """The first minute in which a run of the function's account is in the archive."""
    place = arns.account(arn)
    every = data.runs.series(
        "runs", data.runs.where(lambda key: arns.account(str(key[0])) == place)
    )
    return lags.active_span(every)[0]


def _fills_evenly(runs: Floats, filler: Floats) -> bool:
    """Whether the n-th run comes when the filler has run n times a fixed number: a batch that starts when
    it is full. Runs that know nothing of the filler stray from that line as a random walk does, by
    √(n / 15) intervals (a Brownian bridge less its trend); a third of it is evidence."""
    at = np.repeat(np.arange(len(runs)), runs.astype(int))
    if at.size < LEAST_BATCHES:
        return False
    filled = np.cumsum(filler)[at]
    number = np.arange(at.size)
    interval = np.diff(filled).mean()
    if interval < 2:
        return False
    astray = (filled - np.polyval(np.polyfit(number, filled, 1), number)).std() / interval
    return bool(astray < EVEN * np.sqrt(at.size / 15))


def _fills(function: str, kind: str, data: RollupData) -> bool:
    """Whether the function was seen to fill something of a node's kind, whichever it was."""
    services = MAPPED if kind == "event_source_mapping" else {kind}
    calls = (
        (str(key[4]).split(".")[0], str(key[5])) for key in data.calls.keys if key[0] == function
    )
    return any(service in services and filling.fills(service, name) for service, name in calls)


def _triggers(graph: Graph, arn: str) -> set[str]:
    return {start.node for start in graph.starts[arn]}


def _follows(runs: Floats, filler: Floats) -> float:
    """How well the filler's runs foretell these, as a correlation. A filler that is given many entries a run may fill
    the queue with each of them: then there are more runs than its own, and they come at once."""
    if _oftener(runs, filler) and not _at_once(runs, filler):
        return 0.0
    return amplification.follows(runs, filler)


def _oftener(runs: Floats, filler: Floats) -> bool:
    return bool(runs.sum() > filler.sum() * AS_OFTEN)


def _at_once(runs: Floats, filler: Floats) -> bool:
    """Whether the runs move with the filler's of the same minute, or the one before, more than with those of any other
    minute near: a function of the business comes minutes before, for it is what the filler is told of."""
    return _is_at_once(_moves(runs, filler))


def _is_at_once(moves: Mapping[int, float]) -> bool:
    return 0 <= max(moves, key=lambda lag: moves[lag], default=-1) <= AT_ONCE


def _in_the_minute(runs: Floats, filler: Floats) -> bool:
    """Whether the runs move with the filler's of the same minute beyond any doubt, and with hardly those of another."""
    moves = _moves(runs, filler)
    if not _is_at_once(moves):
        return False
    peak = max(moves.values())
    apart = max(value for lag, value in moves.items() if not -1 <= lag <= AT_ONCE + 1)
    first, last = lags.busiest(runs, amplification.WEEK)
    return bool(peak * np.sqrt(last - first) >= BEYOND_DOUBT and peak >= ALONE * apart)


def _moves(runs: Floats, filler: Floats) -> dict[int, float]:
    """Correlation of the movements of runs with those of the filler's so many minutes before, in the week with the most
    runs; none where that is not an hour."""
    first, last = lags.busiest(runs, amplification.WEEK)
    if last - first < amplification.MINIMUM_MINUTES:
        return {}
    moved, filled = (lags.high_pass(series[first:last]) for series in (runs, filler))
    size = float(np.sqrt((moved @ moved) * (filled @ filled)))
    near = range(-lags.LAGS, lags.LAGS + 1)
    return {lag: float(moved @ np.roll(filled, lag)) / size for lag in near} if size else {}


def _faintly(
    node: str, runs: Floats, fillers: Mapping[str, Floats], graph: Graph, data: RollupData
) -> str | None:
    """Who fills a queue whose runs follow the filler's faintly, and the entries that a trail delivers, or were none
    before the filler's: messages of many of the filler's runs go together, one for each entry that those were given.
    Faint signs of different kinds are one plain sign; for either alone queues of the business have it by chance."""
    if not _by_tens(node, graph, data):
        return None
    soon = {arn: _soon(runs, filler) for arn, filler in fillers.items()}
    best = max(soon, key=lambda arn: soon[arn], default=None)
    if best is None or soon[best] < FAINT:
        return None
    given = _given_entries(node, graph, data)
    begun = _begun_with(runs, fillers[best], _recorded_since(best, data))
    together = float(np.linalg.norm([soon[best], max(given, 0.0), begun]))
    return best if max(given, begun) >= FAINT and together >= PLAIN_TOGETHER else None


def _soon(runs: Floats, filler: Floats) -> float:
    """By how many standard errors the runs move with the filler's of the same minute and of the one before: a message
    is read in either."""
    moves = _moves(runs, filler)
    first, last = lags.busiest(runs, amplification.WEEK)
    near = [moves.get(lag, 0.0) for lag in range(AT_ONCE + 1)]
    return float(sum(near) * np.sqrt((last - first) / len(near)))


def _begun_with(runs: Floats, filler: Floats, since: int) -> float:
    """By how many standard errors the runs lack until the filler begins, with which they begin: the root of the
    deviance of none where so many a minute were expected as in their first hour (a Poisson count over its dispersion:
    McCullagh and Nelder, "Generalized Linear Models", chapter 6); 0 where they do not begin together."""
    first, begun = lags.active_span(runs)[0], lags.active_span(filler)[0]
    if not -1 <= first - begun <= AT_ONCE + 1:
        return 0.0
    early = runs[first : first + amplification.MINIMUM_MINUTES]
    lacking = early.mean() * max(begun - since, 0)
    return float(np.sqrt(2 * lacking / max(early.var() / early.mean(), 1.0)))


def _by_tens(node: str, graph: Graph, data: RollupData) -> bool:
    """Whether what a node starts is as much as comes of a message an entry."""
    accounts = {arns.account(arn) for arn in graph.functions_of(node)}
    runs = started.direct_runs(node, graph, data)
    entries = data.traffic.series("entries", data.traffic.where(lambda key: key[0] in accounts))
    return bool(runs.sum() >= BY_TENS * entries[slice(*lags.active_span(runs))].sum())


def _given_entries(node: str, graph: Graph, data: RollupData) -> float:
    """By how many standard errors what a node starts follows the entries that a trail delivers, and does so more than
    it foretells them; 0 where by too little."""
    functions = graph.functions_of(node)
    own = started.own_entries(functions, graph, data)
    reader = Reader(started.direct_runs(node, graph, data), own, max(len(functions), 1))
    accounts = sorted({arns.account(arn) or "" for arn in functions})
    found = inferred_feeds.follows(accounts, feeds.cells(data.traffic), reader, data.traffic)
    return min(found.sigmas, found.before) if found.gain >= inference.SHOWN else 0.0

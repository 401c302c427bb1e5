"""The loops of a case as findings: their strength, when and by what they began, what shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from analytics import arns, cause, describe, effects, feedback, feeds, lags, loops, selectors
from analytics.case import Case
from analytics.feed_candidates import at_any_time
from analytics.findings import Cause, Interval, Loop
from analytics.rollup_data import RollupData
from analytics.rounding import rounded
from analytics.series import Floats
from analytics.timing import utc


def found(case: Case) -> tuple[Loop, ...]:
    """The loops, the one of most entries first, numbered."""
    entries = {i: {j: back.entries for j, back in row.items()} for i, row in case.returned.items()}
    groups = loops.components(entries) + _own_group_loops(case)
    told = [_loop(group, case) for group in groups]
    ordered = sorted(told, key=lambda loop: (-loop.entries, loop.sources))
    return tuple(replace(loop, id=f"loop-{place}") for place, loop in enumerate(ordered, start=1))


def _own_group_loops(case: Case) -> list[tuple[str, ...]]:
    """Log groups of functions that they start themselves: the loop runs over log lines, not entries."""
    found: list[tuple[str, ...]] = []
    for node in case.measured:
        name = arns.own_log_group_of(node)
        reached = {
            arns.function_name(arn) for arn, share in case.flow.shares.items() if share.get(node)
        }
        if name is not None and name in reached:
            found.append((node,))
    return found


def _loop(group: tuple[str, ...], case: Case) -> Loop:
    data = case.data
    functions = _loop_functions(group, case)
    back, radius, interval = _strength(group, case)
    least, amplified, most = _amplification(group, radius, case)
    direct = np.sum([case.measured[node].direct_runs for node in group], axis=0)
    going_on = describe.is_active(back, data) and describe.is_active(direct, data)
    state = loops.state(1.0 if radius is None else radius, interval, not going_on)
    onset, found = _beginning(group, functions, back, case)
    entries = sum(_entries_of(arn, case) for arn in functions) or float(back.sum())
    total = max(float(data.traffic.measures["entries"].sum()), 1.0)
    accounts = {arns.account(arn) or "" for arn in functions} or _accounts(group, case)
    return Loop(
        id="",
        sources=group,
        functions=functions,
        accounts=tuple(sorted(accounts)),
        spectral_radius=rounded(radius, 6),
        spectral_radius_interval=None
        if radius is None
        else (round(interval[0], 6), round(interval[1], 6)),
        state=state,
        amplification=amplified if state != "sustained" else None,
        amplification_interval=None if least is None else (least, most),
        entries=round(entries),
        share_of_entries=round(entries / total, 6),
        doubling_minutes=_doubling(group, radius, case) if state == "runaway" else None,
        onset=None if onset is None else utc(onset),
        cause=found,
        evidence=describe.evidence(functions, data) or _delivery_evidence(group, data),
        ended=utc(data.span.time(int(np.flatnonzero(back)[-1]))) if state == "ended" else None,
        share_by_account=_share_by_account(functions, case),
    )


def _strength(group: tuple[str, ...], case: Case) -> tuple[Floats, float | None, Interval]:
    """What comes back a minute, and ρ with its interval; where a loop runs over log lines and not over
    entries, its runs stand for what comes back and ρ is not known."""
    pairs = [(i, j) for i in group for j in group]
    back = np.sum(
        [feedback.series(case.weights[i], case.measured[j], case.data) for i, j in pairs], axis=0
    )
    if not back.any():
        return np.sum([case.measured[node].direct_runs for node in group], axis=0), None, (1.0, 1.0)
    low, high = (loops.spectral_radius(k, group) for k in case.k_bounds)
    return back, loops.spectral_radius(case.k, group), (low, high)


def _amplification(
    group: tuple[str, ...], radius: float | None, case: Case
) -> tuple[float | None, float | None, float | None]:
    """How many entries one original entry ends as, at least, probably, at most; None where it has no end."""
    if radius is None:
        return None, None, None
    low, high = case.k_bounds
    least, likely, most = (rounded(loops.amplification(k, group), 4) for k in (low, case.k, high))
    return least, likely, most


def _beginning(
    group: tuple[str, ...], functions: tuple[str, ...], back: Floats, case: Case
) -> tuple[datetime | None, Cause | None]:
    """Onset and cause; no onset where the loop was there when the window began and no change tells."""
    onset = _onset(back, functions, case.data)
    if onset is None:
        return None, None
    onset = max(onset, case.topology.reached_since(group))
    pieces = cause.pieces(group, functions, case.topology)
    carried = _carried(group, case)
    recorded = _recorded_since(carried[:1], case.data)  # others of the loop may be recorded anyway

    def taken(since: datetime) -> timedelta:
        return _given(group, since, onset, case)

    found = _as_sure(
        cause.find(case.topology, pieces, onset, carried, recorded, taken), group, case
    )
    began_before = np.flatnonzero(back)[0] <= lags.LAGS and found is None
    return (None if began_before else onset), found


def _as_sure(found: Cause | None, group: tuple[str, ...], case: Case) -> Cause | None:
    """The cause, no surer than the loop itself: it is another one if a source has another of the feeds that nothing
    rules out."""
    fed = [case.measured[node].feed for node in group]
    doubts = [feed.confidence for feed in fed if feed.others and feed.link == "inferred"]
    sure = min(doubts, default=1.0)
    return found and replace(found, confidence=round(found.confidence * sure, 2))


def _given(group: tuple[str, ...], since: datetime, onset: datetime, case: Case) -> timedelta:
    """For how many minutes between two times there were entries of those that the group's sources deliver."""
    traffic, span = case.data.traffic, case.data.span
    first, last = (span.clipped(time) for time in (since, onset))
    parts = [part for node in group for part in case.measured[node].feed.parts]
    entries = traffic.series("entries", at_any_time(parts)) if parts else np.zeros(span.minutes)
    return timedelta(minutes=int((entries[first:last] > 0).sum()))


def _doubling(group: tuple[str, ...], radius: float | None, case: Case) -> float | None:
    estimates = [item.estimate for node in group if (item := case.measured[node]).estimate]
    if radius is None or not estimates or estimates[0] is None:
        return None
    return rounded(loops.doubling_minutes(radius, estimates[0].kernel), 2)


def _accounts(group: tuple[str, ...], case: Case) -> set[str]:
    return {
        account
        for node in group
        for fed in case.measured[node].feed.fed_by
        for account in fed.accounts
    }


def _loop_functions(group: tuple[str, ...], case: Case) -> tuple[str, ...]:
    """Functions on a way from the group's sources back to it: their entries come back, or those of a
    function that they start do."""
    back = {
        arn
        for i in group
        for j in group
        for arn, entries in effects.returning_by_function(
            case.weights[i], case.measured[j].feed, case.data
        ).items()
        if entries > 0
    }
    if not back:
        names = {arns.own_log_group_of(node) for node in group}
        back = {arn for arn in case.flow.shares if arns.function_name(arn) in names}
    while True:
        callers = {caller for caller, called in case.flow.calls if called in back} - back
        callers = {arn for arn in callers if any(case.flow.shares[arn].get(node) for node in group)}
        if not callers:
            return tuple(sorted(back))
        back |= callers


def _entries_of(arn: str, case: Case) -> float:
    weights = case.log_weights
    data = case.data
    runs = data.runs.totals("entries") * weights.runs
    calls = data.calls.totals("entries") * weights.calls
    return float(
        sum(runs[place] for place, key in enumerate(data.runs.keys) if key[0] == arn)
        + sum(calls[place] for place, key in enumerate(data.calls.keys) if key[0] == arn)
    )


def _share_by_account(functions: tuple[str, ...], case: Case) -> dict[str, float]:
    """The loop's part of every account's trail."""
    data = case.data
    totals: dict[str, float] = {}
    for key, entries in zip(data.traffic.keys, data.traffic.totals("entries"), strict=True):
        totals[str(key[0])] = totals.get(str(key[0]), 0.0) + float(entries)
    mine: dict[str, float] = {}
    for counts, account in ((data.runs, 4), (data.calls, 1)):
        for key, entries in zip(counts.keys, counts.totals("entries"), strict=True):
            if key[0] in functions:
                mine[str(key[account])] = mine.get(str(key[account]), 0.0) + float(entries)
    return {
        account: round(entries / totals[account], 6)
        for account, entries in sorted(mine.items())
        if totals.get(account)
    }


def _carried(group: tuple[str, ...], case: Case) -> tuple[selectors.Cell, ...]:
    """The kinds of entry that come back through the group: what a trail must record for it to be a loop."""
    data = case.data
    back = np.zeros(len(data.traffic.keys))
    for i in group:
        weights = case.weights[i]
        for counts, weight, places in effects.tables(weights, data):
            np.add.at(back, places[places >= 0], (counts.totals("entries") * weight)[places >= 0])
    cells = feeds.cells(data.traffic)
    return tuple(cells[place] for place in np.argsort(-back)[:3] if back[place] > 0)


def _recorded_since(cells: tuple[selectors.Cell, ...], data: RollupData) -> datetime | None:
    """When the first entries of these kinds were written, as far as the archive holds them."""
    places = np.array([cell in cells for cell in feeds.cells(data.traffic)], dtype=bool)
    minutes = data.traffic.minute[places[data.traffic.key]]
    return data.span.time(int(minutes.min())) if minutes.size else None


def _onset(back: Floats, functions: tuple[str, ...], data: RollupData) -> datetime | None:
    """When the first entry that came back was caused: to the second where a run's record shows it."""
    busy = np.flatnonzero(back > 0)
    if not busy.size:
        return None
    first = data.span.time(int(busy[0]))
    seen = [
        time
        for arn in functions
        if (time := describe.seen(arn, data)[0]) and time.replace(second=0, microsecond=0) == first
    ]
    return min(seen, default=first)


def _delivery_evidence(group: tuple[str, ...], data: RollupData) -> tuple[str, ...]:
    buckets = {node.removeprefix("arn:aws:s3:::") for node in group}
    return tuple(event_id for bucket, event_id in data.delivery_evidence if bucket in buckets)[:5]

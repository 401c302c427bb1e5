"""What a case's window used: its counts as a usage that money can be worked out from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analytics import arns, effects, recording
from analytics.carriers import carried
from analytics.feeds import Feed
from analytics.function_settings import FunctionSettings
from analytics.recording import MOST_COPIES, Copies
from analytics.series import Counts, Floats, Ints
from analytics.usage import (
    ORIGINAL,
    SECOND,
    Assumptions,
    BucketUse,
    EntryGroup,
    FunctionUse,
    LogGroupUse,
    Usage,
)

if TYPE_CHECKING:
    from analytics.case import Case


def usage(case: Case, first: int, found: Copies, assumed: Assumptions) -> Usage:
    """What happened from minute `first` on, as counts that cost money."""
    data = case.data
    groups = tuple(_groups(case, first, found))
    return Usage(
        window_seconds=60.0 * (data.span.minutes - first),
        groups=groups,
        functions=tuple(_functions(case, first, found)),
        log_groups=tuple(_log_group_uses(case, first)),
        buckets=(
            BucketUse(
                _main_account(case),
                float(data.archive.files) * (data.span.minutes - first) / data.span.minutes,
                sum(group.entries * group.copies for group in groups),
                sum(group.entries * group.copies for group in groups if group.order == SECOND),
            ),
        ),
        metered=tuple(carried(case, first, assumed)),
        assumed=found.assumptions,
    )


def _functions(case: Case, first: int, found: Copies) -> Iterator[FunctionUse]:
    logged, means = _logged(case, first), recording.means(case, found, first)
    known = case.function_settings
    for arn in sorted(case.flow.shares):
        own = known.get(arn, FunctionSettings())
        yield replace(
            function_use(arn, case, first),
            memory_mb=own.memory_mb,
            arm=own.arm,
            logged_entries=logged.get(arn, 0.0),
            copies=means.get((arn, "Data"), 1.0),
            management_copies=means.get((arn, "Management"), 1.0),
        )


def function_use(arn: str, case: Case, first: int) -> FunctionUse:
    """One function's runs, and the entries of its runs and calls, from minute `first` on."""
    data, own = case.data, of_function(case.data.runs, arn, "entries", first)
    calls = {
        category: sum(
            float(total)
            for key, total in zip(data.calls.keys, data.calls.totals("entries", first), strict=True)
            if key[0] == arn and (key[3] == "Data") == (category == "Data")
        )
        for category in ("Data", "Management")
    }
    return FunctionUse(
        arn=arn,
        account=arns.account(arn) or "unknown",
        invocations=of_function(data.runs, arn, "runs", first),
        entries=own + calls["Data"] + calls["Management"],
        management_entries=calls["Management"],
        data_entries=own + calls["Data"],
    )


def of_function(counts: Counts, arn: str, measure: str, first: int = 0) -> float:
    """A measure of all keys of one function, from minute `first` on."""
    totals = counts.totals(measure, first)
    return float(
        sum(total for key, total in zip(counts.keys, totals, strict=True) if key[0] == arn)
    )


def _groups(case: Case, first: int, found: Copies) -> Iterator[EntryGroup]:
    """Entries by account, category and copies. A run's records stand for all of its account's run cells, so
    what was caused is compared with the sum of those, not cell by cell."""
    traffic = case.data.traffic
    ones, places = np.ones(len(traffic.keys)), np.arange(len(traffic.keys))
    total = _by_kind(case, first, found, [(traffic, ones, places)])
    caused = _by_kind(case, first, found, effects.tables(case.log_weights, case.data))
    for (account, category, copies), entries in sorted(total.items()):
        second = min(caused.get((account, category, copies), 0.0), entries)
        for order, part in ((ORIGINAL, entries - second), (SECOND, second)):
            if part > 0:
                yield EntryGroup(account, category, copies, order, part)


def _by_kind(
    case: Case, first: int, found: Copies, tables: Iterable[tuple[Counts, Floats, Ints]]
) -> dict[tuple[str, str, int], float]:
    """Weighted entries from minute `first` on, summed by account, category and copies."""
    sums: dict[tuple[str, str, int], float] = {}
    for counts, weight, cells in tables:
        places = cells[counts.key]
        values = counts.measures["entries"] * weight[counts.key] * (counts.minute >= first)
        codes = places * (MOST_COPIES + 1) + found.of(places, counts.minute)
        known = places >= 0
        entries = np.bincount(codes[known], weights=values[known])
        for code in np.flatnonzero(entries):
            place, copies = divmod(int(code), MOST_COPIES + 1)
            key = case.data.traffic.keys[place]
            kind = str(key[0]), str(key[2]), copies
            sums[kind] = sums.get(kind, 0.0) + float(entries[code])
    return sums


def _logged(case: Case, first: int) -> dict[str, float]:
    """How many entries of each function go through trails' log groups."""
    found: dict[str, float] = {}
    for feed in _log_groups(case).values():
        back = effects.returning_by_function(case.log_weights, feed, case.data, first)
        for arn, entries in back.items():
            found[arn] = found.get(arn, 0.0) + entries
    return found


def _log_groups(case: Case) -> dict[str, Feed]:
    """What each log group takes in: those that are sources, and those known to feed a stream; where none
    is known to, the stream stands for its own."""
    found: dict[str, Feed] = {}
    kinds = ("cloudwatch_logs", "kinesis", "firehose")
    for node, item in case.measured.items():
        if item.verdict.kind in kinds and item.feed.parts:
            group = case.topology.log_group_behind(node) or node
            found[group] = item.feed if group == node else found.get(group, item.feed)
    return found


def _log_group_uses(case: Case, first: int) -> Iterator[LogGroupUse]:
    for group, feed in _log_groups(case).items():
        delivered = float(feed.series(case.data.traffic)[first:].sum())
        back = sum(
            float(effects.returning(weights, feed, case.data)[first:].sum())
            for weights in case.weights.values()
        )
        yield LogGroupUse(
            group, arns.account(group) or _main_account(case), delivered, min(back, delivered)
        )


def _main_account(case: Case) -> str:
    return next(
        (arns.account(node) or "" for node in case.measured if arns.account(node)), "unknown"
    )

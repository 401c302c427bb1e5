"""Seeded months of hourly counts: quiet organizations with a rhythm, and what is put into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

START = datetime(2024, 5, 1, tzinfo=UTC)
Counts = NDArray[np.int64]
OFFICE, NIGHT_JOB, STEADY, WEEKLY, PERSON = "office", "night job", "steady", "weekly", "person"


@dataclass
class Flow:
    """One function's hours: what starts it, and how many entries each run writes."""

    account: str
    name: str
    runs: Counts
    entries_per_run: Counts
    callers: dict[str, Counts] = field(default_factory=dict)
    sources: dict[str, Counts] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:{self.account}:function:{self.name}"


@dataclass
class Month:
    """Flows, and the accounts' other entries by caller."""

    hours: int
    flows: list[Flow]
    others: dict[tuple[str, str], Counts]

    def flow(self, account: str, name: str) -> Flow:
        return next(f for f in self.flows if (f.account, f.name) == (account, name))

    def table(self) -> pa.Table:
        """The rollup that `queries/rollup_hours.sql` would give."""
        rows = [row for part in self._parts() for row in part]
        return pa.Table.from_pylist(rows, SCHEMA)

    def _parts(self) -> Iterator[Iterator[dict[str, object]]]:
        totals: dict[str, list[Counts]] = {}
        for flow in self.flows:
            entries = flow.runs * flow.entries_per_run
            key = (flow.account, flow.arn)
            yield _rows(flow.account, "function", *key[1:], flow.arn, None, entries, flow.runs)
            for caller, runs in flow.callers.items():
                yield _rows(flow.account, "caller", caller, flow.arn, None, runs, runs)
            for source, runs in flow.sources.items():
                yield _rows(flow.account, "source", source, flow.arn, source, runs, runs)
            totals.setdefault(flow.account, []).append(entries)
        for (account, caller), entries in self.others.items():
            yield _rows(account, "caller", caller, None, None, entries, entries * 0)
            totals.setdefault(account, []).append(entries)
        for account, parts in totals.items():
            total = np.sum(parts, axis=0)
            yield _rows(account, "account", account, None, None, total, total * 0)


SCHEMA = pa.schema(
    [
        ("hour", pa.timestamp("us")),
        *((name, pa.string()) for name in ("account_id", "subject_kind", "subject")),
        *((name, pa.string()) for name in ("function_arn", "trigger_arn")),
        *((name, pa.int64()) for name in ("entries", "runs")),
        *((name, pa.string()) for name in ("first_event_id", "last_event_id")),
    ]
)


def _rows(
    account: str,
    kind: str,
    subject: str,
    function: str | None,
    trigger: str | None,
    entries: Counts,
    runs: Counts,
) -> Iterator[dict[str, object]]:
    for hour in np.flatnonzero(entries):
        place = f"{subject.rsplit(':', 1)[-1]}/{hour}"
        yield {
            "hour": (START + timedelta(hours=int(hour))).replace(tzinfo=None),
            "account_id": account,
            "subject_kind": kind,
            "subject": subject,
            "function_arn": function,
            "trigger_arn": trigger,
            "entries": int(entries[hour]),
            "runs": int(runs[hour]),
            "first_event_id": f"{place}/first",
            "last_event_id": f"{place}/last",
        }


def quiet_month(seed: int, accounts: int = 5, days: int = 30) -> Month:
    """Office hours, night jobs, weekly jobs, steady flows and people, without a surprise."""
    draw = np.random.default_rng(seed)
    hours = days * 24
    month = Month(hours, [], {})
    for number in range(1, accounts + 1):
        account = str(number) * 12
        for index in range(8):
            month.flows.append(_flow(draw, account, index, hours))
        for index in range(8):
            kind = (OFFICE, STEADY, NIGHT_JOB, PERSON)[index % 4]
            role = f"arn:aws:iam::{account}:role/team-{index}"
            month.others[account, role] = _counts(draw, kind, _level(draw), hours)
    return month


def _flow(draw: np.random.Generator, account: str, index: int, hours: int) -> Flow:
    runs = _counts(draw, (OFFICE, STEADY, NIGHT_JOB, WEEKLY)[index % 4], _level(draw), hours)
    each = np.full(hours, 1 + index % 2)
    flow = Flow(account, f"f{index}", runs, each)
    first = draw.binomial(runs, 0.7)
    if index % 2:
        group = f"arn:aws:logs:us-east-1:{account}:log-group:g{index}"
        flow.sources = {group: first, f"arn:aws:s3:::bucket-{account}-{index}": runs - first}
    else:
        roles = [f"arn:aws:iam::{account}:role/app-{index}-{k}" for k in range(2)]
        rare = np.minimum(runs, draw.random(hours) < 0.004)
        flow.callers = {roles[0]: first, roles[1]: runs - first, f"{roles[0]}-operator": rare}
    return flow


def _level(draw: np.random.Generator) -> float:
    return float(np.exp(draw.uniform(np.log(0.5), np.log(800))))


def _counts(draw: np.random.Generator, kind: str, level: float, hours: int) -> Counts:
    """Negative binomial counts around a rhythm, with good and bad days."""
    mean = level * _rhythm(kind, hours) * np.exp(draw.normal(0, 0.15, hours // 24)).repeat(24)
    size = draw.uniform(4, 40)
    if kind == PERSON:
        mean = mean / 8 * np.exp(draw.normal(0, 1, hours)) * (draw.random(hours) < 0.15)
    return draw.poisson(draw.gamma(size, mean / size)).astype(np.int64)


def _rhythm(kind: str, hours: int) -> NDArray[np.float64]:
    hour = np.arange(hours)
    clock, weekday = hour % 24, (START.weekday() + hour // 24) % 7
    if kind == OFFICE:
        bell = np.exp(-(((clock - 13) / 4.0) ** 2))
        return np.where(weekday < 5, 0.02 + bell, 0.02 + 0.1 * bell)
    if kind == NIGHT_JOB:
        return np.where(clock == 2, 5.0, 0.05)
    if kind == PERSON:
        return np.where((clock >= 8) & (clock < 19) & (weekday < 6), 1.0, 0.05)
    if kind == WEEKLY:
        return np.where((weekday == 6) & (clock == 3), 8.0, 0.5)
    return np.full(hours, 1.0)

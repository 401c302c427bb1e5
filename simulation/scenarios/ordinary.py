"""Ordinary work for an account: which kinds, how much of each, with what rhythm."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simulation.organization import Account, Workload

ENTRIES: Mapping[str, float] = {
    "api_gateway": 1.0,
    "user_invoked": 1.0,
    "upload": 3.0,
    "queue": 1.0,
    "topic": 2.0,
    "states": 3.0,
    "chain": 1.8,
    "application_log": 2.0,
    "console": 1.0,
    "user": 1.0,
    "ci": 4.5,
    "instance": 1.0,
    "service_role": 1.0,
}
"""About how many entries one arrival of a kind writes."""

ALL = (*ENTRIES, "schedule")
PEOPLE = ("console", "user", "ci", "instance", "service_role")
FUNCTIONS = tuple(kind for kind in ALL if kind not in PEOPLE)

_NAMES = {
    "api_gateway": "checkout",
    "user_invoked": "reprice",
    "schedule": "nightly",
    "upload": "thumbnail",
    "queue": "orders",
    "topic": "alerts",
    "states": "payment",
    "chain": "catalog",
    "application_log": "applog",
    "console": "anna.weiss",
    "user": "t.brandt",
    "ci": "deploy",
    "instance": "web",
    "service_role": "fleet",
}


def workloads(
    account: Account,
    regions: tuple[str, ...],
    per_hour: float,
    kinds: tuple[str, ...],
    rng: np.random.Generator,
) -> list[Workload]:
    """One workload of each kind; together about `per_hour` entries an hour (schedules besides)."""
    shares = rng.dirichlet(np.full(len(kinds), 3.0))
    return [
        _workload(kind, account, regions[int(rng.random() < 0.2)], per_hour * float(share), rng)
        for kind, share in zip(kinds, shares, strict=True)
    ]


def _workload(
    kind: str, account: Account, region: str, entries: float, rng: np.random.Generator
) -> Workload:
    rate = entries / ENTRIES.get(kind, 1.0)
    return Workload(
        kind=kind,
        account=account.id,
        region=region,
        name=f"{_NAMES[kind]}-{account.name}" if "." not in _NAMES[kind] else _NAMES[kind],
        per_hour=rate,
        rhythm=float(rng.uniform(0.4, 0.9)),
        peak=float(rng.uniform(11.0, 15.0)),
        every_minutes=float(rng.choice([5, 10, 15])) if kind == "schedule" else None,
    )

"""Which entry is in which file of the archive: delays, outages, gaps, copies (DOMAIN section 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.chance import log_normal
from simulation.log import Log
from simulation.organization import Archiving
from simulation.plan import HOUR, Plan

SLOT = 300.0


@dataclass(frozen=True)
class Delivery:
    """Rows of the archive, sorted by file; a duplicated row stands twice.

    `slots` are seconds from the window's start, a multiple of 300; `account` and `region` index
    the names beside them; `starts` are where each file begins, with the end as the last.
    """

    rows: NDArray[np.int64]
    slots: NDArray[np.float64]
    account: NDArray[np.int32]
    region: NDArray[np.int32]
    starts: NDArray[np.int64]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]


def deliver(plan: Plan, entries: Log, seed: int) -> Delivery:
    """The files of the archive."""
    rng = np.random.default_rng([seed, 2])
    archiving = plan.organization.archiving
    accounts = tuple(sorted({t.account for t in plan.templates}))
    regions = tuple(sorted({t.region for t in plan.templates}))
    templates = np.asarray(entries.templates)
    account = _lookup([accounts.index(t.account) for t in plan.templates])[templates]
    region = _lookup([regions.index(t.region) for t in plan.templates])[templates]
    rows = np.arange(len(templates), dtype=np.int64)
    slots = _slots(archiving, np.asarray(entries.times), rng)
    if archiving.duplicates:
        rows, slots, account, region = _duplicated(
            archiving, rows, slots, account, region, len(regions), rng
        )
    slots = _late(archiving, slots, account, region, rng)
    kept = _present(archiving, accounts, slots, account)
    rows, slots, account, region = rows[kept], slots[kept], account[kept], region[kept]
    order = np.lexsort((rows, region, account, slots))
    rows, slots, account, region = rows[order], slots[order], account[order], region[order]
    changed = (
        np.diff(slots).astype(bool) | np.diff(account).astype(bool) | np.diff(region).astype(bool)
    )
    starts = np.concatenate([[0], np.flatnonzero(changed) + 1, [len(rows)]]).astype(np.int64)
    return Delivery(rows, slots, account, region, np.unique(starts), accounts, regions)


def _lookup(values: list[int]) -> NDArray[np.int32]:
    return np.array(values or [0], dtype=np.int32)


def _slots(
    archiving: Archiving, times: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    delivered = times + rng.lognormal(*log_normal(archiving.delay), times.size)
    return np.asarray(np.floor(delivered / SLOT) * SLOT)


def _duplicated(
    archiving: Archiving,
    rows: NDArray[np.int64],
    slots: NDArray[np.float64],
    account: NDArray[np.int32],
    region: NDArray[np.int32],
    regions: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """A second trail's copies: some minutes later, three in ten filed under another region."""
    copied = np.flatnonzero(rng.random(rows.size) < archiving.duplicates)
    later = slots[copied] + SLOT * rng.integers(1, 4, copied.size)
    moved = rng.random(copied.size) < 0.3
    filed = np.where(moved, (region[copied] + 1) % regions, region[copied]).astype(np.int32)
    return (
        np.concatenate([rows, rows[copied]]),
        np.concatenate([slots, later]),
        np.concatenate([account, account[copied]]),
        np.concatenate([region, filed]),
    )


def _late(
    archiving: Archiving,
    slots: NDArray[np.float64],
    account: NDArray[np.int32],
    region: NDArray[np.int32],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Whole files, not records, come late: an outage holds up what is in hand."""
    if not archiving.late:
        return slots
    files = (slots / SLOT).astype(np.int64) * 4096 + account * 64 + region
    unique, places = np.unique(files, return_inverse=True)
    held = np.where(rng.random(unique.size) < archiving.late, archiving.late_hours * HOUR, 0.0)
    return np.asarray(slots + held[places])


def _present(
    archiving: Archiving,
    accounts: tuple[str, ...],
    slots: NDArray[np.float64],
    account: NDArray[np.int32],
) -> NDArray[np.bool_]:
    kept = np.ones(slots.size, dtype=bool)
    for begin, end in archiving.gaps:
        kept &= ~((slots >= begin * HOUR) & (slots < end * HOUR))
    missing = [i for i, name in enumerate(accounts) if name in archiving.missing_accounts]
    return np.asarray(kept & ~np.isin(account, missing))

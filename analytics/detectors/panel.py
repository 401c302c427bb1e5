"""The hourly rollup as matrices: a row a subject, a column an hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analytics.detectors.base import HOUR, Subject

Counts = NDArray[np.float64]
Flags = NDArray[np.bool_]
KEYS = ("account_id", "subject_kind", "subject")
# an account that is never this busy can be silent for an hour by chance
BUSY_MEDIAN = 5.0
BLOCK_HOURS = 28 * 24
CONTEXT_HOURS = 14 * 24


@dataclass(frozen=True)
class Panel:
    """Counts of S subjects in H hours from `start` (UTC).

    entries, runs  S × H, numbers of entries and of runs
    known          S × H, false before a subject's first entry and where the archive has a gap
    gap            H, true where no account wrote anything though the archive is a busy one
    judged         H, the hours on which findings are wanted; the others are context to learn from
    offset         the number of the first hour in the panel that this one is a block of
    """

    start: datetime
    subjects: tuple[Subject, ...]
    entries: Counts
    runs: Counts
    known: Flags
    gap: Flags
    judged: Flags
    offset: int = 0

    @property
    def hours(self) -> int:
        """H."""
        return len(self.gap)

    def blocks(self) -> Iterator[Panel]:
        """The panel in pieces of four weeks, each with the two weeks before it as context.

        A rhythm learned from a year is nobody's; memory stays bounded too.
        """
        last = max(1, round(self.hours / BLOCK_HOURS))
        for piece in range(last):
            low = piece * BLOCK_HOURS
            high = self.hours if piece == last - 1 else low + BLOCK_HOURS
            yield self._between(low, high)

    def _between(self, low: int, high: int) -> Panel:
        span = slice(max(0, low - CONTEXT_HOURS), high)
        judged = np.zeros(self.hours, dtype=bool)
        judged[low:high] = True
        rows = np.flatnonzero(self.entries[:, span].any(axis=1))
        return Panel(
            self.start + span.start * HOUR,
            tuple(self.subjects[row] for row in rows),
            self.entries[rows, span],
            self.runs[rows, span],
            self.known[rows, span],
            self.gap[span],
            judged[span],
            span.start,
        )


def first_hour(hours: pa.Table) -> datetime:
    """The rollup's first hour; the table has at least one row."""
    first: datetime = pc.min(hours["hour"]).as_py()
    return first.replace(tzinfo=UTC) if first.tzinfo is None else first.astimezone(UTC)


def hour_index(hours: pa.Table) -> NDArray[np.int64]:
    """For every row of the rollup, the number of hours since the first one."""
    stamps = hours["hour"].cast(
        pa.timestamp("s", tz=getattr(hours["hour"].type, "tz", None)), safe=False
    )
    seconds = stamps.cast(pa.int64()).to_numpy()
    index: NDArray[np.int64] = (seconds - seconds.min()) // 3600
    return index


def build(hours: pa.Table, active_hours: int) -> Panel:
    """The panel of all subjects that were active in at least `active_hours` hours."""
    codes, keys = _subjects(hours)
    index = hour_index(hours)
    width = int(index.max()) + 1
    cells = np.unique(codes * width + index) // width
    kept = np.flatnonzero(np.bincount(cells, minlength=len(keys)) >= active_hours)
    row_of = np.full(len(keys), -1)
    row_of[kept] = np.arange(len(kept))
    entries = _matrix(row_of[codes], index, hours["entries"], (len(kept), width))
    runs = _matrix(row_of[codes], index, hours["runs"], (len(kept), width))
    subjects = tuple(keys[row] for row in kept)
    gap = quiet(_account_totals(hours, index, width).sum(axis=0))
    known = _known(subjects, entries, hours, index, gap)
    return Panel(first_hour(hours), subjects, entries, runs, known, gap, np.ones(width, dtype=bool))


def quiet(entries: Counts) -> Flags:
    """The hours without an entry of something that is busy in most hours."""
    silent: Flags = (entries == 0) & (np.median(entries) >= BUSY_MEDIAN)
    return silent


def _subjects(hours: pa.Table) -> tuple[NDArray[np.int64], list[Subject]]:
    """A number for every row's subject, and the subjects by number."""
    columns = [_encoded(hours[name]) for name in KEYS]
    sizes = tuple(max(1, len(names)) for _, names in columns)
    flat = np.ravel_multi_index(tuple(codes for codes, _ in columns), sizes)
    unique, codes = np.unique(flat, return_inverse=True)
    parts = zip(*np.unravel_index(unique, sizes), strict=True)
    keys = [Subject(*(columns[i][1][part] for i, part in enumerate(row))) for row in parts]
    return codes.astype(np.int64), keys


def _encoded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def _matrix(
    rows: NDArray[Any], columns: NDArray[Any], values: pa.ChunkedArray, shape: tuple[int, int]
) -> Counts:
    """Sums of `values` by row and column; rows of -1 are left out."""
    used = rows >= 0
    weights = values.cast(pa.float64()).to_numpy()[used]
    flat = np.bincount(
        rows[used] * shape[1] + columns[used], weights, minlength=shape[0] * shape[1]
    )
    return flat.astype(np.float64).reshape(shape)


def _account_totals(hours: pa.Table, index: NDArray[np.int64], width: int) -> Counts:
    """Accounts × hours: all their entries."""
    rows, names = _encoded(hours["account_id"])
    own = pc.equal(hours["subject_kind"].cast(pa.string()), "account").to_numpy()
    return _matrix(np.where(own, rows, -1), index, hours["entries"], (len(names), width))


def _known(
    subjects: tuple[Subject, ...],
    entries: Counts,
    hours: pa.Table,
    index: NDArray[np.int64],
    gap: Flags,
) -> Flags:
    """Not before the first entry, not in a gap, and not while the account around it is silent."""
    if not subjects:
        return np.zeros(entries.shape, dtype=bool)
    known: Flags = np.maximum.accumulate(entries > 0, axis=1) & ~gap
    totals = _account_totals(hours, index, len(gap))
    _, names = _encoded(hours["account_id"])
    silent = {name: quiet(total) for name, total in zip(names, totals, strict=True)}
    for row, subject in enumerate(subjects):
        if subject.kind != "account":
            known[row] &= ~silent[subject.account]
    return known

"""Counts over minutes: the rollups as arrays, by key.

Shapes: a `Counts` holds R rows; `minute[R]` counts minutes from the window's start, `key[R]` indexes
`keys[K]`; each measure is a float array of R. Series have one value a minute of the window, n in all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Key = tuple[object, ...]

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Span:
    """The window of an analysis: `start` (naive UTC) and its length in minutes."""

    start: datetime
    minutes: int

    def time(self, minute: float) -> datetime:
        """The time of a minute's number."""
        return self.start + minute * MINUTE

    def minute(self, time: datetime) -> float:
        """The number of the minute of a time, not rounded."""
        return (time - self.start) / MINUTE

    def clipped(self, time: datetime | None) -> int:
        """The minute of a time, brought into the window; 0 where it is not known."""
        return 0 if time is None else int(min(max(self.minute(time), 0), self.minutes))

    @property
    def end(self) -> datetime:
        """The half-open end."""
        return self.time(self.minutes)


@dataclass(frozen=True)
class Counts:
    """A rollup as arrays."""

    minute: Ints
    key: Ints
    keys: tuple[Key, ...]
    measures: dict[str, Floats]
    minutes: int

    def where(self, test: Callable[[Key], bool]) -> NDArray[np.bool_]:
        """Which keys pass, as K booleans."""
        return np.fromiter((test(key) for key in self.keys), dtype=bool, count=len(self.keys))

    def series(self, measure: str, weight: NDArray[np.bool_] | Floats) -> Floats:
        """A measure a minute, each key weighted (K weights or booleans)."""
        values = self.measures[measure] * np.asarray(weight, dtype=float)[self.key]
        return np.bincount(self.minute, weights=values, minlength=self.minutes).astype(float)

    def totals(self, measure: str, first: int = 0, last: int | None = None) -> Floats:
        """A measure a key, over minutes [first, last)."""
        inside = (self.minute >= first) & (self.minute < (self.minutes if last is None else last))
        values = self.measures[measure][inside]
        return np.bincount(self.key[inside], weights=values, minlength=len(self.keys)).astype(float)


def counts(
    table: pa.Table, dimensions: Sequence[str], measures: Sequence[str], span: Span
) -> Counts:
    """A rollup table (column `minute` and these) as `Counts`."""
    combined = np.zeros(table.num_rows, dtype=np.int64)
    domains = []
    for name in dimensions:
        encoded = pc.dictionary_encode(table[name].combine_chunks(), null_encoding="encode")
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        domain = encoded.dictionary.to_pylist()
        domains.append(domain)
        combined = combined * max(len(domain), 1) + encoded.indices.to_numpy(zero_copy_only=False)
    unique, key = np.unique(combined, return_inverse=True)
    offset = np.datetime64(span.start, "m")
    minute = table["minute"].to_numpy().astype("datetime64[m]") - offset
    values = {name: table[name].cast(pa.float64()).fill_null(0).to_numpy() for name in measures}
    return Counts(
        minute.astype(np.int64),
        key.astype(np.int64),
        _decode(unique, domains),
        values,
        span.minutes,
    )


def _decode(codes: Ints, domains: Sequence[Sequence[object]]) -> tuple[Key, ...]:
    columns: list[list[object]] = []
    rest = codes.copy()
    for domain in reversed(domains):
        size = max(len(domain), 1)
        columns.append([domain[place] for place in rest % size])
        rest //= size
    return tuple(zip(*reversed(columns), strict=True)) if columns else ()

"""Counts over minutes: the rollups as arrays, by key.

Shapes: a `Counts` holds R rows; `minute[R]` counts minutes from the window's start, `key[R]` indexes
`keys[K]`; each measure is a float array of R. Series have one value a minute of the window, n in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Key = tuple[object, ...]

MINUTE = timedelta(minutes=1)
RECENT = 64  # series that are kept


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

    def extended(
        self, keys: Sequence[Key], minute: Ints, key: Ints, measures: Mapping[str, Floats]
    ) -> Counts:
        """The counts with further keys and rows; `key` counts on from the keys that are there."""
        return Counts(
            np.concatenate([self.minute, minute]),
            np.concatenate([self.key, key]),
            (*self.keys, *keys),
            {name: np.concatenate([old, measures[name]]) for name, old in self.measures.items()},
            self.minutes,
        )

    def only(self, keys: Iterable[int]) -> Floats:
        """Weights (K): 1 for the keys at these places, 0 for others."""
        weight = np.zeros(len(self.keys))
        weight[list(keys)] = 1.0
        return weight

    def series(self, measure: str, weight: NDArray[np.bool_] | Floats) -> Floats:
        """A measure a minute, each key weighted (K weights or booleans); not to be written to."""
        weights = np.asarray(weight, dtype=float)
        name = measure, weights.tobytes()
        if name not in self._recent:
            rows = self._rows_of(np.flatnonzero(weights))
            values = self.measures[measure][rows] * weights[self.key[rows]]
            found = np.bincount(self.minute[rows], values, self.minutes).astype(float)
            found.setflags(write=False)
            while len(self._recent) >= RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[name] = found
        return self._recent[name]

    @cached_property
    def _recent(self) -> dict[tuple[str, bytes], Floats]:
        """The series that were asked for last: the same few are judged against every source."""
        return {}

    def _rows_of(self, keys: Ints) -> Ints | slice:
        """The rows of these keys, in order; all where that is quicker than to pick them."""
        order, starts = self._by_key
        if (starts[keys + 1] - starts[keys]).sum() > len(order) / 16:
            return slice(None)
        parts = [order[starts[key] : starts[key + 1]] for key in keys]
        return np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)

    @cached_property
    def _by_key(self) -> tuple[Ints, Ints]:
        """The rows sorted by key, and where each key's begin among them."""
        sizes = np.bincount(self.key, minlength=len(self.keys))
        narrow = self.key.astype(np.min_scalar_type(len(self.keys)))  # 16 bits sort by radix
        return np.argsort(narrow, kind="stable"), np.concatenate([[0], np.cumsum(sizes)])

    def totals(self, measure: str, first: int = 0, last: int | None = None) -> Floats:
        """A measure a key, over minutes [first, last)."""
        values, key = self.measures[measure], self.key
        if first > 0 or last is not None:
            inside = (self.minute >= first) & (
                self.minute < (self.minutes if last is None else last)
            )
            values, key = values[inside], key[inside]
        return np.bincount(key, weights=values, minlength=len(self.keys)).astype(float)


def about(values: Floats, minutes: int) -> Floats:
    """The sum of each minute and of so many before and after it."""
    return np.convolve(values, np.ones(2 * minutes + 1))[minutes : minutes + len(values)]


def counts(
    table: pa.Table, dimensions: Sequence[str], measures: Sequence[str], span: Span
) -> Counts:
    """A rollup table (column `minute` and these) as `Counts`."""
    combined = np.zeros(table.num_rows, dtype=np.int64)
    domains = []
    for name in dimensions:
        codes, domain = _coded(table[name])
        domains.append(domain)
        combined = combined * len(domain) + codes
    unique, key = _numbered(combined)
    offset = np.datetime64(span.start, "m")
    minute = table["minute"].to_numpy().astype("datetime64[m]") - offset
    values = {name: _filled(table[name].cast(pa.float64()), 0.0) for name in measures}
    return Counts(
        minute.astype(np.int64),
        key,
        _decode(unique, domains),
        values,
        span.minutes,
    )


def _coded(column: pa.ChunkedArray) -> tuple[Ints, list[object]]:
    """A code for every row, and what each code stands for; the last one for null."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    names = encoded.dictionary.to_pylist()
    codes = _filled(encoded.indices.cast(pa.int64()), len(names))
    return codes, [*names, None]


def _filled(column: pa.Array | pa.ChunkedArray, value: float) -> NDArray[Any]:
    """Numbers with this in place of null: where none is, they are not copied for it."""
    whole = column.fill_null(value) if column.null_count else column
    found: NDArray[Any] = (
        whole.to_numpy(zero_copy_only=False) if isinstance(whole, pa.Array) else whole.to_numpy()
    )
    return found


def _numbered(codes: Ints) -> tuple[Ints, Ints]:
    """The different codes in order, and the place of every row's among them: np.unique by hashing, for
    there are many rows and few codes."""
    encoded = pa.array(codes).dictionary_encode()
    found = encoded.dictionary.to_numpy()
    order = np.argsort(found)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return found[order], place[encoded.indices.to_numpy()]


def _decode(codes: Ints, domains: Sequence[Sequence[object]]) -> tuple[Key, ...]:
    columns: list[list[object]] = []
    rest = codes.copy()
    for domain in reversed(domains):
        columns.append([domain[place] for place in rest % len(domain)])
        rest //= len(domain)
    return tuple(zip(*reversed(columns), strict=True)) if columns else ()

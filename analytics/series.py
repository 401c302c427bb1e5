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
    """A rollup table (column `minute` and these) as `Counts`. Keys are in the order in which the values of each
    dimension come first, null last."""
    rows = table.num_rows
    minute, place = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    values = {name: np.empty(rows) for name in measures}
    places: dict[Key, int] = {}
    domains: list[dict[object, int]] = [{} for _ in dimensions]
    first = 0
    for batch in table.to_batches():  # small enough for a processor's cache
        own = slice(first, first + batch.num_rows)
        first = own.stop
        minute[own] = _minutes(batch["minute"], span)
        for name, into in values.items():
            into[own] = _filled(batch[name], 0.0)
        codes, keys = _keyed(batch, dimensions, domains)
        place[own] = np.array([places.setdefault(key, len(places)) for key in keys])[codes]
    ordered = sorted(places, key=lambda key: _rank(key, domains))
    number = np.empty(len(places), dtype=np.int64)
    number[[places[key] for key in ordered]] = np.arange(len(places))
    return Counts(minute, number[place], tuple(ordered), values, span.minutes)


def _minutes(column: pa.Array, span: Span) -> Ints:
    times = column.to_numpy(zero_copy_only=False).astype("datetime64[m]")
    return np.asarray((times - np.datetime64(span.start, "m")).astype(np.int64))


def _keyed(
    batch: pa.RecordBatch, dimensions: Sequence[str], domains: Sequence[dict[object, int]]
) -> tuple[Ints, list[Key]]:
    """The batch's keys, and the place of every row's among them; the domains learn the values that they lack."""
    combined = np.zeros(batch.num_rows, dtype=np.int64)
    names = []
    for dimension, domain in zip(dimensions, domains, strict=True):
        codes, own = _coded(batch[dimension])
        combined = combined * (len(own) + 1) + codes
        for name in own:
            domain.setdefault(name, len(domain))
        names.append([*own, None])
    different = pa.array(
        combined
    ).dictionary_encode()  # np.unique sorts, and few of many rows differ
    return different.indices.to_numpy(), _decode(different.dictionary.to_numpy(), names)


def _coded(column: pa.Array) -> tuple[NDArray[Any], list[object]]:
    """A code for every row, and what each code stands for; one more for null."""
    coded = pa.types.is_dictionary(column.type)
    encoded = column if coded else column.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    return _filled(encoded.indices, len(names)), names


def _filled(column: pa.Array, value: float) -> NDArray[Any]:
    """Numbers with this in place of null."""
    found: NDArray[Any] = (column.fill_null(value) if column.null_count else column).to_numpy()
    return found


def _decode(codes: Ints, domains: Sequence[Sequence[object]]) -> list[Key]:
    columns: list[list[object]] = []
    for domain in reversed(domains):
        columns.append([domain[place] for place in codes % len(domain)])
        codes = codes // len(domain)
    return list(zip(*reversed(columns), strict=True))


def _rank(key: Key, domains: Sequence[dict[object, int]]) -> tuple[int, ...]:
    """The places of a key's values in their domains."""
    return tuple(domain.get(value, len(domain)) for value, domain in zip(key, domains, strict=True))

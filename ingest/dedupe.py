"""Which entries are in already: 128-bit keys, compared within the days that are touched.

An entry is unique by (event_id, recipient_account_id), and by its content where it has no id
(eventVersion 1.0). A UUID is its own hash; every other id is hashed with BLAKE2b.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.restore import restore
from ingest.schema import ORIGIN

KEY_COLUMNS = ("event_id", "recipient_account_id")
_HEX = np.full(256, 255, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)
_DASHES = np.array([8, 13, 18, 23])
_DIGITS = np.setdiff1d(np.arange(36), _DASHES)
_MAX_SEGMENTS = 8


def entry_keys(table: Any) -> Any:
    """One key a row, as two uint64: shape (rows, 2). Needs all columns if an event_id is null."""
    ids = table.column("event_id").combine_chunks()
    keys, done = _uuid_keys(ids)
    for row in np.flatnonzero(~done):
        text = ids[int(row)].as_py()
        keys[row] = _hash(text if text is not None else _content(table, int(row)))
    return keys ^ _account_keys(table.column("recipient_account_id").combine_chunks())


def _hash(text: str) -> Any:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.frombuffer(digest, np.uint64)


def _content(table: Any, row: int) -> str:
    """The record in a form that does not depend on the order of its members."""
    columns = table.slice(row, 1).to_pylist()[0]
    try:
        return json.dumps(restore(columns), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):  # numbers too long, or nesting too deep, to be rebuilt
        received = {name: value for name, value in columns.items() if name not in ORIGIN}
        return json.dumps(received, sort_keys=True, default=str)


def _uuid_keys(ids: Any) -> tuple[Any, Any]:
    """Keys of the lowercase UUIDs among `ids`, and which rows those are."""
    keys = np.zeros((len(ids), 2), np.uint64)
    done = pc.fill_null(pc.equal(pc.binary_length(ids), 36), False).to_numpy(zero_copy_only=False)
    texts = ids.filter(pa.array(done)).cast(pa.binary()).cast(pa.binary(36)) if done.any() else None
    if texts is None:
        return keys, done
    form = np.frombuffer(texts.buffers()[1], np.uint8, len(texts) * 36, texts.offset * 36)
    form = form.reshape(-1, 36)
    digits = _HEX[form[:, _DIGITS]]
    valid = (digits < 16).all(axis=1) & (form[:, _DASHES] == ord("-")).all(axis=1)
    packed = np.ascontiguousarray(digits[:, 0::2] << 4 | digits[:, 1::2])
    done[done] = valid
    keys[done] = packed.view(np.uint64)[valid]
    return keys, done


def _account_keys(accounts: Any) -> Any:
    coded = accounts.dictionary_encode("encode")
    texts = ["-" if text is None else f"account {text}" for text in coded.dictionary.to_pylist()]
    hashes = np.array([_hash(text) for text in texts], np.uint64).reshape(-1, 2)
    return hashes[coded.indices.to_numpy(zero_copy_only=False)]


class DayKeys:
    """A growing set of keys of one day, as sorted segments."""

    def __init__(self) -> None:
        self._segments: list[Any] = []

    def __len__(self) -> int:
        return sum(len(segment) for segment in self._segments)

    def contains(self, keys: Any) -> Any:
        """Which of `keys` (n, 2) are in the set."""
        found = np.zeros(len(keys), bool)
        for segment in self._segments:
            found |= _contains(segment, keys)
        return found

    def add(self, keys: Any) -> None:
        """Adds keys that are not in the set."""
        if len(keys):
            self._segments.append(keys[np.lexsort((keys[:, 1], keys[:, 0]))])
        if len(self._segments) > _MAX_SEGMENTS:
            merged = np.concatenate(self._segments)
            self._segments = [merged[np.lexsort((merged[:, 1], merged[:, 0]))]]


def _contains(segment: Any, keys: Any) -> Any:
    """Looks up by the first half; equal first halves are walked until the second is decided."""
    found = np.zeros(len(keys), bool)
    places = np.searchsorted(segment[:, 0], keys[:, 0])
    open_rows = np.arange(len(keys))
    while len(open_rows):
        inside = places[open_rows] < len(segment)
        open_rows = open_rows[inside]
        at = segment[places[open_rows]]
        same = at[:, 0] == keys[open_rows, 0]
        hit = same & (at[:, 1] == keys[open_rows, 1])
        found[open_rows[hit]] = True
        open_rows = open_rows[same & ~hit]
        places[open_rows] += 1
    return found


def first_of_each(keys: Any) -> Any:
    """Which rows are the first with their key."""
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    first = np.ones(len(keys), bool)
    first[order[1:]] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return first


class Seen:
    """Keys of the entries in the store and in this run, loaded by day when a day is touched."""

    def __init__(self, load_day: Callable[[int], list[Any]], max_keys: int = 30_000_000) -> None:
        self._load_day = load_day
        self._max_keys = max_keys
        self._days: dict[int, DayKeys] = {}
        self._uncommitted: Counter[int] = Counter()

    def admit(self, keys: Any, days: Any) -> Any:
        """Which rows are new (a bool each), and remembers those. `days` is days since 1970."""
        new = first_of_each(keys)
        touched = np.unique(days).tolist()
        for day in touched:
            rows = np.flatnonzero((days == day) & new)
            known = self._day(day)
            new[rows] = ~known.contains(keys[rows])
            known.add(keys[rows[new[rows]]])
        self._uncommitted.update(touched)
        return new

    def committed(self, days: Any) -> None:
        """Says that what was admitted with these `days` can be had from the store again."""
        self._uncommitted.subtract(np.unique(days).tolist())
        excess = sum(map(len, self._days.values())) - self._max_keys
        for day in [day for day in self._days if not self._uncommitted[day]]:
            if excess <= 0:
                break
            excess -= len(self._days.pop(day))

    def _day(self, day: int) -> DayKeys:
        known = self._days.pop(day, None)
        if known is None:
            known = DayKeys()
            for keys in self._load_day(day):
                known.add(keys)
        self._days[day] = known  # the day used last stands last
        return known

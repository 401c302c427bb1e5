"""Which entries are in already: 128-bit keys, compared within the days that are touched.

An entry is unique by (event_id, recipient_account_id), and by its content where it has no id
(eventVersion 1.0). A UUID is its own hash; every other id is hashed with BLAKE2b.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import reduce
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.coded import coded, codes
from ingest.restore import restore
from ingest.schema import ORIGIN

KEY_COLUMNS = ("event_id", "recipient_account_id")
_HEX = np.full(256, 255, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)
_DASHES = np.array([8, 13, 18, 23])
_DIGITS = np.setdiff1d(np.arange(36), _DASHES)
_MAX_KEYS = 8_000_000  # 128 MB, and four times that while they are sorted


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
    found = coded(accounts)
    texts = [f"account {text}" for text in found.dictionary.to_pylist()] + ["-"]  # last: no account
    hashes = np.array([_hash(text) for text in texts], np.uint64)
    return hashes[codes(found)[0]]


class DayKeys:
    """A growing set of keys of one day, as sorted segments, of which the older may lie on disk.

    A segment is at least twice as long as the next, so that there are few and each key is moved
    few times, however many are added.
    """

    def __init__(self) -> None:
        self._segments: list[Any] = []
        self._aside: list[Path] = []

    def __len__(self) -> int:
        """Keys in memory."""
        return sum(len(segment) for segment in self._segments)

    def contains(self, keys: Any) -> Any:
        """Which of `keys` (n, 2) are in the set; quickest where they are `by_first_half`."""
        found = np.zeros(len(keys), bool)
        for path in self._aside:  # opened for each question: what is read of it is not kept
            found |= _contains(np.load(path, mmap_mode="r"), keys)
        for segment in self._segments:
            found |= _contains(segment, keys)
        return found

    def add(self, keys: Any) -> None:
        """Adds keys that are not in the set, `by_first_half`."""
        if not len(keys):
            return
        segments = self._segments
        segments.append(keys)
        while len(segments) > 1 and len(segments[-2]) < 2 * len(segments[-1]):
            segments[-2:] = [_merged(*segments[-2:])]

    def put_aside(self, folder: Path) -> None:
        """Moves what is in memory to disk."""
        path = folder / f"{uuid4().hex}.keys.npy"
        np.save(path, reduce(_merged, reversed(self._segments)))
        self._aside.append(path)
        self._segments = []


def by_first_half(keys: Any) -> Any:
    """The order that sorts keys; equal first halves are told apart when they are looked up."""
    return np.argsort(keys[:, 0])


def _merged(some: Any, others: Any) -> Any:
    """Two sorted arrays in one."""
    places = np.searchsorted(some[:, 0], others[:, 0]) + np.arange(len(others))
    merged = np.empty((len(some) + len(others), 2), np.uint64)
    free = np.ones(len(merged), bool)
    free[places] = False
    merged[places], merged[free] = others, some
    return merged


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
    halves = keys[by_first_half(keys), 0]
    if not (halves[1:] == halves[:-1]).any():
        return np.ones(len(keys), bool)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    first = np.ones(len(keys), bool)
    first[order[1:]] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return first


class Seen:
    """Keys of the entries in the store and in this run, loaded by day when a day is first touched.

    At most `max_keys` are in memory; the others lie in `aside`, sorted, and are looked up there.
    """

    def __init__(
        self,
        load_day: Callable[[int], Iterable[Any]],
        aside: Path,
        max_keys: int = _MAX_KEYS,
    ) -> None:
        self._load_day = load_day
        self._aside = aside
        self._max_keys = max_keys
        self._days: dict[int, DayKeys] = {}

    def admit(self, keys: Any, days: Any) -> Any:
        """Which rows are new (a bool each), and remembers those. `days` is days since 1970."""
        new = first_of_each(keys)
        for day in np.unique(days).tolist():
            rows = np.flatnonzero((days == day) & new)
            rows = rows[by_first_half(keys[rows])]
            known = self._day(day)
            new[rows] = fresh = ~known.contains(keys[rows])
            known.add(keys[rows[fresh]])
            self._make_room()
        return new

    def _day(self, day: int) -> DayKeys:
        if day in self._days:
            self._days[day] = self._days.pop(day)  # the day used last stands last
            return self._days[day]
        known = self._days[day] = DayKeys()
        for keys in self._load_day(day):
            known.add(keys[by_first_half(keys)])
            self._make_room()
        return known

    def _make_room(self) -> None:
        """Puts aside days until what is left is in bounds, those first that were used least lately."""
        excess = sum(map(len, self._days.values())) - self._max_keys
        for known in self._days.values():
            if excess <= 0:
                return
            if len(known):
                excess -= len(known)
                known.put_aside(self._aside)

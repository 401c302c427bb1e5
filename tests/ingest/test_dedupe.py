"""Which entries are new: right however little memory there is, and in few steps."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.dedupe import DayKeys, Seen

Pairs = list[tuple[int, int]]


def array(pairs: Iterable[tuple[int, int]]) -> Any:
    return np.array(list(pairs), np.uint64).reshape(-1, 2)


@pytest.mark.parametrize("max_keys", [0, 10, 100, 10_000])
def test_an_entry_is_new_once_in_the_store_and_in_all_batches(
    tmp_path: Path, max_keys: int
) -> None:
    rng = np.random.default_rng(7)
    # few first halves, so that many keys differ in the second only
    stored = {day: rng.integers(0, (5, 40), (60, 2)).astype(np.uint64) for day in range(4)}
    loads: list[int] = []

    def load(day: int) -> list[Any]:
        loads.append(day)
        return np.array_split(np.unique(stored[day], axis=0), 3)

    seen = Seen(load, tmp_path, max_keys)
    known = {(day, *key) for day, keys in stored.items() for key in keys.tolist()}
    for _ in range(60):
        days = rng.integers(0, 4, 30)
        keys = rng.integers(0, (5, 400), (30, 2)).astype(np.uint64)
        keys[:, 1] += days.astype(np.uint64) * 1_000  # an entry has one day
        expected = []
        for day, key in zip(days.tolist(), keys.tolist(), strict=True):
            expected.append((day, *key) not in known)
            known.add((day, *key))
        assert seen.admit(keys, days).tolist() == expected
        assert sum(len(day_keys) for day_keys in seen._days.values()) <= max_keys
    assert sorted(loads) == [0, 1, 2, 3]
    assert bool(list(tmp_path.iterdir())) is (max_keys < 10_000)


def test_a_growing_day_moves_each_key_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[int] = []
    from ingest import dedupe

    merge = dedupe._merged

    def counted(some: Any, others: Any) -> Any:
        moved.append(len(some) + len(others))
        return merge(some, others)

    monkeypatch.setattr(dedupe, "_merged", counted)
    day = DayKeys()
    for batch in range(512):
        day.add(array((batch * 10 + n, n) for n in range(10)))
    assert sum(moved) <= 5_120 * 12
    assert len(day._segments) <= 10
    assert day.contains(array([(0, 0), (5_119, 9), (5_119, 8), (9_999, 0)])).tolist() == [
        True, True, False, False,
    ]  # fmt: skip

"""From when to when a store is analysed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analytics.analysis import analyze
from analytics.extent import Extent, Stretch, extent, notes
from analytics.options import AnalysisOptions
from tests.analytics.test_rollups import record, store

DAY = timedelta(days=1)
OLD, NEW = datetime(1970, 1, 1), datetime(2026, 6, 1)


def day(start: datetime, entries: int = 100) -> Stretch:
    return Stretch(start, start + DAY / 2, entries)


def test_what_is_far_from_most_entries_is_left_out_and_told() -> None:
    days = [day(OLD, 1), day(NEW), day(NEW + 300 * DAY), day(NEW + 9_000 * DAY, 2)]
    found = extent(days, None, None)
    assert found == Extent(Stretch(NEW, NEW + 300.5 * DAY, 200), (days[0], days[3]))
    first, second = notes(found.beyond)
    assert first.startswith("1 entries from 1970-01-01 to 1970-01-01 lie more than 400 days")
    assert second.startswith("2 entries")


def test_who_says_from_when_to_when_gets_it() -> None:
    days = [day(OLD, 1), day(NEW)]
    assert extent(days, OLD, NEW + DAY) == Extent(Stretch(OLD, NEW + DAY / 2, 101))
    assert extent(days, OLD, NEW) == Extent(days[0])
    assert extent(days, NEW + DAY, None) is None
    assert extent([], None, None) is None


@pytest.mark.parametrize("far", ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_a_single_record_of_another_century_does_not_stretch_the_window(
    tmp_path: Path, far: str
) -> None:
    near = [record(f"e{n}", f"2026-03-01T10:{n:02}:00Z", "Invoke", f"r{n}") for n in range(60)]
    layout = store(tmp_path, "a", [*near, record("far", far, "Invoke", "far")])
    found = analyze(layout)
    assert found.entries.total == 60
    assert found.window.end is not None
    assert found.window.end.year == 2026
    assert any("days from the others" in note for note in found.notes)
    alone = AnalysisOptions(until=datetime(2000, 1, 1))
    assert analyze(layout, alone).entries.total == (1 if far < "2000" else 0)

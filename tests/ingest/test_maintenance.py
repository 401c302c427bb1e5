"""Compaction keeps every entry, retention drops whole days, and neither undoes an ingest."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from signal import SIGKILL

import pytest

from ingest.maintenance import Change, compact, drop_before, status
from ingest.pipeline import IngestOptions, ingest
from ingest.restore import restore
from stormtrail.errors import StoreError
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of
from tests.ingest.test_durability import killed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten files, each with two entries of each of three days."""
    folder = tmp_path / "in"
    folder.mkdir()
    for file in range(10):
        records = [
            record(file * 6 + n, eventTime=f"2026-03-0{1 + n % 3}T00:00:0{n}Z") for n in range(6)
        ]
        (folder / f"{file}.json").write_text(json.dumps({"Records": records}))
    return folder


@pytest.fixture
def filled(folder: Path, layout: Layout) -> Layout:
    ingest([str(folder)], layout, IngestOptions(batch_bytes=1))
    return layout


def contents(layout: Layout) -> list[str]:
    return sorted(json.dumps(restore(row), sort_keys=True) for row in rows_of(layout))


def on_disk(layout: Layout) -> set[str]:
    return {str(path.relative_to(layout.root)) for path in layout.events.rglob("*.parquet")}


def test_status_counts_what_is_there(filled: Layout) -> None:
    found = status(filled).to_dict()
    size = sum(path.stat().st_size for path in filled.events.rglob("*.parquet"))
    assert found == {
        "event_files": 30,
        "small_files": 30,
        "rows": 60,
        "bytes": size,
        "days": 3,
        "first_day": "2026-03-01",
        "last_day": "2026-03-03",
        "sources": 10,
        "rejected": 0,
        "batches": 10,
    }


def test_status_of_no_store_says_so(layout: Layout) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        status(layout)


def test_compaction_keeps_every_entry_in_one_file_a_day(filled: Layout) -> None:
    before = contents(filled)
    assert compact(filled) == Change(30, 3)
    assert contents(filled) == before
    assert on_disk(filled) == {file.path for file in filled.committed_files()}
    assert compact(filled) == Change(3, 3)


def test_entries_are_known_after_compaction(filled: Layout, folder: Path) -> None:
    compact(filled)
    (folder / "again.json").write_text((folder / "3.json").read_text())
    summary = ingest([str(folder)], filled)
    assert (summary.records, summary.inserted, summary.duplicates) == (6, 0, 6)


def test_old_days_are_dropped_and_do_not_come_back(filled: Layout, folder: Path) -> None:
    assert drop_before(filled, date(2026, 3, 3)) == Change(30, 10, rows_removed=40)
    assert {row["event_time"].day for row in rows_of(filled)} == {3}
    assert ingest([str(folder)], filled).files == 0
    assert [path.name for path in filled.events.iterdir()] == ["event_day=2026-03-03"]


@pytest.mark.parametrize(
    "fault", [("exchange", "2"), ("move", "1"), ("move", "3"), ("remove", "2"), ("remove", "4")]
)
def test_a_compaction_that_is_killed_loses_nothing(
    filled: Layout, folder: Path, fault: tuple[str, str]
) -> None:
    before = contents(filled)
    assert killed(Path("compact"), filled.root, *fault) == SIGKILL
    ingest([str(folder)], filled)
    assert contents(filled) == before
    assert on_disk(filled) == {file.path for file in filled.committed_files()}
    assert list(filled.staging.iterdir()) == []

"""What the ledger tells of an archive, counted where it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from analytics import archive
from analytics.series import Span
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout
from tests.analytics.test_rollups import record

NAME = "111122223333_CloudTrail_eu-west-1_20260301T{slot}Z_{end}.json"


def store(folder: Path, *names: str) -> Layout:
    """A store of one record a file, the same record in each."""
    source = folder / "archive"
    source.mkdir()
    told = {"Records": [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")]}
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(json.dumps(told))
    layout = Layout(folder / "store")
    ingest([str(source)], layout, IngestOptions(workers=0))
    return layout


def test_files_and_duplicates_are_counted(tmp_path: Path) -> None:
    layout = store(tmp_path, "a.json", "b.json")
    assert archive.read(layout) == archive.Archive(2, 1, 0, frozenset())


def test_a_store_without_a_ledger_counts_nothing(tmp_path: Path) -> None:
    assert archive.read(Layout(tmp_path)) == archive.Archive(0, 0, 0, frozenset())


def test_files_are_counted_in_the_minute_of_their_names_and_others_nowhere(tmp_path: Path) -> None:
    slots = [("1000", "a"), ("1000", "b"), ("1005", "c"), ("2359", "d")]
    layout = store(tmp_path, "e.json", *(NAME.format(slot=slot, end=end) for slot, end in slots))
    found = archive.ledger(layout).files(Span(datetime(2026, 3, 1, 10), 10))
    assert np.flatnonzero(found.together).tolist() == [0, 5]
    assert found.together[[0, 5]].tolist() == [2, 1]
    assert [series.sum() for series in found.by_account.values()] == [3]


def test_keys_tell_whose_trails_wrote_them(tmp_path: Path) -> None:
    names = (
        "AWSLogs/o-a1b2c3d4e5/111122223333/CloudTrail/eu-west-1/2026/03/01/a.json",
        "AWSLogs/o-a1b2c3d4e5/222233334444/CloudTrail/eu-west-1/2026/03/01/b.json",
        "AWSLogs/222233334444/CloudTrail/eu-west-1/2026/03/01/c.json",
        "AWSLogs/333344445555/CloudTrail/eu-west-1/2026/03/01/d.json",
        "e.json",
    )
    asked = ("111122223333", "222233334444", "333344445555", "444455556666")
    found = archive.ledger(store(tmp_path, *names)).deliverers(frozenset(asked))
    assert [found.alone(account) for account in asked] == [False, False, True, False]
    assert [found.whole(account) for account in asked] == [True, False, True, False]
    assert not replace(found, mixed=frozenset()).whole("333344445555")


@pytest.mark.parametrize(
    ("last", "complete"), [("1010", True), ("1005", False), ("1000", False), ("1100", False)]
)
def test_files_that_come_after_the_last_entry_tell_that_it_is_the_last(
    tmp_path: Path, last: str, complete: bool
) -> None:
    """One that is an hour late does not."""
    slots = ("0900", "0930", "0955", last)
    names = (NAME.format(slot=slot, end=end) for end, slot in enumerate(slots))
    found = archive.ledger(store(tmp_path, *names)).files(Span(datetime(2026, 3, 1, 9), 62))
    assert found.to_the_end is complete

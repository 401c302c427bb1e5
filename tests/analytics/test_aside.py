"""Detection beside an analysis tells what detection in place would, whatever becomes of its process."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from analytics.aside import Detection, detection
from analytics.detectors import detect
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout
from tests.analytics.detectors.rhythms import START, quiet_month
from tests.analytics.test_rollups import record

SINCE = START.replace(tzinfo=None)
UNTIL = SINCE + timedelta(days=20)
DAYS = 3


@pytest.fixture
def hours() -> pa.Table:
    month = quiet_month(0, accounts=2)
    month.flow("222222222222", "f1").runs[400:403] += 5_000
    return month.table()


@pytest.fixture
def layout(tmp_path: Path, hours: pa.Table) -> Layout:
    """A store of so many days, with a rollup of a month."""
    found = _store(tmp_path, DAYS)
    days = pc.strftime(hours["hour"], "%Y-%m-%d")
    for day in pc.unique(days).to_pylist():
        folder = found.rollups / "subject_hours" / f"event_day={day}"
        folder.mkdir(parents=True)
        pq.write_table(hours.filter(pc.equal(days, day)), folder / "part.parquet")
    return found


def _store(folder: Path, days: int) -> Layout:
    told = [record(f"e{n}", f"2024-05-0{n + 1}T10:00:01Z", "Invoke", "r1") for n in range(days)]
    archive = folder / "archive.json"
    archive.write_text(json.dumps({"Records": told}))
    layout = Layout(folder / "store")
    ingest([str(archive)], layout, IngestOptions(workers=0))
    return layout


def _process(detecting: Detection) -> Popen[bytes]:
    detecting.start()
    process = detecting.process
    assert process is not None
    return process


def test_the_process_tells_the_anomalies_of_the_window(layout: Layout, hours: pa.Table) -> None:
    inside = pc.less(hours["hour"], pa.scalar(UNTIL, pa.timestamp("us")))
    with detection(layout) as detecting:
        detecting.begin(SINCE, UNTIL)
        found = detecting.anomalies()
        assert detecting.process and detecting.process.returncode == 0
    assert found == detect(hours.filter(inside))
    assert "burst" in {anomaly.detector for anomaly in found}


@pytest.mark.parametrize("begun", [False, True])
def test_a_process_that_is_killed_takes_nothing_with_it(layout: Layout, begun: bool) -> None:
    with detection(layout) as detecting:
        if begun:
            detecting.begin(SINCE, UNTIL)
        _process(detecting).kill()
        _process(detecting).wait()
        if not begun:
            detecting.begin(SINCE, UNTIL)
        found = detecting.anomalies()
    assert "burst" in {anomaly.detector for anomaly in found}


def test_the_process_ends_with_the_block(layout: Layout) -> None:
    with detection(layout) as detecting:
        process = _process(detecting)
    assert process.returncode is not None
    assert detecting.anomalies() == ()


def test_a_store_too_short_for_an_anomaly_has_no_process(tmp_path: Path) -> None:
    with detection(_store(tmp_path, DAYS - 1)) as detecting:
        detecting.start()
        assert detecting.process is None

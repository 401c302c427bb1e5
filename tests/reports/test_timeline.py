from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import simulation
from analytics.analysis import analyze
from analytics.findings import Findings
from ingest.pipeline import IngestOptions, ingest
from reports.svg import Bucket
from reports.timeline import Timeline, _filled, timeline
from stormtrail.layout import Layout
from tests.reports.samples import EMPTY

START = datetime(2026, 1, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, Findings]:
    folder: Path = tmp_path_factory.mktemp("timeline")
    simulation.make("one_function", 3, folder, hours=3, scale=0.3)
    layout = Layout(folder / "store")
    ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
    return layout, analyze(layout)


def test_the_buckets_add_up_to_the_findings(store: tuple[Layout, Findings]) -> None:
    layout, findings = store
    found = timeline(layout, findings)
    total = sum(bucket.original + bucket.second_order for bucket in found.buckets)
    second = sum(bucket.second_order for bucket in found.buckets)
    # a run's entries stand in the minute of its first one, so a bucket may borrow from the next
    assert total == pytest.approx(findings.entries.total, rel=0.001)
    assert second == pytest.approx(findings.entries.second_order, rel=0.02)
    assert second > 0


def test_the_onset_is_marked(store: tuple[Layout, Findings]) -> None:
    layout, findings = store
    onsets = [loop.onset for loop in findings.loops if loop.onset]
    assert [mark.at for mark in timeline(layout, findings).marks] == onsets


def test_a_span_without_entries_is_zero() -> None:
    rows = [
        {"bucket": START, "entries": 5, "second_order": 2},
        {"bucket": START + timedelta(minutes=10), "entries": 4, "second_order": 4},
    ]
    at = START.replace(tzinfo=UTC)
    assert _filled(rows, 5) == (
        Bucket(at, 3, 2),
        Bucket(at + timedelta(minutes=5), 0, 0),
        Bucket(at + timedelta(minutes=10), 0, 4),
    )


def test_an_empty_window_has_no_timeline(tmp_path: Path) -> None:
    assert timeline(Layout(tmp_path), EMPTY) == Timeline()

"""Which nodes are taken for log sources."""

from __future__ import annotations

from pathlib import Path

import pytest

import simulation
from analytics.analysis import analyze
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout


@pytest.mark.parametrize("seed", [4, 9])
def test_a_bucket_of_the_business_is_no_source_beside_a_recorded_one(
    tmp_path: Path, seed: int
) -> None:
    """Its files start about as many runs as there are log files, by chance."""
    simulation.make("stream_cure", seed, tmp_path)
    layout = Layout(tmp_path / "store")
    ingest([str(tmp_path / "archive")], layout, IngestOptions(workers=0))
    assert [source.kind for source in analyze(layout).sources] == ["kinesis"]

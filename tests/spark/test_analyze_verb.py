"""`analyze --engine` takes what there is; what it finds is compared in `test_ingest`."""

from __future__ import annotations

from pathlib import Path

import simulation
from ingest.pipeline import IngestOptions, ingest
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout


def test_an_engine_that_there_is_not_and_a_master_for_none(tmp_path: Path) -> None:
    store = ["--store", str(tmp_path)]
    assert run(["analyze", *store, "--engine", "sparc"]) == ExitCode.USAGE
    simulation.make("no_storm", 1, tmp_path, hours=1, scale=0.01)
    ingest([str(tmp_path / "archive")], Layout(tmp_path), IngestOptions(workers=0))
    assert run(["analyze", *store, "--master", "spark://127.0.0.1:7077"]) == ExitCode.USAGE

"""`analyze --engine spark` says what `analyze` says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import simulation
from ingest.pipeline import IngestOptions, ingest
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from tests.spark.standalone import Cluster

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ORGANIZATIONS = (
    "articles",
    "cross_account_chain",
    "self_logging_bucket",
    "three_stages",
    "no_storm",
)


def analyse(capsys: pytest.CaptureFixture[str], store: Path, *options: str) -> dict[str, Any]:
    """The findings, nothing being rolled up before."""
    shutil.rmtree(store / "rollups", ignore_errors=True)
    assert run(["analyze", "--store", str(store), "--format", "json", *options]) == ExitCode.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("kind", ORGANIZATIONS)
def test_a_cluster_finds_what_one_machine_finds(
    spark: SparkSession,
    cluster: Cluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    simulation.make(kind, 1, tmp_path, hours=4, scale=0.1)
    store = tmp_path / "store"
    ingest([str(tmp_path / "archive")], Layout(store), IngestOptions(workers=0))
    alone = analyse(capsys, store)
    together = analyse(capsys, store, "--engine", "spark", "--master", cluster.url)
    assert alone["entries"]["total"] > 0
    different = [
        name for name in alone.keys() | together.keys() if alone.get(name) != together.get(name)
    ]
    assert set(different) <= {"generated_at"}


def test_an_engine_that_there_is_not_and_a_master_for_none(tmp_path: Path) -> None:
    store = ["--store", str(tmp_path)]
    assert run(["analyze", *store, "--engine", "sparc"]) == ExitCode.USAGE
    simulation.make("no_storm", 1, tmp_path, hours=1, scale=0.01)
    ingest([str(tmp_path / "archive")], Layout(tmp_path), IngestOptions(workers=0))
    assert run(["analyze", *store, "--master", "spark://127.0.0.1:7077"]) == ExitCode.USAGE

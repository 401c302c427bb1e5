"""`ingest --engine spark` leaves the store that `ingest` leaves, whatever dies in between."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

import pyarrow
import pytest

from ingest.pipeline import IngestOptions, IngestSummary, ingest, ingest_from
from ingest.spark.engine import SparkCluster
from ingest.spark.shipping import ship
from ingest.spark.spreading import spread
from ingest.spark.tasks import stage
from ingest.work import Chunk
from stormtrail.cli import run
from stormtrail.errors import ExitCode, StoreError, UsageError
from stormtrail.layout import Layout
from tests.ingest.conftest import rows_of
from tests.spark.archives import ledger, untidy
from tests.spark.deadly import DeadlyFolder
from tests.spark.killed import BATCH_BYTES, WAVE
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
OPTIONS = IngestOptions(workers=0, batch_bytes=BATCH_BYTES)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untidy("articles", tmp_path_factory.mktemp("untidy"), hours=2, scale=0.03)


@pytest.fixture(scope="module")
def peace(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The store that one machine makes of the archive."""
    layout = Layout(tmp_path_factory.mktemp("peace"))
    ingest([str(archive)], layout, OPTIONS)
    return layout


def check_same(layout: Layout, peace: Layout) -> None:
    """The same ledger and the same rows, and nothing left behind."""
    assert ledger(layout) == ledger(peace)
    assert rows_of(layout) == rows_of(peace)
    assert list(layout.staging.iterdir()) == []
    on_disk = {str(path.relative_to(layout.root)) for path in layout.events.rglob("*.parquet")}
    assert on_disk == {file.path for file in layout.committed_files()}


def findings(capsys: pytest.CaptureFixture[str], store: Path, *options: str) -> dict[str, Any]:
    assert run(["analyze", "--store", str(store), "--format", "json", *options]) == ExitCode.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    found.pop("generated_at", None)
    return found


@pytest.mark.parametrize("kind", ORGANIZATIONS)
def test_a_cluster_loads_and_finds_what_one_machine_does(
    spark: SparkSession,
    cluster: Cluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    archive = untidy(kind, tmp_path, hours=3, scale=0.05)
    alone, together = tmp_path / "alone", tmp_path / "together"
    where = ["--engine", "spark", "--master", cluster.url]
    told = []
    for store, options in ((alone, []), (together, where)):
        load = ["ingest", str(archive), "--store", str(store), "--json", *options]
        assert run(load) == ExitCode.DONE
        told.append(json.loads(capsys.readouterr().out) | {"seconds": None})
    assert told[0] == told[1]
    assert min(told[0][name] for name in ("inserted", "duplicates", "rejected")) > 0
    assert ledger(Layout(together)) == ledger(Layout(alone))
    assert findings(capsys, together, *where) == findings(capsys, alone)


def test_chunks_of_many_waves_and_a_second_run_are_as_on_one_machine(
    spark: SparkSession, archive: Path, tmp_path: Path
) -> None:
    files = sorted(archive.rglob("*.json.gz"))
    (part := tmp_path / "part").mkdir()
    stores = Layout(tmp_path / "alone"), Layout(tmp_path / "together")
    inserted = []
    for number, some in enumerate((files[: len(files) // 2], files[len(files) // 3 :], [])):
        for path in some:
            shutil.copy2(path, part / path.name.replace("Z_", f"Z_{number}"))
        loaded = [
            ingest([str(part)], stores[0], OPTIONS),
            ingest([str(part)], stores[1], OPTIONS, engine=SparkCluster(spark, WAVE)),
        ]
        assert without_time(loaded[0]) == without_time(loaded[1])
        inserted.append(loaded[0].inserted)
    check_same(stores[1], stores[0])
    assert len(ledger(stores[0])["batches"]) > 2 * WAVE
    assert (min(inserted[:2]) > 0, inserted[2]) == (True, 0)


def without_time(summary: IngestSummary) -> dict[str, Any]:
    return summary.to_dict() | {"seconds": None}


def test_a_worker_that_is_killed_in_the_middle_costs_nothing(
    spark: SparkSession, cluster: Cluster, archive: Path, peace: Layout, tmp_path: Path
) -> None:
    layout, note = Layout(tmp_path / "store"), tmp_path / "killed"
    source = DeadlyFolder(archive, len(list(archive.rglob("*.gz"))) // 2, note)
    ingest_from([source], layout, OPTIONS, engine=SparkCluster(spark))
    cluster.replace(int(note.read_text()))
    check_same(layout, peace)


def test_a_driver_that_is_killed_leaves_nothing_half_and_the_same_command_goes_on(
    spark: SparkSession, cluster: Cluster, archive: Path, peace: Layout, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "store")
    command = [sys.executable, "-m", "tests.spark.killed"]
    driver = [*command, str(archive), str(layout.root), cluster.url, str(WAVE + 2)]
    one_executor = {"PYSPARK_SUBMIT_ARGS": "--conf spark.cores.max=1 pyspark-shell"}
    ended = subprocess.run(driver, check=False, env=os.environ | one_executor)
    assert ended.returncode == -SIGKILL
    committed = ledger(layout)["sources"]
    assert 0 < len(committed) < len(ledger(peace)["sources"])
    assert committed == ledger(peace)["sources"][: len(committed)]
    ingest([str(archive)], layout, OPTIONS, engine=SparkCluster(spark))
    check_same(layout, peace)


def test_a_worker_that_does_not_see_the_store_is_said(
    spark: SparkSession, archive: Path, tmp_path: Path
) -> None:
    chunk = Chunk((), 1, 1, tmp_path / "elsewhere", 1)
    with pytest.raises(StoreError, match="does not see the store") as caught:
        spread(spark.sparkContext, stage, [chunk])
    assert caught.value.where == str(tmp_path / "elsewhere")


def test_executors_without_the_code_are_sent_it_and_those_without_libraries_are_refused(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = spark.sparkContext
    libraries = Path(pyarrow.__file__).parents[1]
    monkeypatch.setattr(context, "_python_includes", [])
    monkeypatch.setattr(context, "pythonExec", bare_python(tmp_path / "bare", ""))
    with pytest.raises(UsageError, match=r"its workers cannot run Stormtrail .*No module named"):
        ship(context)
    monkeypatch.setattr(context, "pythonExec", bare_python(tmp_path / "some", f":{libraries}"))
    ship(context)
    (place,) = context.parallelize([0], 1).map(lambda _: import_module("ingest").__file__).collect()
    assert str(place).endswith("stormtrail-code.zip/ingest/__init__.py")


def bare_python(path: Path, more: str) -> str:
    """A Python that knows this project from nowhere, and libraries only where they are named."""
    path.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH{more}" exec {sys.executable} -S "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_follow_is_for_one_machine(tmp_path: Path) -> None:
    follow = ["ingest", str(tmp_path), "--follow", "--engine", "spark"]
    assert run([*follow, "--store", str(tmp_path / "store")]) == ExitCode.USAGE
    alone = ["ingest", str(tmp_path), "--master", "spark://127.0.0.1:7077"]
    assert run([*alone, "--store", str(tmp_path / "store")]) == ExitCode.USAGE

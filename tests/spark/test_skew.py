"""One function with nearly all entries of an account and hour makes no task larger than the others."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.pipeline import IngestOptions, ingest
from ingest.spark.engine import SparkCluster
from ingest.spark.keys import read_keys, write_keys
from ingest.store import file_keys
from ingest.writer import day_number
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of
from tests.spark.archives import ledger

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:log-router"
FILES, EACH = 120, 60
SHARE = 0.95
TASKS = 8


def entry(number: int) -> dict[str, Any]:
    """An entry of one account and hour; 95 of 100 are runs of one function."""
    found = record(number, eventTime=f"2026-03-01T12:{number % 60:02}:00Z")
    if number % 100 >= 100 * SHARE:
        return found
    run = {"eventSource": "lambda.amazonaws.com", "eventName": "Invoke"}
    return found | run | {"eventCategory": "Data", "resources": [{"ARN": FUNCTION}]}


@pytest.fixture(scope="module")
def skewed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A store that the cluster made of such an archive."""
    folder = tmp_path_factory.mktemp("skewed")
    (archive := folder / "archive").mkdir()
    for file in range(FILES):
        records = [entry(number) for number in range(file * EACH, (file + 1) * EACH)]
        (archive / f"{file:03}.json").write_text(json.dumps({"Records": records}))
    layout = Layout(folder / "store")
    options = IngestOptions(batch_bytes=200_000)
    ingest([str(archive)], layout, options, engine=SparkCluster(spark))
    return layout


def test_the_largest_task_that_decodes_has_hardly_more_than_its_share(skewed: Layout) -> None:
    functions = Counter(row["function_arn"] for row in rows_of(skewed))
    assert functions[FUNCTION] == SHARE * FILES * EACH
    tasks: Counter[int] = Counter()
    for row in ledger(skewed)["sources"]:
        tasks[row[9]] += row[4]
    assert len(tasks) > TASKS
    assert max(tasks.values()) <= 1.3 * FILES * EACH / len(tasks)


def test_the_largest_task_that_compares_keys_has_hardly_more_than_its_share(
    spark: SparkSession, skewed: Layout, tmp_path: Path
) -> None:
    files = [
        write_keys(
            file_keys(skewed.root / file.path),
            day_number(file.event_day),
            tmp_path / Path(file.path).name,
        )
        for file in skewed.committed_files()
    ]
    keys = read_keys(spark, files, TASKS).selectExpr("spark_partition_id() as task")
    sizes = [row["count"] for row in keys.groupBy("task").count().collect()]
    assert (sum(sizes), len(sizes)) == (FILES * EACH, TASKS)
    assert max(sizes) <= 1.3 * FILES * EACH / TASKS

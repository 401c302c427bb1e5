"""One cluster and one session for all tests of Spark; skipped, with the reason, without Java."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ingest.conftest import KEY_ID, SECRET
from tests.ingest.conftest import s3 as s3
from tests.spark.standalone import Cluster, standalone

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

AWS = {
    "AWS_ACCESS_KEY_ID": KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark's warnings are its own; one process runs all tests of the cluster, so that there is one."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning"))
            item.add_marker(pytest.mark.xdist_group("spark"))


def missing() -> str | None:
    """What a Spark cluster needs and this machine lacks."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed: pip install 'stormtrail[spark]'"
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        return "Java is not installed (Debian: openjdk-17-jre-headless)"
    return None


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master and two workers; this process finds their settings in its environment."""
    if why := missing():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("spark") / "cluster"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in AWS.items():  # executors have the credentials of where they run
            patch.setenv(name, value)
        with standalone(folder) as running:
            for name, value in running.environment.items():
                patch.setenv(name, value)
            yield running


@pytest.fixture(scope="package")
def spark(cluster: Cluster) -> Iterator[SparkSession]:
    """The session of all tests; the command line uses it, too, where it finds it running."""
    from stormtrail.cluster import spark_session

    with spark_session(cluster.url) as session:
        yield session

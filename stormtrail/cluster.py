"""A Spark session on a cluster, or one line that says what is missing for it.

A leaf module: the Spark engines of `ingest` and `analytics` use it, it uses only errors. PySpark is
an extra of its own and needs Java; both are looked for when a session is asked for, not before.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stormtrail.errors import StoreError, StormtrailError, UsageError

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

_STANDALONE = re.compile(r"spark://(?P<host>[^:,/]+):(?P<port>\d+)$")
_CONNECT_SECONDS = 5.0
_SETTINGS = {
    "spark.app.name": "stormtrail",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # times are UTC without saying so, as in DuckDB
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def spark_session(master: str | None) -> Iterator[SparkSession]:
    """A session on `master` (None: what Spark's own settings say), ended with the block.

    A session that the process has already is used as it is, and goes on. Memory, cores and all else
    are Spark's own settings (spark-defaults.conf). UsageError where PySpark or Java is missing or
    the cluster does not answer; StoreError where a job fails.
    """
    _require_spark()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    session = running or _started(master)
    try:
        yield session
    except (PySparkException, Py4JError) as error:
        raise _explained(error, str(session.sparkContext.master)) from error
    finally:
        if running is None:
            session.stop()


def _require_spark() -> None:
    if find_spec("pyspark") is None:
        hint = "install it with `pip install 'stormtrail[spark]'`, or use --engine duckdb"
        raise UsageError("the Spark engine needs PySpark, which is not installed", hint=hint)
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        hint = "install it (Debian: openjdk-17-jre-headless) or set JAVA_HOME"
        raise UsageError("the Spark engine needs Java 17 or newer, which is not found", hint=hint)


def _started(master: str | None) -> SparkSession:
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    if master:
        _require_answer(master)
    _hush()
    # On a cluster of many machines PYSPARK_PYTHON says where their Python is.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    log = Path(tempfile.gettempdir()) / f"stormtrail-spark-{os.getpid()}.log"
    try:
        with log.open("wb") as talk:  # Java's talk is no line of ours
            launch: Any = launch_gateway
            gateway = launch(_conf(master), {"stdout": talk, "stderr": talk})
        SparkContext(conf=_conf(master), gateway=gateway)
        return SparkSession.builder.getOrCreate()
    except Exception as error:  # whatever kind Java's failure arrives as
        what = f"Spark did not start ({first_line(error)})"
        raise UsageError(what, where=master or "", hint=f"its log is {log}") from error


def _hush() -> None:
    """What PySpark would print beside the one line of an error, or about the pandas it does not get."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)


def _conf(master: str | None) -> SparkConf:
    from pyspark import SparkConf

    conf = SparkConf(loadDefaults=False).setAll(list(_SETTINGS.items()))
    return conf.setMaster(master) if master else conf


def _require_answer(master: str) -> None:
    """Spark itself would try for a minute and then say little."""
    if not (found := _STANDALONE.match(master)):
        return
    try:
        socket.create_connection((found["host"], int(found["port"])), _CONNECT_SECONDS).close()
    except OSError as error:
        hint = "is the cluster running, and is --master its address?"
        raise UsageError(f"does not answer ({error})", where=master, hint=hint) from error


def _explained(error: Exception, master: str) -> StormtrailError:
    hint = "the driver's and the executors' logs say more; the same command goes on from here"
    return StoreError(f"a Spark job failed ({first_line(error)})", where=master, hint=hint)


def first_line(error: Exception) -> str:
    """What a Spark error says, without its pages of Java."""
    lines = [line.strip().removeprefix(": ") for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("An error occurred while")]
    return f"{type(error).__name__}: {told[0] if told else 'no message'}"[:300]

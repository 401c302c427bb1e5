"""The engines that a person can name: this machine, or a Spark cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.engine import Engine
from ingest.machine import Machine
from stormtrail.errors import UsageError


@contextmanager
def _machine(master: str | None = None) -> Iterator[Engine]:
    """On this machine's cores; UsageError where a master is given."""
    if master:
        raise UsageError("is of use only with --engine spark", where="--master")
    yield Machine()


@contextmanager
def _spark(master: str | None = None) -> Iterator[Engine]:
    """On a session that ends with the block; UsageError where PySpark, Java or the cluster is missing."""
    from ingest.spark.engine import SparkCluster
    from stormtrail.cluster import spark_session

    with spark_session(master) as session:
        yield SparkCluster(session)


ENGINES = {"duckdb": _machine, "spark": _spark}
"""By name: given the cluster's address, an engine for the length of a block."""

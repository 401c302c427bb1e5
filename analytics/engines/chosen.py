"""The engine that a person names: DuckDB in this process, or a Spark cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from analytics.engines.base import Opener
from analytics.warehouse import Warehouse
from stormtrail.errors import UsageError

ENGINES = {"duckdb": "in this process", "spark": "on a cluster"}


@contextmanager
def engine(name: str, master: str | None = None) -> Iterator[Opener]:
    """Opens stores on the engine of this name, one of `ENGINES`; a Spark session ends with the block.

    UsageError where a master is given to DuckDB, or where PySpark, Java or the cluster is missing.
    """
    if name == "duckdb":
        if master:
            hint = "add --engine spark"
            raise UsageError("DuckDB runs in this process", where="--master", hint=hint)
        yield Warehouse.open
        return
    from analytics.engines.spark import on_spark
    from stormtrail.cluster import spark_session

    with spark_session(master) as session:
        yield on_spark(session)

"""The engines that a person can name: DuckDB in this process, or a Spark cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stormtrail.errors import UsageError

if TYPE_CHECKING:
    from analytics.engines.base import Opener


@contextmanager
def _duckdb(master: str | None = None) -> Iterator[Opener]:
    """In this process; UsageError where a master is given."""
    if master:
        hint = "add --engine spark"
        raise UsageError("DuckDB runs in this process", where="--master", hint=hint)
    # slow to import: who asks only for the names does without
    from analytics.warehouse import Warehouse

    yield Warehouse.bare


@contextmanager
def _spark(master: str | None = None) -> Iterator[Opener]:
    """On a session that ends with the block; UsageError where PySpark, Java or the cluster is missing."""
    from analytics.engines.spark import on_spark
    from stormtrail.cluster import spark_session

    with spark_session(master) as session:
        yield on_spark(session)


ENGINES = {"duckdb": _duckdb, "spark": _spark}
"""By name: given the cluster's address, what opens stores for the length of a block."""

"""The queries on a Spark cluster: same files, same rows, same types as on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

import queries
from analytics.engines.base import Opener
from analytics.warehouse import Warehouse
from ingest.schema import COLUMNS, SCHEMA
from queries import portable
from stormtrail.cluster import first_line
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SPARK_TYPES = {
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.timestamp("us"): "timestamp_ntz",
}
_EVENTS = ", ".join(f"{column.name} {_SPARK_TYPES[column.type]}" for column in COLUMNS)


def on_spark(session: SparkSession) -> Opener:
    """Opens stores on this session."""
    return lambda layout: SparkWarehouse(session, layout)


class SparkWarehouse:
    """An engine on a session; the executors read the store's files from where the driver does."""

    def __init__(self, session: SparkSession, layout: Layout) -> None:
        self._session = session
        self._events = layout.events.resolve()
        self._defined: dict[str, DataFrame] = {}
        # DuckDB over no rows at all tells the columns and types of every answer.
        self._types = Warehouse(duckdb.connect())
        self._types.use_events([])
        self.use_events([])

    def use_events(self, paths: Sequence[Path]) -> None:
        """Points the view `events` at these files."""
        self._event_files(paths).createOrReplaceTempView("events")

    def _event_files(self, paths: Sequence[Path]) -> DataFrame:
        if not paths:
            return self._session.createDataFrame(SCHEMA.empty_table())
        # A day's older files may lack newer columns: the schema is given, not guessed.
        reader = self._session.read.schema(_EVENTS).option("basePath", _uri(self._events))
        return reader.parquet(*map(_uri, paths))

    def register(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table readable under `name`; it goes to every executor."""
        self._types.register(name, table.slice(0, 0))
        self._session.createDataFrame(table).createOrReplaceTempView(name)

    def define(self, name: str, query: str, **parameters: Any) -> None:
        """Makes the rows of a query readable under `name`: worked out once, kept on the cluster."""
        self._types.define(name, query, **parameters)
        if name in self._defined:
            self._defined.pop(name).unpersist()
        self._defined[name] = self._frame(queries.text(query), parameters).persist()
        self._defined[name].createOrReplaceTempView(name)

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """The rows of the query called `name` in `queries/`, brought to this process."""
        return self.sql(queries.text(name), parameters)

    def answers(self, names: Sequence[str], **parameters: Any) -> Iterator[pa.Table]:
        """The rows of each of these queries, one after the other: each has the whole cluster."""
        return (self.query(name, **parameters) for name in names)

    def sql(self, text: str, parameters: Mapping[str, Any]) -> pa.Table:
        """The rows of one statement in DuckDB's words; StoreError says what Spark refused."""
        from pyspark.errors import PySparkException

        expected = self._types.sql(text, parameters).schema
        try:
            answer = self._frame(text, parameters).toArrow()
        except PySparkException as error:
            raise StoreError(f"the query failed ({first_line(error)})") from error
        return answer.select(expected.names).cast(expected)

    def _frame(self, text: str, parameters: Mapping[str, Any]) -> DataFrame:
        statement = portable.for_spark(text, parameters)
        return self._session.sql(statement.text, args=statement.arguments)


def _uri(path: Path) -> str:
    """Spark's name of a local file: not quoted, whatever the cluster's own file system is."""
    return f"file:{path.resolve()}"

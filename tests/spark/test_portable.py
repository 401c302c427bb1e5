"""Every query that is not named as DuckDB's own gives the same rows on a cluster."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

import queries
import simulation
from analytics.engines.spark import SparkWarehouse
from analytics.rollups import STAGES, known_sessions, refresh
from analytics.warehouse import LEDGER_TABLES, Warehouse, rollup_views
from ingest.pipeline import IngestOptions, ingest
from queries import portable, saved
from stormtrail.errors import StoreError
from stormtrail.layout import Layout
from tests.queries.casefile import read
from tests.queries.test_saved import CASES, tables_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVERY_CASE = [
    pytest.param(path.stem, place, id=f"{path.stem}-{place}")
    for path in sorted(CASES.glob("*.case"))
    for place in range(len(read(path).cases))
    if f"saved/{path.stem}" in portable.names()
]
OTHERS = [name for name in portable.names() if not name.startswith("saved/")]


@pytest.mark.parametrize("name", sorted(portable.NOT_PORTABLE))
def test_a_query_that_is_not_portable_does_not_run_on_spark(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    assert len(portable.NOT_PORTABLE[name].split()) > 3  # says why
    warehouse = SparkWarehouse(spark, Layout(tmp_path))
    with pytest.raises(StoreError, match="the query failed"):
        warehouse.query(name)


@pytest.mark.parametrize(("name", "place"), EVERY_CASE)
def test_a_saved_query_gives_the_rows_of_its_case(
    spark: SparkSession, tmp_path: Path, name: str, place: int
) -> None:
    found = read(CASES / f"{name}.case")
    query = saved.get(name)
    given = {**dict.fromkeys(query.optional), **found.cases[place].parameters}
    here, there = Warehouse(duckdb.connect()), SparkWarehouse(spark, Layout(tmp_path))
    for table, rows in tables_of(found.tables).items():
        here.register(table, rows)
        there.register(table, rows)
    assert there.sql(query.text, given).to_pylist() == here.sql(query.text, given).to_pylist()


class Ground:
    """A small organization on both engines, what the rollups' queries read, and a value for every parameter."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        layout = Layout(folder / "a store")  # a space: paths are not URLs
        for kind in ("self_logging_bucket", "cross_account_chain"):
            simulation.make(kind, 1, folder / kind, hours=3, scale=0.05)
        archives = [str(path) for path in sorted(folder.glob("*/archive"))]
        ingest(archives, layout, IngestOptions(workers=0))
        refresh(layout)
        self.here, self.there = Warehouse.open(layout), SparkWarehouse(spark, layout)
        self.there.use_events([layout.root / file.path for file in layout.committed_files()])
        for table, rows in _tables(layout).items():
            self.here.register(table, rows)
            self.there.register(table, rows)
        self.values = _values(self.here)
        for name in STAGES[1:]:
            rows = self.here.query(
                name, day_start=self.values["day_start"], day_end=self.values["day_end"]
            )
            self.here.register(name, rows)
            self.there.register(name, rows)


def _tables(layout: Layout) -> dict[str, pa.Table]:
    """The rollups, the ledger's tables, and those that `refresh` makes for the rollups."""
    opened = Warehouse.open(layout)
    tables = {name: opened.sql(f"from {name}") for name in rollup_views(layout)}
    tables |= {name: layout.ledger_table(name, what) for name, what in LEDGER_TABLES.items()}
    functions = tables["function_days"]["function_arn"].to_pylist()
    keys = (
        "select distinct access_key_id, date_trunc('day', event_time) as day, "
        "caller_function_arn as function_arn from events"
    )
    issued = opened.sql(
        f"{keys} where access_key_id is not null and caller_function_arn is not null"
    )
    return tables | {"known_sessions": known_sessions(functions), "issued_keys": issued}


def _values(opened: Warehouse) -> dict[str, Any]:
    text = "select * from events where function_arn is not null order by event_time, event_id"
    rows = opened.sql(f"{text} limit 5").to_pylist()
    first, day = rows[0], datetime.combine(rows[0]["event_time"], datetime.min.time())
    functions = opened.sql(
        "select distinct function_arn from function_days order by all"
    ).to_pylist()
    arns = [row["function_arn"] for row in functions]
    return {
        **{name: first[name] for name in ("source_id", "record_index", "event_time")},
        **dict.fromkeys(("since", "day_start"), day),
        **dict.fromkeys(("until", "day_end"), day + timedelta(days=1)),
        **dict.fromkeys(("function_text", "actor_text", "event_text"), ""),
        **dict.fromkeys(("any_id", "all_regions"), True),
        "any_text": "lambda",
        "event_ids": [row["event_id"] for row in rows],
        "accounts": [first["account_id"]],
        "all_accounts": False,
        "regions": [],
        "unit": "hour",
        "step_minutes": 15,
        "functions": arns,
        "first_functions": arns[:1],
        "second_functions": arns[1:2],
        "deeper_functions": [],
        "buckets": [],
        "least_hours": 0,
        "most_rows": 50,
    }


@pytest.fixture(scope="module")
def ground(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(spark, tmp_path_factory.mktemp("ground"))


@pytest.mark.parametrize("name", OTHERS)
def test_the_programs_own_queries_give_equal_rows(ground: Ground, name: str) -> None:
    """A query with a new parameter needs a value for it in `_values`."""
    given = {name: ground.values[name] for name in portable.parameters(queries.text(name))}
    here, there = ground.here.query(name, **given), ground.there.query(name, **given)
    assert there.schema == here.schema
    assert in_order(name, there) == in_order(name, here)


def in_order(name: str, rows: pa.Table) -> list[dict[str, Any]]:
    """As the query gives them; those that rollups are made of have no order of their own."""
    found: list[dict[str, Any]] = rows.to_pylist()
    return sorted(found, key=str) if name in STAGES else found

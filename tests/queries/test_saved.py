"""Every saved query: its form, its rows out for rows in, and that it runs on a published store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from analytics.reading import check_that_it_reads
from analytics.warehouse import Warehouse
from ingest.schema import SCHEMA
from queries import saved
from tests.queries.casefile import Case, Row, read, shown
from tests.stormtrail.stores import store_of

CASES = Path(__file__).with_name("cases")
LEDGER = {
    "sources": ("id", "records", "inserted", "duplicates", "rejected"),
    "rejects": ("source_id", "record_index"),
}
EVERY_CASE = [
    pytest.param(path.stem, place, id=f"{path.stem}-{place}")
    for path in sorted(CASES.glob("*.case"))
    for place in range(len(read(path).cases))
]


@pytest.mark.parametrize(("name", "place"), EVERY_CASE)
def test_rows_in_give_rows_out(name: str, place: int) -> None:
    found = read(CASES / f"{name}.case")
    case: Case = found.cases[place]
    rows = answer(name, found.tables, case.parameters)
    cells = [{column: shown(value) for column, value in row.items()} for row in rows.to_pylist()]
    if name == "one_event":  # every column there is: those that the case leaves out are null
        cells = [{column: cell for column, cell in row.items() if cell} for row in cells]
    assert cells == case.answer


def test_every_saved_query_has_a_case_and_there_are_enough() -> None:
    assert {path.stem for path in CASES.glob("*.case")} == set(saved.names())
    assert len(saved.names()) >= 25


@pytest.mark.parametrize("name", saved.names())
def test_a_saved_query_says_its_question_grain_and_parameters(name: str) -> None:
    found = saved.get(name)
    assert found.question.endswith("?")
    assert found.grain
    used = set(re.findall(r"\$([a-z_]+)\b(?!\.)", _code(found.text))) - _json_paths(found.text)
    assert used == set(found.names)


@pytest.mark.parametrize("name", saved.names())
def test_a_saved_query_is_one_lower_case_select_with_a_total_order(name: str) -> None:
    code = _code(saved.get(name).text)
    words = re.sub(r"'[^']*'", "", code)
    assert words == words.lower()
    assert ";" not in words
    assert words.lstrip().startswith(("select", "with"))
    assert "order by" in words.rsplit("from ", 1)[1]


def answer(name: str, tables: dict[str, list[Row]], parameters: dict[str, str]) -> pa.Table:
    """The query's rows over these tables; optional parameters that are not given are NULL."""
    query = saved.get(name)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        warehouse = Warehouse(connection)
        for table, rows in tables_of(tables).items():
            warehouse.register(table, rows)
        return warehouse.sql(query.text, {**dict.fromkeys(query.optional), **parameters})


def tables_of(tables: dict[str, list[Row]]) -> dict[str, pa.Table]:
    """The tables of a case with the types of a store's."""
    found = {"events": _events(tables.get("events", []))}
    for name in LEDGER.keys() & tables.keys():
        found[name] = pa.Table.from_pylist([_ledger(name, row) for row in tables[name]])
    return found


def _events(rows: list[Row]) -> pa.Table:
    full = [
        {field.name: _typed(field, row.get(field.name, "")) for field in SCHEMA} for row in rows
    ]
    return pa.Table.from_pylist(full, schema=SCHEMA)


def _typed(field: Any, cell: str) -> Any:
    if not cell:
        return None
    if pa.types.is_timestamp(field.type):
        return datetime.fromisoformat(cell)
    if pa.types.is_boolean(field.type):
        return cell == "true"
    return int(cell) if pa.types.is_integer(field.type) else cell


def _ledger(name: str, row: Row) -> dict[str, Any]:
    numbers = LEDGER[name]
    return {key: _number(cell) if key in numbers else cell or None for key, cell in row.items()}


def _number(cell: str) -> int | None:
    return int(cell) if cell else None


def _code(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def _json_paths(text: str) -> set[str]:
    """Words after a `$.` inside quotes are JSON paths, not parameters."""
    return set(re.findall(r"'\$\.?([a-z_]*)", text))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    layout = store_of(tmp_path_factory.mktemp("published") / "store", [{"event_id": "e-1"}])
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("name", saved.names())
def test_a_saved_query_only_reads_and_runs_on_a_published_store(
    name: str, published: duckdb.DuckDBPyConnection
) -> None:
    query = saved.get(name)
    given = dict.fromkeys(query.names) | {"moment": "2026-01-01"}
    wanted = {parameter: given[parameter] for parameter in query.names}
    check_that_it_reads(published, query.text)
    assert published.execute(query.text, wanted).description

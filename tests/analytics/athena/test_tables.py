"""The tables of `stormtrail athena ddl`: they are those of a store, and Athena's names are checked."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

import simulation
from analytics.analysis import analyze
from analytics.athena.ledger import export_ledger
from analytics.athena.tables import VIEWS, Place, athena_type, ddl, rollup_schemas, statements
from analytics.rollups import ROLLUPS, known_sessions
from analytics.warehouse import LEDGER_TABLES, Warehouse, publish
from ingest.pipeline import IngestOptions, ingest
from ingest.schema import COLUMNS
from stormtrail.cli import run
from stormtrail.errors import ExitCode, UsageError
from stormtrail.layout import Layout

LOCATION = "s3://my-bucket/trails/store/events/"
PLACE = Place.of(LOCATION, "stormtrail")


def tables() -> dict[str, exp.Create]:
    """The CREATE EXTERNAL TABLE statements by table, as Athena's grammar reads them."""
    found = {}
    for text in statements(PLACE):
        tree = sqlglot.parse_one(text, read="athena")
        assert isinstance(tree, exp.Create)
        if tree.kind == "TABLE":
            found[tree.this.this.name] = tree
    return found


def columns_of(table: exp.Create) -> list[tuple[str, str]]:
    """Name and type of each column, the partition's last."""
    parts = table.find_all(exp.ColumnDef)
    return [(part.name, part.args["kind"].sql("hive").lower().replace(" ", "")) for part in parts]


def location_of(table: exp.Create) -> str:
    found = table.find(exp.LocationProperty)
    assert found is not None
    return str(found.this.this)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A store with everything in it that the tables stand for."""
    folder = tmp_path_factory.mktemp("athena")
    simulation.make("cross_account_chain", 1, folder, hours=2, scale=0.05)
    found = Layout(folder / "store")
    ingest([str(folder / "archive")], found, IngestOptions(workers=0))
    analyze(found)
    publish(found)
    list(export_ledger(found))
    return found


def test_every_folder_of_a_store_is_a_table_with_the_columns_of_its_files(layout: Layout) -> None:
    """A column by another name or type would be null in Athena, or an error."""
    found = tables()
    assert set(found) == {"events", *rollup_schemas(), *LEDGER_TABLES}
    for name, table in found.items():
        folder = layout.root / location_of(table).removeprefix("s3://my-bucket/trails/store/")
        partitioned = name not in LEDGER_TABLES
        files = sorted(folder.glob("event_day=*/*.parquet" if partitioned else "*.parquet"))
        assert files, name
        schema = pq.read_schema(files[0])
        expected = [(field.name, athena_type(field.type)) for field in schema]
        assert columns_of(table) == expected + [("event_day", "string")] * partitioned, name


def test_the_entries_have_every_column_with_its_type() -> None:
    expected = [(column.name, athena_type(column.type)) for column in COLUMNS]
    assert columns_of(tables()["events"]) == [*expected, ("event_day", "string")]


def test_days_are_projected_from_the_first_to_tomorrow_where_their_files_are() -> None:
    first, *_ = [text for text in statements(PLACE, date(2026, 1, 1)) if "EXTERNAL" in text]
    properties = {
        found.name: found.args["value"].name
        for found in sqlglot.parse_one(first, read="athena").find_all(exp.Property)
        if found.name.startswith(("projection", "storage"))
    }
    assert properties == {
        "projection.enabled": "true",
        "projection.event_day.type": "date",
        "projection.event_day.format": "yyyy-MM-dd",
        "projection.event_day.range": "2026-01-01,NOW+1DAY",
        "projection.event_day.interval": "1",
        "projection.event_day.interval.unit": "DAYS",
        "storage.location.template": LOCATION + "event_day=${event_day}",
    }


def test_the_views_give_what_the_store_and_the_analysis_have(layout: Layout) -> None:
    engine = Warehouse.open(layout)
    engine.use_events([layout.root / file.path for file in layout.committed_files()])
    for name, columns in LEDGER_TABLES.items():
        engine.register(name, layout.ledger_table(name, columns))
    made: dict[str, Any] = {}
    for name, text in VIEWS.items():
        made[name] = engine.sql(text)
        engine.register(name, made[name])
    functions = engine.sql("select distinct function_arn from function_days")["function_arn"]
    assert sorted(made["known_sessions"].to_pylist(), key=str) == sorted(
        known_sessions(functions.to_pylist()).to_pylist(), key=str
    )
    with duckdb.connect(str(layout.database), read_only=True) as published:
        ids = "select event_id, uri from event_integrity order by all"
        assert made["event_integrity"].num_rows > 100
        assert engine.sql(ids).to_pylist() == published.sql(ids).to_arrow_table().to_pylist()
    day = {"day_start": datetime(2026, 1, 1), "day_end": datetime(2026, 1, 2)}
    for rollup in ROLLUPS.values():  # they read what the views give
        assert engine.query(rollup.query, **day).num_rows == 0
    assert made["issued_keys"].column_names == engine.query("issued_keys", **day).column_names


def test_a_table_by_another_name_is_called_events_by_a_view() -> None:
    place = Place.of(LOCATION, "stormtrail", "trail_2026")
    texts = list(statements(place))
    assert any("EXTERNAL TABLE IF NOT EXISTS `stormtrail`.`trail_2026` (" in text for text in texts)
    view = 'CREATE OR REPLACE VIEW "stormtrail"."events" AS\nSELECT\n  *\nFROM "stormtrail"."trail_2026"'
    assert view in texts


def test_of_files_that_the_ledger_does_not_name_no_entry_is_read() -> None:
    """What a compaction replaced, or a killed writer left, may lie on S3 for a while."""
    place = Place.of(LOCATION, "stormtrail", committed=True)
    head = 'CREATE OR REPLACE VIEW "stormtrail"."events" AS\n'
    (view,) = [text for text in statements(place) if text.startswith(head)]
    root = "s3://my-bucket/trails/store/"
    files = {"event_id": ["kept", "replaced"], "$path": [f"{root}events/a", f"{root}events/b"]}
    engine = duckdb.connect().execute("create schema stormtrail")
    for name, rows in (("event_rows", files), ("event_files", {"path": ["events/a"]})):
        engine.from_arrow(pa.table(rows)).create(f"stormtrail.{name}")
    (select,) = sqlglot.transpile(view.removeprefix(head), read="athena", write="duckdb")
    assert [row[0] for row in engine.execute(select).fetchall()] == ["kept"]
    assert any("`stormtrail`.`event_rows` (" in text for text in statements(place))


def test_every_statement_ends_with_a_semicolon_and_can_be_told_from_the_next() -> None:
    parts = ddl(PLACE).split(";\n")
    assert [part.strip() for part in parts if part.strip()] == list(statements(PLACE))


@pytest.mark.parametrize(
    ("location", "database", "table", "message"),
    [
        ("/tmp/store/events", "d", "events", "--location: '/tmp/store/events' is no place on S3"),
        ("s3://B/events/", "d", "events", "--location: 's3://B/events/' is no place on S3"),
        ("s3://my-bucket/store/", "d", "events", "is not the events' folder of a store"),
        ("s3://my-bucket//events/", "d", "events", "'' cannot be part of a table's place"),
        ("s3://my-bucket/it's/events/", "d", "events", "cannot be part of a table's place"),
        ("s3://my-bucket/${x}/events/", "d", "events", "cannot be part of a table's place"),
        (LOCATION, "Trail", "events", "--database: 'Trail' is no name in Athena"),
        (LOCATION, "d", "a`; drop", "--table: 'a`; drop' is no name in Athena"),
        (LOCATION, "d", "sources", "--table: 'sources' is another table of the store"),
    ],
)
def test_what_athena_would_not_take_is_refused(
    location: str, database: str, table: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Place.of(location, database, table)
    assert message in caught.value.line()


def test_the_verb_prints_the_statements_and_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORMTRAIL_ATHENA_DATABASE", "stormtrail")
    day = ["--first-day", "2026-01-01"]
    assert run(["athena", "ddl", "--location", LOCATION, *day]) == ExitCode.DONE
    said = capsys.readouterr()
    assert said.out.strip() == ddl(PLACE, date(2026, 1, 1)).strip()
    assert said.err == ""


def test_the_view_and_the_table_have_names_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = ["--location", LOCATION, "--database", "d", "--committed-only"]
    assert run(["athena", "ddl", *flags, "--table", "events"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: --table: events is the view here; ")
    assert run(["athena", "ddl", *flags]) == ExitCode.DONE
    assert capsys.readouterr().out.strip() == ddl(Place.of(LOCATION, "d", committed=True)).strip()


def test_the_verb_wants_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["athena", "ddl", "--location", LOCATION]) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: no database is named; add --database NAME\n"


def test_the_ledger_is_written_as_it_is_and_written_again(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(["athena", "ledger", "--store", str(layout.root)]) == ExitCode.DONE
        said = capsys.readouterr()
        paths = [Path(line.removeprefix("written: ")) for line in said.err.splitlines()]
        assert [path.parent.name for path in paths] == list(LEDGER_TABLES)
        assert said.out == ""
    held: dict[str, Any] = {path.parent.name: pq.read_table(path) for path in paths}
    assert held["sources"].num_rows > 1
    for name, columns in LEDGER_TABLES.items():
        assert held[name].to_pylist() == layout.ledger_table(name, columns).to_pylist()
    assert {path.name for path in paths[0].parent.iterdir()} == {"part.parquet"}


def test_there_is_no_ledger_where_there_is_no_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["athena", "ledger", "--store", str(tmp_path)]) == ExitCode.UNREADABLE
    assert "there is no store here" in capsys.readouterr().err

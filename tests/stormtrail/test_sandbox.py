"""Every attempt to get out of the sandbox is a test of its own."""
# ruff: noqa: S608 - making hostile SQL is the point

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analytics import sandbox
from analytics.sandbox import Limits, run_readonly
from stormtrail.errors import StoreError, UsageError
from stormtrail.layout import Layout
from tests.stormtrail.stores import store_of

BILLION = "select count(*) as n from range(1000000000) as a(i) cross join range(1000000000) as b(i)"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "outside.csv").write_text("secret\n1\n")
    return store_of(tmp_path / "store", [{"event_id": "e-1", "event_name": "Invoke"}])


def refusal(layout: Layout, sql: str, limits: Limits | None = None) -> str:
    before = files(layout)
    with pytest.raises(UsageError) as caught:
        run_readonly(layout, sql, {}, limits)
    assert files(layout) == before
    assert "\n" not in caught.value.line()
    return caught.value.what


def files(layout: Layout) -> dict[str, int]:
    found = (path for path in layout.root.parent.rglob("*") if path.is_file())
    return {str(path): path.stat().st_size for path in found}


def test_a_select_over_the_events_gives_rows(layout: Layout) -> None:
    answer = run_readonly(layout, "select event_id, event_name from events")
    assert answer.to_pylist() == [{"event_id": "e-1", "event_name": "Invoke"}]


def test_parameters_are_values_and_an_empty_one_is_null(layout: Layout) -> None:
    sql = "select cast($at as timestamp) as at, $name is null as no_name"
    answer = run_readonly(layout, sql, {"at": "2026-01-02", "name": ""})
    assert answer.to_pylist() == [{"at": datetime(2026, 1, 2), "no_name": True}]


def test_a_parameter_cannot_carry_sql(layout: Layout) -> None:
    sql = "select event_id from events where event_name = $name"
    assert run_readonly(layout, sql, {"name": "' or true --"}).num_rows == 0


def test_describe_and_window_functions_and_recursion_are_reading(layout: Layout) -> None:
    for sql in (
        "describe events",
        "with recursive t(i) as (select 1 union all select i + 1 from t where i < 3) from t",
        "select row_number() over (order by event_id) as place from events",
        "select 1 union all select 2",
    ):
        assert run_readonly(layout, sql).num_rows > 0


def test_copy_to_a_file_outside_fails(layout: Layout) -> None:
    path = layout.root.parent / "stolen.csv"
    assert refusal(layout, f"copy events to '{path}'").startswith("a statement of type COPY")


def test_copy_to_a_file_inside_the_store_fails(layout: Layout) -> None:
    path = layout.events / "event_day=2026-01-01" / "forged.parquet"
    assert refusal(layout, f"copy events to '{path}'").startswith("a statement of type COPY")


def test_copy_hidden_in_a_common_table_expression_fails(layout: Layout) -> None:
    path = layout.events / "event_day=2026-01-01" / "forged.parquet"
    sql = f"with x as (copy events to '{path}') select * from x"
    assert refusal(layout, sql) == "COPY inside a query is not allowed here"


def test_copy_hidden_in_a_subquery_fails(layout: Layout) -> None:
    path = layout.events / "event_day=2026-01-01" / "forged.parquet"
    sql = f"select (with x as (copy events to '{path}') select count(*) from x) as n"
    assert refusal(layout, sql) == "COPY inside a query is not allowed here"


def test_copy_hidden_in_the_text_of_a_query_function_fails(layout: Layout) -> None:
    sql = "select * from query('select 1')"
    assert refusal(layout, sql) == "the table function query is not allowed here"


def test_attach_fails(layout: Layout) -> None:
    path = layout.root.parent / "new.duckdb"
    assert refusal(layout, f"attach '{path}'").startswith("a statement of type ATTACH")


def test_reading_a_csv_file_outside_the_store_fails(layout: Layout) -> None:
    path = layout.root.parent / "outside.csv"
    what = refusal(layout, f"select * from read_csv('{path}')")
    assert what == "the table function read_csv is not allowed here"


def test_naming_a_file_outside_the_store_as_a_table_fails(layout: Layout) -> None:
    path = layout.root.parent / "outside.csv"
    assert refusal(layout, f"select * from '{path}'").startswith("Permission Error")


def test_climbing_out_of_the_store_by_dots_fails(layout: Layout) -> None:
    path = layout.events / ".." / ".." / "outside.csv"
    assert refusal(layout, f"select * from '{path}'").startswith("Permission Error")


@pytest.mark.parametrize(
    "function", ["read_text", "read_blob", "read_json", "read_parquet", "parquet_metadata", "glob"]
)
def test_reading_files_by_any_function_fails(layout: Layout, function: str) -> None:
    what = refusal(layout, f"select * from {function}('/etc/passwd')")
    assert what == f"the table function {function} is not allowed here"


def test_reading_over_the_network_fails(layout: Layout) -> None:
    what = refusal(layout, "select * from 'https://example.com/a.csv'")
    assert what.startswith(("Permission Error", "Missing Extension", "IO Error"))


def test_reading_raw_memory_fails(layout: Layout) -> None:
    what = refusal(layout, "select * from arrow_scan(1::ubigint::pointer, 2, 3)")
    assert what == "the table function arrow_scan is not allowed here"


def test_install_fails(layout: Layout) -> None:
    assert refusal(layout, "install httpfs").startswith("a statement of type")


def test_load_fails(layout: Layout) -> None:
    assert refusal(layout, "load httpfs").startswith("a statement of type")


def test_set_fails(layout: Layout) -> None:
    assert refusal(layout, "set enable_external_access = true").startswith(
        "a statement of type SET"
    )


def test_pragma_fails(layout: Layout) -> None:
    assert refusal(layout, "pragma database_list").startswith("a statement of type PRAGMA")


@pytest.mark.parametrize("what", ["table", "temp table", "view", "temp view"])
def test_create_fails(layout: Layout, what: str) -> None:
    assert refusal(layout, f"create {what} x as select 1").startswith("a statement of type CREATE")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into batches values (1)",
        "delete from rejects",
        "update sources set uri = ''",
        "drop view events",
        "alter table batches add column x int",
        "export database '/tmp/x'",
        "checkpoint",
        "vacuum",
        "call enable_logging()",
        "prepare p as select 1",
        "begin",
        "explain analyze delete from rejects",
    ],
)
def test_every_other_statement_fails(layout: Layout, sql: str) -> None:
    assert refusal(layout, sql).startswith("a statement of type")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("insert into batches values (1, '', '') returning *", "INSERT"),
        ("delete from rejects returning *", "DELETE"),
        ("update sources set uri = '' returning *", "UPDATE"),
    ],
)
def test_changing_rows_inside_a_query_fails(layout: Layout, statement: str, named: str) -> None:
    sql = f"with x as ({statement}) select * from x"
    assert refusal(layout, sql) == f"{named} inside a query is not allowed here"


def test_a_second_statement_fails(layout: Layout) -> None:
    assert refusal(layout, "select 1; select 2") == "one statement at a time, not 2"


def test_no_statement_fails(layout: Layout) -> None:
    assert refusal(layout, " -- nothing") == "one statement at a time, not 0"


def test_python_variables_cannot_be_read(layout: Layout) -> None:
    secret = pa.table({"a": [1]})
    assert secret.num_rows == 1
    assert refusal(layout, "select * from secret").startswith("Catalog Error")


def test_functions_with_effects_fail(layout: Layout) -> None:
    what = refusal(layout, "select main.WRITE_LOG('x')")
    assert what.lower() == "the function write_log is not allowed here"


def test_secrets_cannot_be_listed(layout: Layout) -> None:
    what = refusal(layout, "select * from duckdb_secrets()")
    assert what == "the table function duckdb_secrets is not allowed here"


def test_a_cross_join_of_a_billion_rows_is_stopped(layout: Layout) -> None:
    what = refusal(layout, BILLION, Limits(seconds=1.0, memory="200MB"))
    assert what in {"stopped after 1 seconds", "needs more than 200MB of memory"}


def test_a_query_that_runs_too_long_is_stopped(layout: Layout) -> None:
    sql = """
        select sum(a.i * b.i) as n
        from range(1000000) as a(i), range(1000000) as b(i)
        where a.i <> b.i
    """
    assert refusal(layout, sql, Limits(seconds=0.5)) == "stopped after 0.5 seconds"


def test_a_query_that_needs_too_much_memory_is_stopped(layout: Layout) -> None:
    sql = "select list(i) as all_of_them from range(100000000) as t(i)"
    what = refusal(layout, sql, Limits(memory="100MB"))
    assert what == "needs more than 100MB of memory"


def test_a_single_value_that_eats_all_memory_is_stopped(layout: Layout) -> None:
    sql = "select length(repeat('abcdefgh', 400000000)) as n"
    assert refusal(layout, sql, Limits(memory="100MB")) == "needs more than 100MB of memory"


def test_a_single_value_that_never_looks_at_the_clock_is_stopped(layout: Layout) -> None:
    sql = "select levenshtein(repeat('ab', 90000), repeat('ba', 90000)) as n"
    assert refusal(layout, sql, Limits(seconds=0.5)) == "stopped after 0.5 seconds"


def test_a_result_of_too_many_bytes_is_refused(layout: Layout) -> None:
    sql = "select repeat('x', 1000000) as x from range(20)"
    assert refusal(layout, sql, Limits(result_bytes=10 << 20)) == "a result over 10 MB"


def test_even_a_statement_that_gets_through_cannot_fill_a_file(layout: Layout) -> None:
    """The last wall alone: the check of the text is taken away, COPY into the store is tried."""
    target = layout.events / "event_day=2026-01-01" / "forged.csv"
    task = sandbox._task(layout, f"with x as (copy events to '{target}') from x", {}, Limits())
    code = "import analytics.confined as c; c.check_that_it_reads = lambda *_: None; c.main()"
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(task), capture_output=True
    )
    assert b"File too large" in done.stdout
    assert not target.exists() or target.read_bytes() == b""


def test_the_process_that_runs_sql_has_no_credentials_to_show(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    seen: dict[str, str] = {}
    start = subprocess.Popen

    def watched(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
        seen.update(options["env"])
        return start(*arguments, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", watched)
    assert run_readonly(layout, "select 1 as one").to_pylist() == [{"one": 1}]
    assert "hunter2" not in seen.values()


def test_a_result_of_too_many_rows_is_refused(layout: Layout) -> None:
    what = refusal(layout, "select i from range(100000000) as t(i)", Limits(rows=1_000))
    assert what == "more than 1,000 rows"


def test_sql_that_is_nested_too_deeply_is_refused(layout: Layout) -> None:
    assert refusal(layout, f"select {'(' * 5000}1{')' * 5000}")


def test_a_missing_and_an_unknown_parameter_are_named(layout: Layout) -> None:
    with pytest.raises(UsageError, match="no value for the parameter a"):
        run_readonly(layout, "select $a as a")
    with pytest.raises(UsageError, match="no parameter b"):
        run_readonly(layout, "select 1 as a", {"b": 1})


def test_a_folder_that_is_no_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        run_readonly(Layout(tmp_path), "select 1")
    assert caught.value.hint == "run `stormtrail ingest` first"


def test_a_store_may_be_named_by_a_relative_path(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(layout.root.parent)
    assert run_readonly(Layout(Path("store")), "select event_id from events").num_rows == 1


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.database.write_text("this is no database")
    with pytest.raises(StoreError) as caught:
        run_readonly(layout, "select 1")
    assert caught.value.where == str(layout.database)

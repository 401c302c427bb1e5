"""The queries in Athena's words: which can be said, that they keep their meaning, and their values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

import queries
from analytics.warehouse import Warehouse
from queries import athena, portable, saved
from stormtrail.errors import UsageError
from tests.analytics.athena.backrun import answer
from tests.queries.casefile import read
from tests.queries.test_saved import CASES, tables_of

SAVED = [f"saved/{name}" for name in saved.names()]
EVERY_CASE = [
    pytest.param(path.stem, place, id=f"{path.stem}-{place}")
    for path in sorted(CASES.glob("*.case"))
    for place in range(len(read(path).cases))
]
DAY = datetime(2026, 1, 2)


def values_for(text: str) -> dict[str, Any]:
    """A value of the right kind for every parameter that a query can have."""
    numbers = dict.fromkeys(("source_id", "record_index", "most_rows", "step_minutes"), 5)
    times = dict.fromkeys(("since", "until", "day_start", "day_end", "event_time", "moment"), DAY)
    digits = dict.fromkeys(("minutes", "least_hours"), "5")
    known: dict[str, Any] = numbers | times | digits
    return {name: known.get(name, "it's") for name in portable.parameters(text)}


def test_every_query_is_either_for_athena_or_named_with_the_reason() -> None:
    assert set(athena.names()) | set(athena.NOT_PORTABLE) == set(queries.names())
    assert not set(athena.names()) & set(athena.NOT_PORTABLE)
    assert all(len(why.split()) > 3 for why in athena.NOT_PORTABLE.values())


def test_every_saved_question_can_be_asked_in_athena() -> None:
    assert set(SAVED) <= set(athena.names())


@pytest.mark.parametrize("name", sorted(set(athena.NOT_PORTABLE) - set(portable.NOT_PORTABLE)))
def test_a_query_that_is_not_for_athena_is_refused_for_the_place_of_a_parameter(name: str) -> None:
    text = queries.text(name)
    with pytest.raises(UsageError, match="Athena takes no parameter outside a WHERE"):
        athena.for_athena(text, values_for(text))


@pytest.mark.parametrize("name", athena.names())
def test_a_text_for_athena_is_read_again_as_it_was_written(name: str) -> None:
    text = queries.text(name)
    statement = athena.for_athena(text, values_for(text))
    tree = sqlglot.parse_one(statement.text, read="athena")
    assert isinstance(tree, exp.Query)
    assert tree.sql("athena", pretty=True) == statement.text
    assert len(list(tree.find_all(exp.Placeholder))) == len(statement.arguments)


@pytest.mark.parametrize(("name", "place"), EVERY_CASE)
def test_a_saved_query_said_back_to_duckdb_gives_the_rows_of_its_case(
    name: str, place: int
) -> None:
    found = read(CASES / f"{name}.case")
    query = saved.get(name)
    given = {**dict.fromkeys(query.optional), **found.cases[place].parameters}
    tables = tables_of(found.tables)
    here = Warehouse(duckdb.connect())
    for table, rows in tables.items():
        here.register(table, rows)
    expected = here.sql(query.text, given).to_pylist()
    there = answer(
        athena.for_athena(query.text, given), tables, Warehouse(duckdb.connect())
    ).to_pylist()
    if name == "one_event":  # `select *` has the partition, too
        there = [{key: row[key] for key in row if key != "event_day"} for row in there]
    assert there == expected


def test_a_value_is_a_literal_whatever_it_holds() -> None:
    value = "x'; drop table events; --\\ $account_id ? :p0_"
    statement = athena.for_athena("select event_id from events where user_agent = $u", {"u": value})
    assert statement.text.count("?") == 1
    (literal,) = statement.arguments
    read_again = sqlglot.parse_one(literal, read="athena")
    assert isinstance(read_again, exp.Literal)
    assert read_again.this == value


def test_the_values_stand_in_the_order_of_the_question_marks() -> None:
    text = """
        with a as (select event_id from events where event_name = $first and run_id = $second)
        select event_id from a where event_id = $third and event_id <> $first
    """
    given = {"third": "3", "first": "1", "second": "2"}
    assert athena.for_athena(text, given).arguments == ("'1'", "'2'", "'3'", "'1'")


def test_a_parameter_that_is_left_out_takes_its_condition_with_it() -> None:
    text = "select event_id from events where ($a is null or account_id = $a) and code_ran"
    without = athena.for_athena(text, {"a": None})
    assert (
        " ".join(without.text.split()) == "SELECT event_id FROM events WHERE ( TRUE ) AND code_ran"
    )
    assert without.arguments == ()
    assert athena.for_athena(text, {"a": "1"}).arguments == ("'1'",)


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ("2026-01-02", "CAST('2026-01-02 00:00:00' AS TIMESTAMP)"),
        ("2026-01-02T03:04:05Z", "CAST('2026-01-02 03:04:05' AS TIMESTAMP)"),
        ("2026-01-02T03:04:05+01:00", "CAST('2026-01-02 02:04:05' AS TIMESTAMP)"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "CAST('2026-01-02 03:00:00' AS TIMESTAMP)"),
    ],
)
def test_a_time_is_said_as_trino_reads_it(given: Any, argument: str) -> None:
    text = "select event_id from events where run_id = 'r' and event_id > cast($t as timestamp)"
    assert athena.for_athena(text, {"t": given}).arguments == (argument,)


def test_a_date_is_said_without_a_time() -> None:
    text = "select event_id from events where cast(event_time as date) = cast($d as date)"
    assert athena.for_athena(text, {"d": "2026-01-02T03:00"}).arguments == (
        "CAST('2026-01-02' AS DATE)",
    )


def test_a_bound_of_the_time_bounds_the_days_that_are_read() -> None:
    text = "select e.event_id from events as e where e.event_time >= $a and e.event_time < $b"
    told = " ".join(athena.for_athena(text, {"a": DAY, "b": DAY}).text.split())
    assert "AND e.event_day >= DATE_FORMAT(CAST(? AS TIMESTAMP), '%Y-%m-%d')" in told
    assert "AND e.event_day <= DATE_FORMAT(CAST(? AS TIMESTAMP), '%Y-%m-%d')" in told


@pytest.mark.parametrize(
    "text",
    [
        "with events as (select event_time from rejects) select * from events where event_time > $a",
        "select * from changes where event_time > $a",
        "select * from changes as c join events as e on true where c.event_time > $a",
        "select * from events as e where e.event_time > $a or e.code_ran",
        "select * from elsewhere.events where event_time > $a",
    ],
)
def test_no_day_is_bounded_where_a_time_may_be_another_tables_or_need_not_hold(text: str) -> None:
    assert "event_day" not in athena.for_athena(text, {"a": DAY}).text


def test_lists_in_json_come_as_their_text_and_not_as_null() -> None:
    text = "select json_extract_string(resources, '$.a') as a from events"
    told = " ".join(athena.for_athena(text, {}).text.split())
    assert "NULLIF(JSON_FORMAT(JSON_EXTRACT(resources, '$.a')), 'null')" in told


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("select 1; select 2", {}, "one statement at a time, not 2"),
        ("drop table events", {}, "only one SELECT"),
        ("insert into events select * from events", {}, "only one SELECT"),
        ("select event_id from events where run_id = ?", {}, "a parameter has no name"),
        ("select event_id from events where run_id = $r", {}, "no value for the parameter r"),
        ("select event_id from events", {"r": "1"}, "the query has no parameter r"),
        ("select $r as r from events", {"r": "1"}, "no parameter outside a WHERE: \\$r"),
        ("select * from events limit $r", {"r": 5}, "no parameter outside a WHERE: \\$r"),
        ("select 1 where run_id = $r", {"r": "x" * 1_023}, "longer than the 1,024 characters"),
        ("select 1 where cast($r as timestamp) > now()", {"r": "soon"}, "'soon' is no time"),
        ("select from where", {}, "SQL: "),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    text: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        athena.for_athena(text, given)
    assert "\n" not in caught.value.line()

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from stormtrail.tables import as_csv, as_json, as_parquet, as_text

ROWS = pa.table(
    {
        "name": ["a\x1b[31m", None],
        "at": [datetime(2026, 1, 2, 3, 4, 5), None],
        "share": [0.5, None],
        "price": [Decimal("1.50"), None],
        "yes": [True, None],
        "parts": [["=1", "b"], None],
        "raw": [b"\x00\x01", None],
    }
)


def test_csv_has_one_line_a_row_and_empty_cells_for_null() -> None:
    assert as_csv(ROWS).decode() == (
        "name,at,share,price,yes,parts,raw\n"
        'a,2026-01-02T03:04:05Z,0.5,1.5,true,"[""=1"", ""b""]",AAE=\n'
        ",,,,,,\n"
    )


def test_json_keeps_types_and_hides_nothing() -> None:
    assert json.loads(as_json(ROWS)) == [
        {
            "name": "a\x1b[31m",
            "at": "2026-01-02T03:04:05Z",
            "share": 0.5,
            "price": 1.5,
            "yes": True,
            "parts": ["=1", "b"],
            "raw": "AAE=",
        },
        dict.fromkeys(ROWS.column_names),
    ]


def test_json_on_a_terminal_is_harmless() -> None:
    assert as_json(ROWS).isascii()
    assert b"\x1b" not in as_json(ROWS)


def test_text_puts_numbers_to_the_right() -> None:
    rows = pa.table({"name": ["a", "bb"], "entries": [5, 12_345]})
    assert as_text(rows).decode().splitlines() == [
        "name   entries",
        "──────────────",
        "a            5",
        "bb       12345",
    ]


def test_parquet_keeps_every_value() -> None:
    import io

    import pyarrow.parquet as pq

    assert pq.read_table(io.BytesIO(as_parquet(ROWS))).equals(ROWS)


def test_days_and_spans_have_a_form() -> None:
    rows = pa.table({"day": [date(2026, 1, 2)], "span": [timedelta(minutes=1.5)]})
    assert json.loads(as_json(rows)) == [{"day": "2026-01-02", "span": 90.0}]


def test_an_interval_of_months_is_iso_8601_as_durations_are() -> None:
    span = pa.MonthDayNano([14, 3, 1_500_000_000])
    rows = pa.table({"span": pa.array([span], pa.month_day_nano_interval())})
    assert json.loads(as_json(rows)) == [{"span": "P14M3DT1.5S"}]


def test_no_rows_are_a_header_alone() -> None:
    assert as_csv(ROWS.slice(0, 0)).decode() == "name,at,share,price,yes,parts,raw\n"
    assert as_json(ROWS.slice(0, 0)) == b"[]\n"


def test_what_json_has_no_number_for_is_text() -> None:
    values = pa.table({"a": [float("nan"), float("inf"), 1.5]})
    assert [row["a"] for row in json.loads(as_json(values))] == ["nan", "inf", 1.5]
    large = pa.table({"a": pa.array([Decimal(10**30), Decimal("1.5")], pa.decimal128(38, 1))})
    assert [row["a"] for row in json.loads(as_json(large))] == [10**30, 1.5]


def test_columns_of_one_name_are_all_there() -> None:
    twice = pa.Table.from_arrays([pa.array([number]) for number in (1, 2, 3)], ["a", "a", "b"])
    assert json.loads(as_json(twice)) == [{"a": 1, "a_1": 2, "b": 3}]

"""Whatever a file holds: nothing crashes, every record is loaded or set aside, none is changed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.columns import LogFile, complete, receive
from ingest.inflate import inflate
from ingest.pieces import pieces
from ingest.restore import restore
from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, TEXT_FIELDS
from tests.ingest.conftest import record

FIELDS = sorted(
    {*TEXT_FIELDS.values(), *BOOLEAN_FIELDS.values(), *JSON_FIELDS.values(), "addendum"}
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from(FIELDS) | TEXT, VALUES, max_size=12)
LAMBDA_RECORDS = st.fixed_dictionaries(
    {"eventSource": st.just("lambda.amazonaws.com"), "eventName": st.just("Invoke")},
    optional=dict.fromkeys(JSON_FIELDS.values(), VALUES),
)
FUZZ = settings(max_examples=150, deadline=None, derandomize=True, database=None)
FILE = json.dumps({"Records": [record(number) for number in range(4)]}).encode()


def loaded(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """The records that come out again, and how many were set aside."""
    received = receive([LogFile(1, None, data)])
    rows = complete([received.table]).to_pylist()
    return [restore(row) for row in rows], len(received.rejects[1])


@FUZZ
@given(st.lists(RECORDS | LAMBDA_RECORDS, max_size=5))
def test_every_record_with_a_time_comes_out_as_it_went_in(records: list[dict[str, Any]]) -> None:
    timed = [{**record, "eventTime": "2026-03-01T00:00:00Z"} for record in records]
    assert loaded(json.dumps({"Records": timed}).encode()) == (timed, 0)


@FUZZ
@given(st.lists(VALUES, max_size=5))
def test_values_that_are_no_records_are_set_aside_one_by_one(values: list[Any]) -> None:
    good = [record(1), record(2)]
    assert loaded(json.dumps({"Records": [good[0], *values, good[1]]}).encode()) == (
        good,
        len(values),
    )


@FUZZ
@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    loaded(data)
    inflate(b"\x1f\x8b" + data, 10_000)


@FUZZ
@given(st.integers(0, len(FILE)), st.integers(0, 40), st.binary(max_size=8))
def test_damage_never_costs_a_record_before_it(at: int, cut: int, put: bytes) -> None:
    data = FILE[:at] + put + FILE[at + cut :]
    found, _ = loaded(data)
    before = FILE[:at].count(b'"recipientAccountId": "111111111111"}')
    kept = [record(number) for number in range(before)]
    assert all(one in found for one in kept[: before - 1])


@FUZZ
@given(st.sampled_from([b"PAR1", b"eventid,eventname,eventsource,eventtime\n"]), st.binary())
def test_files_of_rows_are_read_or_refused(head: bytes, tail: bytes) -> None:
    for piece in pieces(head + tail, 100_000):
        if piece.data is not None:
            complete([receive([LogFile(1, None, piece.data, piece.first_index)]).table])

"""The native reader: the same rows as Python's, and nothing of what it cannot be sure of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import native
from ingest.columns import LogFile, receive
from ingest.fields import at_once, by_record
from tests.ingest.conftest import record
from tests.ingest.fuzzed import check_alike
from tests.ingest.test_fuzz import FUZZ, RECORDS, VALUES

pytestmark = pytest.mark.skipif(
    native.library is None, reason="the native reader was not built (make setup, with a rustc)"
)
_NAMES = ["eventName", "requestID", "userAgent", "errorMessage"]
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_ORDINARY = st.fixed_dictionaries(
    {"eventTime": st.just("2026-03-01T00:00:00Z")},
    optional={
        **dict.fromkeys(_NAMES, _ANY_TEXT | st.sampled_from(["", "a", '"', "\\", "\n", "𝄞"])),
        **dict.fromkeys(["readOnly", "managementEvent"], st.booleans()),
        **dict.fromkeys(["userIdentity", "requestParameters", "resources", "addendum"], VALUES),
    },
)
_FILE = json.dumps({"Records": [record(number, addendum={"a": 1}) for number in range(3)]}).encode()


def written(records: list[Any], **options: Any) -> bytes:
    """A log file."""
    return json.dumps({"Records": records}, **options).encode()


@FUZZ
@given(st.lists(_ORDINARY, max_size=6), st.booleans(), st.sampled_from([None, 1]))
def test_ordinary_files_are_read_alike(
    records: list[dict[str, Any]], escaped: bool, indent: int | None
) -> None:
    text = written(records, ensure_ascii=escaped, indent=indent)
    fast = at_once([text])
    assert fast
    assert [part.count for part in fast.parts] == [len(records)]
    check_alike(fast, by_record([text]))


@FUZZ
@given(st.lists(RECORDS, max_size=4))
def test_any_records_are_read_alike_or_refused(records: list[dict[str, Any]]) -> None:
    text = written(records)
    if fast := at_once([text]):
        check_alike(fast, by_record([text]))


@FUZZ
@given(st.integers(0, len(_FILE)), st.integers(0, 9), st.binary(max_size=4))
def test_damaged_files_are_read_alike_or_refused(at: int, cut: int, put: bytes) -> None:
    text = _FILE[:at] + put + _FILE[at + cut :]
    if fast := at_once([text]):
        slow = by_record([text])
        assert not slow.parts[0].rejects
        check_alike(fast, slow)


def test_several_files_are_one_behind_the_other() -> None:
    texts = [written([record(1), record(2)]), b"[]", json.dumps([record(3)]).encode()]
    fast = at_once(texts)
    assert fast
    assert [part.count for part in fast.parts] == [2, 0, 1]
    check_alike(fast, by_record(texts))


def test_values_of_many_kinds_are_told_apart() -> None:
    texts = [written([record(n, userAgent=f"agent {n}") for n in range(k * 400)]) for k in (1, 5)]
    fast = at_once(texts)
    assert fast
    check_alike(fast, by_record(texts))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"null",
        b'\xef\xbb\xbf{"Records":[]}',
        b'{"Records":[]} x',
        b'{"Records":[],"Records":[]}',
        b'{"Records":[{}]',
        b'{"Records":[{},]}',
        b'{"Records":[1]}',
        b'{"Records":[{"eventName":null}]}',
        b'{"Records":[{"eventName":1}]}',
        b'{"Records":[{"eventName":"a","eventName":"b"}]}',
        b'{"Records":[{"event\\u004eame":"a"}]}',
        b'{"Records":[{"unknown":"a"}]}',
        b'{"Records":[{"readOnly":"true"}]}',
        b'{"Records":[{"readOnly":truth}]}',
        b'{"Records":[{"userAgent":"\\ud800"}]}',
        b'{"Records":[{"userAgent":"\\ud800\\u0041"}]}',
        b'{"Records":[{"userAgent":"\\x"}]}',
        b'{"Records":[{"userAgent":"\\u12g4"}]}',
        b'{"Records":[{"userAgent":"\\u12"}]}',
        b'{"Records":[{"userAgent":"\n"}]}',
        b'{"Records":[{"userAgent":"\xff"}]}',
        b'{"Records":[{"userAgent":"open}]}',
        b'{"Records":[{"resources":01}]}',
        b'{"Records":[{"resources":1.}]}',
        b'{"Records":[{"resources":1e}]}',
        b'{"Records":[{"resources":-}]}',
        b'{"Records":[{"resources":nul}]}',
        b'{"Records":[{"resources":{"a" 1}}]}',
        b'{"Records":[{"resources":{1:1}}]}',
        b'{"Records":[{"resources":[1 2]}]}',
        b'{"Records":[{"resources":' + b"[" * 300 + b"]" * 300 + b"}]}",
    ],
)
def test_what_is_not_ordinary_is_left_to_python(text: bytes) -> None:
    fields = native.Fields()
    assert fields.add(written([record(1)])) == 1
    assert fields.add(text) is None
    assert fields.columns()["eventID"].to_pylist() == [record(1)["eventID"]]


def test_one_odd_file_costs_its_neighbours_nothing() -> None:
    texts = [written([record(1)]), written([record(2, unknown=1)]), written([record(3)])]
    files = [LogFile(place, None, text) for place, text in enumerate(texts)]
    table = receive(files).table
    assert table["event_id"].to_pylist() == [record(number)["eventID"] for number in (1, 2, 3)]
    assert table["source_id"].to_pylist() == [0, 1, 2]
    assert table["extra"].to_pylist() == [None, '{"unknown":1}', None]


def test_rows_are_the_same_where_it_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [_FILE, written([record(9, eventTime="not a time"), record(8)])]
    files = [LogFile(place, None, text, 10 * place) for place, text in enumerate(texts)]
    fast = receive(files)
    monkeypatch.setattr(native, "library", None)
    slow = receive(files)
    assert fast.rejects == slow.rejects
    assert fast.rejects[1][0].record_index == 10
    assert fast.table.to_pydict() == slow.table.to_pydict()


def test_columns_outlive_what_they_were_read_with() -> None:
    fields = native.Fields()
    fields.add(_FILE)
    column = fields.columns()["eventID"]
    del fields
    assert column.to_pylist() == [record(number)["eventID"] for number in range(3)]


@pytest.mark.skipif(shutil.which("rustc") is None, reason="needs a rustc")
def test_the_library_is_of_the_source_that_stands_beside_it() -> None:
    """A changed source that was not built would be tested in vain."""
    source = Path(native.__file__).with_name("fields.rs")
    assert source.stat().st_mtime <= source.with_suffix(".so").stat().st_mtime

"""Columns made from lines of JSON: every value as it was received, and absent told from null."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import Record
from ingest.lines import booleans, coded_json, coded_text, fields_of, texts

VALUES = st.recursive(st.none() | st.text() | st.integers(), st.lists)
TEXTS = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["null", "a\nb", '"', "\\"]))


def resources(*values: str | None) -> list[Any]:
    """Records with these JSON texts, or without."""
    given_ = [{} if text is None else {"resources": msgspec.Raw(text.encode())} for text in values]
    return [Record(**members) for members in given_]


@pytest.mark.parametrize(
    "values",
    [
        ['{"a":1}', None, '{"a":1}', "null", '""'],
        ['{"a":\n1}', None, '"ü"'],
        [None, None],
        ["null", None],
        ["{}"],
        [],
    ],
    ids=["one line each", "over several lines", "nothing", "null and nothing", "one", "no record"],
)
def test_json_texts_come_back_as_they_were_written(values: list[str | None]) -> None:
    found = coded_json(fields_of(resources(*values))["resources"])
    assert pa.types.is_dictionary(found.type)
    assert found.to_pylist() == values


@given(st.lists(st.one_of(st.none(), VALUES)))
def test_any_json_comes_back(values: list[Any]) -> None:
    written = [None if value is None else json.dumps(value) for value in values]
    found = coded_json(fields_of(resources(*written))["resources"])
    assert found.to_pylist() == written


@given(st.lists(TEXTS, max_size=600))
def test_any_text_comes_back(values: list[str | None]) -> None:
    field = fields_of([Record(userAgent=value) for value in values])["userAgent"]
    assert coded_text(field).to_pylist() == values
    assert texts(field).to_pylist() == values
    assert None not in coded_text(field).dictionary.to_pylist()


@given(st.lists(st.sampled_from([None, True, False])))
def test_true_and_false_come_back(values: list[bool | None]) -> None:
    field = fields_of([Record(readOnly=value) for value in values])["readOnly"]
    assert booleans(field).to_pylist() == values

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormtrail.text import csv_cell, markdown, plain

FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07rest", "rest"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]52;c;Y3VybA==\x07", ""),
        ("\x9b2Jgone", "gone"),
        ("\x1bcreset", "reset"),
        ("two\r\nlines", "two lines"),
        ("tab\there", "tab here"),
        ("abc\u202efdp.exe", "abcfdp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth", "zerowidth"),
        ("nul\x00byte", "nulbyte"),
        ("lone\ud800surrogate", "lone\ufffdsurrogate"),
        ("Zoë 日本 ✓ عربي", "Zoë 日本 ✓ عربي"),
    ],
)
def test_hostile_text_is_printed_as_visible_characters_only(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown


@given(st.text())
def test_no_text_at_all_brings_control_characters_through(text: str) -> None:
    assert not FORBIDDEN.search(plain(text))


@given(st.text())
def test_cleaning_clean_text_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    "formula",
    ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "  =1+1", "＝1+1", "\t=1", "|calc", "%0A=1"],
)
def test_a_cell_that_would_start_a_formula_is_text(formula: str) -> None:
    cell = csv_cell(formula)
    assert isinstance(cell, str)
    assert cell.startswith("'")


@pytest.mark.parametrize(
    "value", [12, -3.5, True, "-3.5", "+49", "1e6", "router", "arn:aws:s3:::a"]
)
def test_numbers_and_names_stay_as_they_are_in_csv(value: object) -> None:
    assert csv_cell(value) == value


def test_an_absent_value_is_an_empty_cell() -> None:
    assert csv_cell(None) == ""


@given(st.text())
def test_a_csv_cell_survives_a_round_trip_in_its_row(text: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([csv_cell(text), "next"])
    assert next(csv.reader(io.StringIO(buffer.getvalue()))) == [csv_cell(text), "next"]


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("<img src=x>", r"\<img src=x\>"),
        ("[a](javascript:b)", r"\[a\](javascript:b)"),
        ("http://evil", r"http\://evil"),
        ("WWW.evil.com", r"WWW\.evil.com"),
        ("a|b", r"a\|b"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("0.012", "0.012"),
        ("**bold** `code` ~~gone~~", r"\*\*bold\*\* \`code\` \~\~gone\~\~"),
        ("&lt;", "&amp;lt;"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_shows_what_the_record_says(hostile: str, shown: str) -> None:
    assert markdown(hostile) == shown

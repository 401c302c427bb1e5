"""The schema and the page that describes it say the same."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.schema import COLUMNS, SCHEMA

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def documented() -> list[str]:
    """Column names in the table below `Columns of events`, in order."""
    section = PAGE.read_text().split("## Columns of `events`")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z_, ]+) \|", section, re.MULTILINE)
    return [name for row in rows[1:] for name in row.split(", ")]


def test_every_column_is_documented_and_every_documented_column_is_there() -> None:
    assert sorted(documented()) == sorted(SCHEMA.names)


def test_every_column_says_what_it_means() -> None:
    assert [column.name for column in COLUMNS] == SCHEMA.names
    assert all(column.meaning.endswith(".") for column in COLUMNS)

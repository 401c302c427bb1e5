"""Reads a case file: rows in, parameters, rows out, as tables that people can read.

    ## events
    event_id | event_time          | event_name
    e-1      | 2026-01-01 10:00:00 | Invoke
    ## given
    since = 2026-01-01
    ## answer
    event_name | entries
    Invoke     | 1

Tables are those of a store; a file holds any number of `given` and `answer` pairs. An empty cell is
null, and cells are compared as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, str]


@dataclass
class Case:
    """One question with its parameters and the rows that it must give, in order."""

    parameters: dict[str, str] = field(default_factory=dict)
    answer: list[Row] = field(default_factory=list)


@dataclass
class CaseFile:
    """The tables that are asked, and the cases."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)


def read(path: Path) -> CaseFile:
    """The file's tables and cases."""
    found = CaseFile()
    for name, lines in _sections(path.read_text(encoding="utf-8")):
        if name == "given":
            found.cases.append(Case(dict(_pair(line) for line in lines)))
        elif name == "answer":
            if not found.cases or found.cases[-1].answer:
                found.cases.append(Case())
            found.cases[-1].answer = _table(lines)
        else:
            found.tables[name] = _table(lines)
    return found


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    for part in text.split("## ")[1:]:
        name, *lines = part.splitlines()
        yield name.strip(), [line for line in lines if line.strip()]


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


def _table(lines: list[str]) -> list[Row]:
    if not lines:
        return []
    names, *rows = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [dict(zip(names, row, strict=True)) for row in rows]


def shown(value: Any) -> str:
    """A value of an answer as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)

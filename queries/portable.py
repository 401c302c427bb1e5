"""The queries in the words of other engines: DuckDB's text, through sqlglot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlglot import exp, parse_one

import queries

NOT_PORTABLE: Mapping[str, str] = {
    "dashboard/schema": "asks DuckDB's own catalogue, information_schema, what it holds",
}
"""Queries that run on DuckDB alone, and why. Every other one gives equal rows elsewhere."""


def names() -> tuple[str, ...]:
    """The queries that every engine can run, sorted."""
    return tuple(name for name in queries.names() if name not in NOT_PORTABLE)


def parameters(text: str) -> tuple[str, ...]:
    """The names of a query's parameters, sorted."""
    return tuple(sorted({place.name for place in _parsed(text).find_all(exp.Placeholder)}))


@dataclass(frozen=True)
class Statement:
    """SQL in an engine's own words, and the values of its named parameters."""

    text: str
    arguments: dict[str, Any]


def for_spark(text: str, values: Mapping[str, Any]) -> Statement:
    """The statement for `SparkSession.sql(text, args)`.

    Spark takes a time for one in the process's own zone, and a list only if it is not empty: both
    go over as text and are read back in the statement.
    """
    tree = _parsed(text).copy()
    for place in list(tree.find_all(exp.Placeholder)):
        place.replace(_read_back(place, values[place.name]))
    return Statement(tree.sql("spark"), {name: _as_text(value) for name, value in values.items()})


@lru_cache(maxsize=256)
def _parsed(text: str) -> exp.Expr:
    return parse_one(text, read="duckdb")


def _read_back(place: exp.Placeholder, value: Any) -> exp.Expr:
    if isinstance(value, datetime):
        return exp.cast(place.copy(), exp.DataType.Type.TIMESTAMPNTZ)
    if isinstance(value, list):
        return exp.func("FROM_JSON", place.copy(), exp.Literal.string("array<string>"))
    return place.copy()


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return json.dumps(value) if isinstance(value, list) else value

"""Every text for Athena by Trino's own grammar: its ANTLR grammar of release 422, not sqlglot's.

Athena's engine version 3 is a Trino of about that age; functions and types it does not check.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot

import queries
from analytics.athena.tables import VIEWS, Place, statements
from queries import athena
from tests.analytics.athena.test_statements import values_for

grammar = pytest.importorskip("trino_query_parser", reason="pip install trino-query-parser")


@pytest.mark.parametrize("name", athena.names())
def test_trinos_own_grammar_reads_every_portable_query(name: str) -> None:
    text = queries.text(name)
    given = values_for(text)
    assert grammar.parse_statement(athena.for_athena(text, given).text)
    left_out = {key: None if "is null" in text else value for key, value in given.items()}
    assert grammar.parse_statement(athena.for_athena(text, left_out).text)


@pytest.mark.parametrize(
    "more", [{}, {"table": "2026_trail"}, {"committed": True}], ids=["plain", "named", "committed"]
)
def test_trinos_own_grammar_reads_every_view(more: dict[str, Any]) -> None:
    place = Place.of("s3://my-bucket/store/events/", "stormtrail", **more)
    views = [text for text in statements(place) if text.startswith("CREATE OR REPLACE VIEW")]
    assert len(views) == len(VIEWS) + bool(more)
    assert all(grammar.parse_statement(text) for text in views)


@pytest.mark.parametrize("argument", ["CAST('2026-01-02 00:00:00' AS TIMESTAMP)", "'it''s'", "5"])
def test_trinos_own_grammar_reads_the_values_as_those_of_execute(argument: str) -> None:
    assert grammar.parse_statement(f"EXECUTE asked USING {argument}")


@pytest.mark.parametrize(
    "text",
    ["select a from t qualify true", "select * exclude (a) from t", "from t", "select a::int"],
)
def test_trinos_own_grammar_refuses_duckdbs_words(text: str) -> None:
    """What DuckDB and sqlglot read is not what Trino reads: the check can fail."""
    assert sqlglot.parse_one(text, read="duckdb")
    with pytest.raises(ValueError, match=r"\d+:\d+ "):
        grammar.parse_statement(text)

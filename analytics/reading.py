"""Whether a text is one SELECT that only reads, told from DuckDB's own syntax tree.

DuckDB's statement type is not enough: `with x as (copy events to '…') select …` is a SELECT to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from stormtrail.errors import UsageError

# syntax-tree nodes that only read; anything else (COPY, INSERT, UPDATE, DELETE, MERGE …) is refused
_READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
# `query(text)` would hide a tree in a string, arrow_scan reads any address, read_* open files
_TABLE_FUNCTIONS = frozenset({
    "duckdb_columns", "duckdb_constraints", "duckdb_functions", "duckdb_keywords",
    "duckdb_tables", "duckdb_types", "duckdb_views",
    "generate_series", "generate_subscripts", "json_each", "json_tree",
    "pragma_show", "pragma_table_info", "range", "summary", "unnest",
})  # fmt: skip
_EFFECTFUL_FUNCTIONS = frozenset({
    "currval", "getenv", "getvariable", "invoke", "nextval",
    "pg_sleep", "setseed", "setval", "sleep_ms", "write_log",
})  # fmt: skip


def check_that_it_reads(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises UsageError unless `sql` is one SELECT that only reads."""
    nodes = list(_walk(_tree(connection, sql)))
    for node in nodes:
        kind, function = str(node.get("type", "")), node.get("function")
        if kind.endswith("_NODE") and kind not in _READING_NODES:
            raise _refused(
                f"{kind.removesuffix('_QUERY_NODE').removesuffix('_NODE')} inside a query"
            )
        if kind == "TABLE_FUNCTION":
            _check_function(function, _TABLE_FUNCTIONS)
        elif str(node.get("function_name", "")).lower() in _EFFECTFUL_FUNCTIONS:
            raise _refused(f"the function {node['function_name']}")


def _check_function(function: Any, allowed: frozenset[str]) -> None:
    name = str(function.get("function_name", "") if isinstance(function, dict) else "").lower()
    if name not in allowed:
        raise _refused(f"the table function {name or '?'}")


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """DuckDB's own syntax tree of `sql`, so that no second parser can disagree with it."""
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise UsageError(f"one statement at a time, not {len(statements)}", where="SQL")
        rows = connection.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchall()
        tree = json.loads(rows[0][0])
    except duckdb.Error as error:
        raise UsageError(first_line(error), where="SQL") from error
    except RecursionError as error:
        raise UsageError("nested too deeply", where="SQL") from error
    if tree.get("error") and tree.get("error_type") != "parser":
        raise _refused(f"a statement of type {statements[0].type.name}")
    if tree.get("error"):
        raise UsageError(str(tree.get("error_message", "cannot be parsed")), where="SQL")
    return dict(tree)


def _walk(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the tree; without recursion, for deep ones."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _refused(what: str) -> UsageError:
    hint = "one SELECT over the store's views is allowed; use --out or `>` to write a result"
    return UsageError(f"{what} is not allowed here", where="SQL", hint=hint)


def first_line(error: Exception) -> str:
    """The error's first line: the rest may quote the store's records."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

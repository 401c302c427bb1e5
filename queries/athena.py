"""The queries in Athena's words: DuckDB's text, through sqlglot, with parameters by their place.

Athena is Trino with rules of its own: a `?` may stand in a WHERE only, each takes the next of the
execution parameters, and each of those is a literal or a cast of one, at most 1,024 characters long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlglot import ErrorLevel, exp, parse, parse_one
from sqlglot.errors import SqlglotError

from queries import portable
from queries.trino import bound_the_days, said_to_trino, without_left_out
from stormtrail.errors import UsageError

_LIMIT = "its LIMIT is a parameter, and Athena takes parameters in a WHERE only"
_LISTS = "its lists are parameters of UNNEST, and Athena takes parameters in a WHERE only"
_UNIT = (
    "its unit of time is a parameter of its columns, and Athena takes parameters in a WHERE only"
)

NOT_PORTABLE: Mapping[str, str] = dict(portable.NOT_PORTABLE) | {
    "dashboard/configuration_changes": _LIMIT,
    "dashboard/destinations": _LIMIT,
    "dashboard/entries_over_time": _UNIT,
    "dashboard/gaps": _LIMIT,
    "dashboard/rejects": _LIMIT,
    "dashboard/search_events": _LISTS,
    "dashboard/second_order_over_time": _UNIT,
    "evidence_integrity": _LISTS,
    "reports/entries_over_time": _UNIT,
}
"""Queries that Athena does not run, and why; no saved question is among them."""

_DIALECT = "athena"
_MOST_CHARACTERS = 1_024
_MOMENTS = exp.DataType.TEMPORAL_TYPES - {exp.DataType.Type.TIME, exp.DataType.Type.TIMETZ}


@dataclass(frozen=True)
class Statement:
    """SQL with a `?` for each of `arguments`, which are SQL literals or casts of literals."""

    text: str
    arguments: tuple[str, ...]


def names() -> tuple[str, ...]:
    """The queries that Athena can run, sorted."""
    return tuple(name for name in portable.names() if name not in NOT_PORTABLE)


def for_athena(text: str, values: Mapping[str, Any]) -> Statement:
    """The statement for `StartQueryExecution`; a value is text, a number, a time, or None.

    A parameter that is None takes its `$name is null or …` with it; a bound of `event_time` bounds
    the partition `event_day` as well, so that Athena reads no other day. UsageError where the text
    is not one SELECT, cannot be said to Athena, or its parameters are not those of `values`.
    """
    tree = _parsed(text)
    _check_names({place.name for place in tree.find_all(exp.Placeholder)}, set(values))
    tree = tree.transform(without_left_out, values).transform(said_to_trino)
    bound_the_days(tree)
    return _written(tree, values)


def view(text: str, database: str) -> str:
    """A query without parameters in Athena's words, its tables those of one database."""
    tree = _parsed(text)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name not in own:
            table.set("db", exp.to_identifier(database, quoted=True))
            table.this.set("quoted", True)
    return _read_again(_said(tree.transform(said_to_trino)))


def _parsed(text: str) -> exp.Expr:
    try:
        statements = [tree for tree in parse(text, read="duckdb") if tree is not None]
    except SqlglotError as error:
        raise UsageError(_first_line(error), where="SQL") from error
    if len(statements) != 1:
        raise UsageError(f"one statement at a time, not {len(statements)}", where="SQL")
    if not isinstance(statements[0], exp.Query) or statements[0].find(
        exp.DML, exp.DDL, exp.Command
    ):
        raise UsageError("only one SELECT is allowed here", where="SQL")
    return statements[0]


def _check_names(wanted: set[str], given: set[str]) -> None:
    if "?" in wanted:
        raise UsageError("a parameter has no name", where="SQL", hint="write $name, not ?")
    if missing := sorted(wanted - given):
        hint = f"add --param {missing[0]}=…"
        raise UsageError(f"no value for the parameter {missing[0]}", where="SQL", hint=hint)
    if unknown := sorted(given - wanted):
        hint = f"it knows: {', '.join(sorted(wanted)) or 'none'}"
        raise UsageError(f"the query has no parameter {unknown[0]}", where="SQL", hint=hint)


def _written(tree: exp.Expr, values: Mapping[str, Any]) -> Statement:
    """The text with `?` for the parameters, and their values in the order of the text."""
    mark = f"p{uuid4().hex}"  # in no text of a person's
    given: list[str] = []
    for place in list(tree.find_all(exp.Placeholder)):
        if not _in_where(place):
            hint = "compare it in a WHERE, or write the value itself"
            raise UsageError(
                f"Athena takes no parameter outside a WHERE: ${place.name}", where="SQL", hint=hint
            )
        whole, argument = _argument(place, values[place.name])
        whole.replace(exp.Placeholder(this=f"{mark}_{len(given)}_"))
        given.append(argument)
    text = _said(tree)
    found = re.findall(rf":{mark}_(\d+)_", text)
    text = _read_again(re.sub(rf":{mark}_\d+_", "?", text))
    return Statement(text, tuple(given[int(one)] for one in found))


def _in_where(place: exp.Expr) -> bool:
    found = place.find_ancestor(exp.Where, exp.Query)
    return isinstance(found, exp.Where)


def _argument(place: exp.Placeholder, value: Any) -> tuple[exp.Expr, str]:
    """What the `?` takes the place of, and its value; a cast goes with the value, as Athena wants it."""
    parent = place.parent
    if isinstance(value, datetime):
        return place, _checked(place.name, exp.cast(_literal(_utc(value)), "timestamp"))
    if type(parent) is exp.Cast and isinstance(value, str):
        cast = parent.copy()
        cast.set("this", _literal(_as_trino_reads(place.name, value, cast)))
        return parent, _checked(place.name, cast)
    return place, _checked(place.name, exp.convert(value))


def _as_trino_reads(name: str, value: str, cast: exp.Cast) -> str:
    """A time without `T` and zone, a date without a time; all else as it is."""
    if not cast.to.is_type(*_MOMENTS):
        return value
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError as error:
        hint = "like 2026-01-31 or 2026-01-31T12:00:00"
        raise UsageError(f"{value!r} is no time", where=f"--param {name}", hint=hint) from error
    return _utc(found)[:10] if cast.to.is_type("date") else _utc(found)


def _utc(value: datetime) -> str:
    utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(sep=" ")


def _literal(text: str) -> exp.Expr:
    return exp.Literal.string(text)


def _checked(name: str, argument: exp.Expr) -> str:
    text = argument.sql(_DIALECT)
    if len(text) > _MOST_CHARACTERS:
        what = f"longer than the {_MOST_CHARACTERS:,} characters that Athena takes"
        raise UsageError(what, where=f"--param {name}")
    return text


def _said(tree: exp.Expr) -> str:
    """The tree in Athena's words; what sqlglot cannot translate is an error, not a guess."""
    try:
        return tree.sql(_DIALECT, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise _unsaid(error) from error


def _read_again(text: str) -> str:
    """The text as Athena's grammar reads it: it has to be one SELECT there, too."""
    try:
        tree = parse_one(text, read=_DIALECT)
    except SqlglotError as error:
        raise _unsaid(error) from error
    if not isinstance(tree, exp.Query) or tree.find(exp.DML, exp.DDL, exp.Command):
        raise UsageError("only one SELECT is allowed here", where="SQL")
    return tree.sql(_DIALECT, pretty=True)


def _unsaid(error: SqlglotError) -> UsageError:
    hint = "write it in words that other engines have, too"
    return UsageError(f"cannot be said to Athena ({_first_line(error)})", where="SQL", hint=hint)


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[\d+m", "", str(error)).strip().splitlines()[0]

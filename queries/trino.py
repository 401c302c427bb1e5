"""What sqlglot does not know of Trino and of the store: steps on a query's tree, from DuckDB's to Trino's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlglot import exp

_DAY = "event_day"
_TIME = "event_time"
_BOUNDS: dict[type[exp.Expr], type[exp.Binary]] = {
    exp.GT: exp.GTE,
    exp.GTE: exp.GTE,
    exp.LT: exp.LTE,
    exp.LTE: exp.LTE,
    exp.EQ: exp.EQ,
}


def without_left_out(node: exp.Expr, values: Mapping[str, Any]) -> exp.Expr:
    """`$p is null or X` is X where there is a value and true where there is none."""
    if isinstance(node, exp.Or) and (name := _asked_for_null(node.this)):
        return exp.true() if values[name] is None else node.expression.copy()
    if name := _asked_for_null(node):
        return exp.convert(values[name] is None)
    if isinstance(node, exp.Placeholder) and values[node.name] is None:
        return exp.null()
    return node


def _asked_for_null(node: exp.Expr) -> str:
    """The parameter of `$p is null`, else nothing."""
    asks = isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)
    return node.this.name if asks and isinstance(node.this, exp.Placeholder) else ""


def said_to_trino(node: exp.Expr) -> exp.Expr:
    """What sqlglot alone would leave with another meaning, or could not say."""
    if isinstance(node, exp.Struct):
        fields = [
            item.expression if isinstance(item, exp.PropertyEQ) else item
            for item in node.expressions
        ]
        return exp.Struct(expressions=[field.copy() for field in fields])
    if isinstance(node, exp.JSONExtractScalar) and not node.args.get("said"):
        return _json_text(node)
    return node


def _json_text(node: exp.JSONExtractScalar) -> exp.Expr:
    """DuckDB gives lists and objects as JSON text, where Trino's json_extract_scalar gives NULL."""
    scalar = node.copy()
    scalar.set("said", True)
    found = exp.JSONExtract(this=node.this.copy(), expression=node.expression.copy())
    whole = exp.func("NULLIF", exp.Anonymous(this="JSON_FORMAT", expressions=[found]), "'null'")
    return exp.func("COALESCE", scalar, whole)


def bound_the_days(tree: exp.Expr) -> None:
    """Adds to each SELECT over `events` the bounds of `event_day` that those of `event_time` mean.

    An entry lies in the partition of its own day: no row is lost, and other days are not read.
    """
    if "events" in {cte.alias.lower() for cte in tree.find_all(exp.CTE)}:
        return  # a table of that name which has no partitions
    for select in list(tree.find_all(exp.Select)):
        _bound_days_of(select)


def _bound_days_of(select: exp.Select) -> None:
    sources = list(_sources(select))
    owners = {source.alias_or_name for source in sources if _is_events(source)}
    if len(sources) == 1 and owners:
        owners.add("")  # an unqualified column is its own
    if where := select.args.get("where"):
        for bound in list(_conjuncts(where.this)):
            if day := _day_of(bound, owners):
                select.where(day, copy=False)


def _is_events(source: exp.Expr) -> bool:
    return isinstance(source, exp.Table) and source.name.lower() == "events" and not source.db


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    if found := select.args.get("from_"):
        yield found.this
    for join in select.args.get("joins") or []:
        yield join.this


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from _conjuncts(node.this)
        yield from _conjuncts(node.expression)
    else:
        yield node


def _day_of(bound: exp.Expr, owners: set[str]) -> exp.Expr | None:
    """`event_day >= date_format(X, …)` for `event_time >= X`, where X reads no column."""
    kind, column = _BOUNDS.get(type(bound)), bound.this
    if kind is None or not isinstance(column, exp.Column) or column.name.lower() != _TIME:
        return None
    if column.table not in owners or bound.expression.find(exp.Column, exp.Query):
        return None
    time = exp.cast(bound.expression.copy(), "timestamp")
    text = exp.Anonymous(this="DATE_FORMAT", expressions=[time, exp.Literal.string("%Y-%m-%d")])
    return kind(this=exp.column(_DAY, table=column.table or None), expression=text)

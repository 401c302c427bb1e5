"""The rows of Athena's answer with their types: it sends every value as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from stormtrail.errors import InputError

_Kind = tuple[Any, Callable[[str], Any]]


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _zoned(text: str) -> datetime:
    """`2026-01-01 12:00:00.000 UTC`; a zone by another name keeps the answer from being read."""
    moment, _, zone = text.rpartition(" ")
    if zone not in ("UTC", "Z", "GMT"):
        raise ValueError(f"the zone {zone} is not UTC")
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


_TYPES: Mapping[str, _Kind] = {
    "boolean": (pa.bool_(), _boolean),
    "tinyint": (pa.int8(), int),
    "smallint": (pa.int16(), int),
    "integer": (pa.int32(), int),
    "int": (pa.int32(), int),
    "bigint": (pa.int64(), int),
    "float": (pa.float32(), float),
    "real": (pa.float32(), float),
    "double": (pa.float64(), float),
    "date": (pa.date32(), date.fromisoformat),
    "timestamp": (pa.timestamp("us"), datetime.fromisoformat),
    "timestamp with time zone": (pa.timestamp("us", "UTC"), _zoned),
    "varbinary": (pa.binary(), bytes.fromhex),
}
"""What is not here (varchar, char, json, row, array, map, interval, …) stays text."""


def to_table(columns: Sequence[Mapping[str, Any]], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table of `ColumnInfo`s and rows of `VarCharValue`s, None for NULL.

    InputError names the column whose value is not of its type.
    """
    kinds = [_kind(column) for column in columns]
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [
        pa.array([_read(column, kind, value) for value in values], kind[0])
        for column, kind, values in zip(columns, kinds, by_column, strict=True)
    ]
    names = [str(column["Name"]) for column in columns]
    return pa.Table.from_arrays(arrays, names)


def _kind(column: Mapping[str, Any]) -> _Kind:
    name = str(column["Type"]).lower().partition("(")[0].strip()
    if name == "decimal":
        return pa.decimal128(column.get("Precision") or 38, column.get("Scale") or 0), Decimal
    return _TYPES.get(name, (pa.string(), str))


def _read(column: Mapping[str, Any], kind: _Kind, value: str | None) -> Any:
    if value is None:
        return None
    try:
        return kind[1](value)
    except (ValueError, KeyError, ArithmeticError) as error:
        what = f"the column {column['Name']} holds no {column['Type']} ({type(error).__name__})"
        raise InputError(what, where="Athena", hint="cast it to varchar") from error

"""A table of rows as text for people, CSV, JSON or Parquet; hostile text is made harmless."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stormtrail.console import table
from stormtrail.text import csv_cell, plain


def as_text(rows: pa.Table) -> bytes:
    """Columns side by side."""
    return table(
        rows.column_names, [[_shown(value) for value in row] for row in _lines(rows)]
    ).encode()


def as_csv(rows: pa.Table) -> bytes:
    """RFC 4180 with a header line; text that would start a formula gets a leading `'`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in rows.column_names])
    writer.writerows([csv_cell(_shown(value)) for value in row] for row in _lines(rows))
    return buffer.getvalue().encode()


def as_json(rows: pa.Table) -> bytes:
    """A list of objects, one a row; control characters are escaped by JSON itself."""
    names = _unlike(rows.column_names)
    found = [dict(zip(names, map(_json, row), strict=True)) for row in _lines(rows)]
    return (json.dumps(found, indent=1, allow_nan=False) + "\n").encode()


def _unlike(names: Sequence[str]) -> list[str]:
    """The names, of which one that was there before gets a number: an object has each name once."""
    found: list[str] = []
    for name in names:
        number = 0
        unlike = name
        while unlike in found:
            number += 1
            unlike = f"{name}_{number}"
        found.append(unlike)
    return found


def as_parquet(rows: pa.Table) -> bytes:
    """A Parquet file, every value as it is."""
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


RENDERERS: dict[str, Callable[[pa.Table], bytes]] = {
    "table": as_text,
    "csv": as_csv,
    "json": as_json,
    "parquet": as_parquet,
}


def _lines(rows: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def _shown(value: Any) -> Any:
    """Numbers as they are, everything else as one line of text."""
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    kept = _json(value)
    return plain(kept if isinstance(kept, str) else json.dumps(kept))


def _json(value: Any) -> Any:
    """JSON types; times (UTC) and intervals as ISO 8601, bytes as base64; what is no number, or has no end, as text."""
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, pa.MonthDayNano):
        seconds = Decimal(value.nanoseconds).scaleb(-9).normalize()
        return f"P{value.months}M{value.days}DT{seconds:f}S"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    whole = value is None or isinstance(value, (str, bool, int))
    return value if whole or (isinstance(value, float) and isfinite(value)) else str(value)

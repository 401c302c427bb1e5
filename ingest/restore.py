"""A row of `events` -> the record as it was received, equal as a JSON value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, TEXT_FIELDS, TIME_FIELD
from ingest.times import canonical


def restore(row: Mapping[str, Any]) -> dict[str, Any]:
    """The original record of a row (column name -> value, `event_time` a UTC datetime)."""
    record: dict[str, Any] = {TIME_FIELD: canonical(row["event_time"])}
    for column, name in (TEXT_FIELDS | BOOLEAN_FIELDS).items():
        if row[column] is not None:
            record[name] = row[column]
    for column, name in JSON_FIELDS.items():
        if row[column] is not None:
            record[name] = _value(row[column])
    extra: dict[str, Any] = _value(row["extra"] or "{}")
    return record | extra


def _value(text: str) -> Any:
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | str:
    """The number; one that is longer than Python's limit stays text."""
    try:
        return int(digits)
    except ValueError:
        return digits

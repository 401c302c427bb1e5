"""Tables with a column for each field of a record: Athena, Tailpipe, camelCase, CloudTrail Lake."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ingest.formats.base import Row, plain, present, time_text
from ingest.formats.names import FIELDS, FREE, STRUCTURED, spelled
from ingest.formats.structtext import read_struct
from ingest.schema import BOOLEAN_FIELDS, TIME_FIELD

_BOOLEANS = frozenset(BOOLEAN_FIELDS.values())
_NEEDED = frozenset({"eventid", "eventname", "eventsource", "eventtime"})


@dataclass(frozen=True)
class FlatTable:
    """A table whose columns are called like the fields; `needs` tells it from the others."""

    name: str
    needs: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()

    def matches(self, columns: frozenset[str]) -> bool:
        """Whether the columns that every entry needs are there, and this table's own."""
        return columns >= _NEEDED | self.needs

    def record(self, row: Row) -> dict[str, Any]:
        """The record of a row; columns that are no field are left out."""
        fields = {FIELDS[plain(key)]: value for key, value in row.items() if plain(key) in FIELDS}
        return present({name: _value(name, value) for name, value in fields.items()})


def _value(name: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if name == TIME_FIELD:
        return time_text(value)
    if name in _BOOLEANS:
        return {"true": True, "false": False}.get(str(value).lower(), value)
    return _structure(name, value) if name in STRUCTURED else value


def _structure(name: str, value: Any) -> Any:
    if name in FREE:
        return _free_text(value) if isinstance(value, str) else _free(value)
    if isinstance(value, str):
        value = _parsed(value)
    return spelled(value, in_resource=name == "resources")


def _free_text(text: str) -> Any:
    try:
        return json.loads(text)  # a text in it that holds JSON is a text
    except (ValueError, RecursionError):
        return _free(read_struct(text))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return read_struct(text)


def _free(value: Any) -> Any:
    """Members of a map from text to text are JSON where they are no plain text."""
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        value = dict(value)
    if not isinstance(value, dict):
        return value
    return {name: _member(item) for name, item in value.items()}


def _member(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _parsed(value)
    return value


TAILPIPE = FlatTable("Tailpipe aws_cloudtrail_log", frozenset({"tpid", "tptimestamp"}))
FIELDS_AS_COLUMNS = FlatTable(
    "fields as columns", frozenset({"recipientaccountid", "managementevent"})
)
"""CloudTrail Lake, and camelCase exports."""
ATHENA = FlatTable(
    "Athena cloudtrail_logs",
    frozenset({"recipientaccountid"}),
    ("userIdentity.inScopeOf", "managementEvent"),
)

"""The tables and views that make a store on S3 one database in Athena, as DDL.

Table text is Hive's, view text is Trino's: Athena has both, each for its own kind of statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

import queries
from analytics.athena.ledger import FOLDER, ledger_schemas
from analytics.rollups import (
    FUNCTIONS,
    FUNCTIONS_OF_DAY,
    ROLLUPS,
    STAGES,
    define_stages,
    known_sessions,
)
from analytics.warehouse import EVENT_INTEGRITY, LEDGER_TABLES, Warehouse
from ingest.schema import SCHEMA
from queries import athena
from stormtrail.errors import UsageError

FIRST_DAY = date(2013, 11, 13)
"""CloudTrail was announced on this day: no entry is older."""

_ATHENA_TYPES = {
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.timestamp("us"): "timestamp",
}
_NAME = re.compile(r"[a-z0-9_]{1,255}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PART = re.compile(r"[A-Za-z0-9!()_.=-]+")

_KNOWN_SESSIONS = """
with functions as (
  select distinct
    split_part(function_arn, ':', 5) as account_id,
    split_part(function_arn, ':', 7) as session_name,
    split_part(function_arn, ':', 4) as aws_region,
    function_arn
  from function_days
  where split_part(function_arn, ':', 7) <> ''
),
alone as (
  select account_id, session_name, count(*) as places
  from functions
  group by account_id, session_name
)
select
  f.account_id,
  f.session_name,
  case when a.places > 1 then f.aws_region end as aws_region,
  f.function_arn
from functions as f
join alone as a
  on a.account_id = f.account_id
  and a.session_name = f.session_name
"""
_SAME = 'select * from "{}"'
"""For a table of events by another name, which was checked to be a plain one."""

_COMMITTED = """
select e.*
from "{}" as e
where e."$path" in (select concat('{}', path) from event_files)
"""
"""The same without files that the ledger does not name: replaced ones, and those of a killed writer."""


def _of_all_days(name: str) -> str:
    return (
        queries.text(name)
        .replace("$day_start", "timestamp '2013-11-14 00:00:00'")
        .replace("$day_end", "timestamp '9999-12-31 00:00:00'")
    )


VIEWS = {
    "event_integrity": EVENT_INTEGRITY,
    "known_sessions": _KNOWN_SESSIONS,
    **{name: _of_all_days(name) for name in STAGES},
}
"""What `stormtrail.duckdb` has as views, and what the rollups' queries read, in DuckDB's words."""


@dataclass(frozen=True)
class Place:
    """Where the store lies and what it is called: its S3 root with `/` at the end, names in Athena.

    `committed`: entries are read from those files alone that the exported ledger names.
    """

    root: str
    database: str
    table: str
    committed: bool = False

    @classmethod
    def of(
        cls, location: str, database: str, table: str | None = None, *, committed: bool = False
    ) -> Place:
        """Checked; `location` is the folder of the events, as `s3://bucket/prefix/events/`.

        The table is called `events`, or `event_rows` where a view of that name stands before it.
        UsageError says which of the three Athena would not take, and why.
        """
        table = table or ("event_rows" if committed else "events")
        for flag, name in (("--database", database), ("--table", table)):
            if not _NAME.fullmatch(name):
                hint = "lower-case letters, digits and _ only"
                raise UsageError(f"{name!r} is no name in Athena", where=flag, hint=hint)
        if table in {FUNCTIONS, *ROLLUPS, *LEDGER_TABLES, *VIEWS}:
            what = f"{table!r} is another table of the store"
            raise UsageError(what, where="--table", hint="like events")
        if committed and table == "events":
            hint = "leave it out, or give another name"
            raise UsageError("events is the view here", where="--table", hint=hint)
        return cls(_root(location), database, table, committed)


def _root(location: str) -> str:
    """The store's folder; the events' one is below it."""
    hint = "like s3://my-bucket/stormtrail-store/events/"
    scheme, _, rest = location.partition("://")
    bucket, *parts = rest.removesuffix("/").split("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket):
        raise UsageError(f"{location!r} is no place on S3", where="--location", hint=hint)
    if bad := [part for part in parts if not _PART.fullmatch(part)]:
        what = f"{bad[0]!r} cannot be part of a table's place in Athena"
        raise UsageError(what, where="--location", hint="letters, digits and !()_.=- only")
    if not parts or parts[-1] != "events":
        raise UsageError(
            f"{location!r} is not the events' folder of a store", where="--location", hint=hint
        )
    return "/".join(["s3:/", bucket, *parts[:-1], ""])


def ddl(place: Place, first_day: date = FIRST_DAY) -> str:
    """Every statement, in the order to run them, each ending in `;`.

    Partitions are projected from `first_day` to tomorrow: Athena sees no entry outside them.
    """
    return "\n".join(f"{statement};\n" for statement in statements(place, first_day))


def statements(place: Place, first_day: date = FIRST_DAY) -> Iterator[str]:
    """The statements one by one, as Athena takes them."""
    yield f"CREATE DATABASE IF NOT EXISTS {_hive(place.database)}"
    yield _table(place, place.table, SCHEMA, "events/", first_day)
    for name, schema in rollup_schemas().items():
        yield _table(place, name, schema, f"rollups/{name}/", first_day)
    for name, schema in ledger_schemas().items():
        yield _table(place, name, schema, f"{FOLDER}/{name}/", None)
    if place.table != "events":
        rows = (
            _COMMITTED.format(place.table, place.root)
            if place.committed
            else _SAME.format(place.table)
        )
        yield _view(place, "events", rows)
    for name, query in VIEWS.items():
        yield _view(place, name, query)


def rollup_schemas() -> dict[str, Any]:
    """Columns and types of every rollup, as its query gives them."""
    engine = Warehouse(duckdb.connect())
    engine.use_events([])
    day: Any = dict.fromkeys(("day_start", "day_end"), pa.scalar(0, pa.timestamp("us")).as_py())
    engine.register("known_sessions", known_sessions([]))
    define_stages(engine, **day)
    wanted = {FUNCTIONS: FUNCTIONS_OF_DAY} | ROLLUPS
    return {view: engine.query(made.query, **day).schema for view, made in wanted.items()}


def athena_type(kind: Any) -> str:
    """Athena's name of an Arrow type that the store's Parquet has."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    return _ATHENA_TYPES[kind]


def _table(place: Place, name: str, schema: Any, folder: str, first_day: date | None) -> str:
    columns = ",\n".join(f"  {_hive(field.name)} {athena_type(field.type)}" for field in schema)
    location = place.root + folder
    lines = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {_hive(place.database)}.{_hive(name)} (\n{columns}\n)",
        *([f"PARTITIONED BY ({_hive('event_day')} string)"] if first_day else []),
        "STORED AS PARQUET",
        f"LOCATION {_text(location)}",
        *([_projection(location, first_day)] if first_day else []),
    ]
    return "\n".join(lines)


def _projection(location: str, first_day: date) -> str:
    """Days are worked out, not listed in a catalogue: a new day is there as soon as its files are."""
    properties = {
        "projection.enabled": "true",
        "projection.event_day.type": "date",
        "projection.event_day.format": "yyyy-MM-dd",
        "projection.event_day.range": f"{first_day.isoformat()},NOW+1DAY",
        "projection.event_day.interval": "1",
        "projection.event_day.interval.unit": "DAYS",
        "storage.location.template": f"{location}event_day=${{event_day}}",
    }
    pairs = ",\n".join(f"  {_text(name)} = {_text(value)}" for name, value in properties.items())
    return f"TBLPROPERTIES (\n{pairs}\n)"


def _view(place: Place, name: str, query: str) -> str:
    return f'CREATE OR REPLACE VIEW "{place.database}"."{name}" AS\n{athena.view(query, place.database)}'


def _hive(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

"""One query in Athena: started, waited for, fetched page by page; stopped when nobody waits any more."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from analytics.athena.results import to_table
from analytics.confined import CONFIG
from analytics.reading import check_that_it_reads
from ingest.sources.base import S3Settings
from ingest.sources.s3errors import explain
from ingest.sources.sessions import open_session, retrying
from queries import athena
from stormtrail.errors import AccessError, InputError, StormtrailError, UsageError

_PAGE_ROWS = 1_000
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_SLOWER = 1.5
_SAID_CHARACTERS = 300
_USER_ERROR = 2
_MOST_BYTES = 262_144  # of a query's text
_WORKGROUP = re.compile(r"[A-Za-z0-9._-]{1,128}")
_DATABASE = re.compile(r"[A-Za-z0-9_]{1,255}")
_OUTPUT = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")
_DENIED = re.compile(
    r"permission denied|insufficient permissions|access ?denied|not authorized", re.I
)


@dataclass(frozen=True)
class Target:
    """Where a query runs: workgroup (None: primary), database, and where Athena writes the answer
    (None: where the workgroup says)."""

    database: str | None = None
    workgroup: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        checks = (
            ("--athena-workgroup", self.workgroup, _WORKGROUP, "letters, digits and ._- only"),
            ("--athena-database", self.database, _DATABASE, "letters, digits and _ only"),
            ("--athena-output", self.output, _OUTPUT, "like s3://my-bucket/athena-results/"),
        )
        for flag, value, form, hint in checks:
            if value is not None and not form.fullmatch(value):
                raise UsageError(f"{value!r} cannot be right", where=flag, hint=hint)

    def request(self) -> dict[str, Any]:
        """What StartQueryExecution is told of it."""
        found: dict[str, Any] = {}
        if self.workgroup:
            found["WorkGroup"] = self.workgroup
        if self.database:
            found["QueryExecutionContext"] = {"Database": self.database}
        if self.output:
            found["ResultConfiguration"] = {"OutputLocation": self.output}
        return found


@dataclass(frozen=True)
class Answer:
    """The rows, and what Athena says that they took: bytes read (it bills these) and milliseconds."""

    rows: pa.Table
    scanned_bytes: int
    milliseconds: int


def open_athena(settings: S3Settings) -> Any:
    """A client of Athena for these credentials; UsageError or AccessError says what is missing."""
    try:
        session = open_session(settings)
        return session.client("athena", endpoint_url=settings.endpoint_url, config=retrying(1))
    except NoRegionError as error:
        hint = "set AWS_DEFAULT_REGION, or give a --profile that has one"
        raise UsageError("no AWS region is set", where="Athena", hint=hint) from error
    except (BotoCoreError, ClientError) as error:
        raise explain(error, "Athena") from error


def run_on_athena(
    client: Any,
    target: Target,
    text: str,
    params: Mapping[str, Any],
    most_rows: int,
    pause: Callable[[float], None] = time.sleep,
) -> Answer:
    """The rows of one SELECT in DuckDB's words; an empty text among `params` is NULL.

    However the wait ends early (Ctrl-C, an error), the query is stopped in Athena, too. UsageError
    for text that is refused or wrong and for more than `most_rows`, AccessError and InputError for
    what Athena denies or fails.
    """
    _check_that_it_reads(text)
    given = {name: None if value == "" else value for name, value in params.items()}
    statement = athena.for_athena(text, given)
    if len(statement.text.encode()) > _MOST_BYTES:
        raise UsageError(f"longer than the {_MOST_BYTES:,} bytes that Athena takes", where="SQL")
    try:
        return _run(client, target, statement, most_rows, pause)
    except (BotoCoreError, ClientError) as error:
        raise _explained(error) from error


def _check_that_it_reads(text: str) -> None:
    """By DuckDB's own parser, which opens nothing for it."""
    with duckdb.connect(config=CONFIG) as connection:
        connection.execute("set enable_external_access = false")
        check_that_it_reads(connection, text)


def _run(
    client: Any,
    target: Target,
    statement: athena.Statement,
    most_rows: int,
    pause: Callable[[float], None],
) -> Answer:
    request = target.request() | {"QueryString": statement.text, "ClientRequestToken": str(uuid4())}
    if statement.arguments:
        request["ExecutionParameters"] = list(statement.arguments)
    query = _started(client, request)
    try:
        found = _finished(client, query, pause)
    except BaseException:
        _stop(client, query)
        raise
    _require_success(found, query)
    columns, rows = _fetched(client, query, most_rows)
    told = found.get("Statistics", {})
    return Answer(
        to_table(columns, rows),
        int(told.get("DataScannedInBytes", 0)),
        int(told.get("TotalExecutionTimeInMillis", 0)),
    )


def _started(client: Any, request: dict[str, Any]) -> str:
    """The query's id; one that Ctrl-C hits between asking and hearing of it is stopped all the same."""
    try:
        return str(client.start_query_execution(**request)["QueryExecutionId"])
    except KeyboardInterrupt:
        with suppress(BotoCoreError, ClientError):  # the same token gives the same query
            _stop(client, str(client.start_query_execution(**request)["QueryExecutionId"]))
        raise


def _finished(client: Any, query: str, pause: Callable[[float], None]) -> dict[str, Any]:
    """The QueryExecution, once it has ended; asked ever less often."""
    seconds = _FIRST_PAUSE_SECONDS
    while True:
        found: dict[str, Any] = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return found
        pause(seconds)
        seconds = min(seconds * _SLOWER, _LONGEST_PAUSE_SECONDS)


def _stop(client: Any, query: str) -> None:
    with suppress(BotoCoreError, ClientError):  # what ended the wait is to be told, not this
        client.stop_query_execution(QueryExecutionId=query)


def _require_success(found: Mapping[str, Any], query: str) -> None:
    status, where = found["Status"], f"Athena query {query}"
    if status["State"] == "SUCCEEDED":
        return
    about = status.get("AthenaError", {})
    why = _one_line(
        about.get("ErrorMessage") or status.get("StateChangeReason") or "no reason given"
    )
    if status["State"] == "CANCELLED":
        raise InputError(f"was cancelled ({why})", where=where, hint="run it again")
    if _DENIED.search(why):
        hint = "allow s3:GetObject and s3:ListBucket on the store, and glue:GetTable"
        raise AccessError(f"access is denied ({why})", where=where, hint=hint)
    if about.get("ErrorCategory") == _USER_ERROR:
        hint = "`stormtrail athena ddl` writes the tables that the queries read"
        raise UsageError(f"the query failed ({why})", where=where, hint=hint)
    raise InputError(f"the query failed ({why})", where=where, hint="run it again")


def _fetched(client: Any, query: str, most_rows: int) -> tuple[list[Any], list[list[Any]]]:
    """ColumnInfos and rows of texts; the first row of a SELECT's answer is its header."""
    columns: list[Any] = []
    rows: list[list[Any]] = []
    for number, page in enumerate(_pages(client, query)):
        columns = page["ResultSetMetadata"]["ColumnInfo"]
        found = [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["Rows"]]
        rows += found[1:] if number == 0 else found
        if len(rows) > most_rows:
            hint = "add a limit or raise sql.rows"
            raise UsageError(f"more than {most_rows:,} rows", where="SQL", hint=hint)
    return columns, rows


def _pages(client: Any, query: str) -> Iterator[Mapping[str, Any]]:
    pages = client.get_paginator("get_query_results").paginate(
        QueryExecutionId=query, PaginationConfig={"PageSize": _PAGE_ROWS}
    )
    for page in pages:
        yield page["ResultSet"]


def _explained(error: BotoCoreError | ClientError) -> StormtrailError:
    if not isinstance(error, ClientError):
        return explain(error, "Athena")
    answer = error.response.get("Error", {})
    code, said = str(answer.get("Code", "")), _one_line(str(answer.get("Message", "")))
    if code in ("AccessDeniedException", "AccessDenied"):
        hint = f"allow athena:{error.operation_name}"
        return AccessError("access is denied", where="Athena", hint=hint)
    if code == "InvalidRequestException":
        hint = "check --athena-workgroup, --athena-database and --athena-output"
        return UsageError(f"the request was refused ({said})", where="Athena", hint=hint)
    return explain(error, "Athena")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_SAID_CHARACTERS]

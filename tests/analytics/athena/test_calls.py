"""`sql --engine athena` over real HTTP: what is asked of Athena, and what is made of its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analytics.athena.calls import Target, open_athena, run_on_athena
from ingest.sources.base import S3Settings
from queries import athena as words
from queries import saved
from stormtrail.cli import run
from stormtrail.errors import AccessError, ExitCode, InputError, StormtrailError, UsageError
from tests.analytics.athena.conftest import Athena
from tests.analytics.athena.unkind import Body, Change, unkind
from tests.interrupt import heeding, interrupt

COUNTS = [("event_name", "varchar"), ("entries", "bigint")]
TWO: list[list[str | None]] = [["Invoke", "7"], ["PutObject", "2"]]
QUESTION = "select event_name, count(*) as entries from events group by event_name order by 1"
OUTPUT = "s3://my-bucket/answers/"


def at_once(seconds: float) -> None:
    """Pauses of no length."""


def ask(url: str, text: str = QUESTION, most_rows: int = 1_000_000, **params: Any) -> list[Any]:
    """The rows of a question, without a pause between the questions about it."""
    client = open_athena(S3Settings(url))
    answer = run_on_athena(client, Target("trail"), text, params, most_rows, at_once)
    rows: list[Any] = answer.rows.to_pylist()
    return rows


@contextmanager
def answering(athena: Athena, change: Change) -> Iterator[str]:
    athena.will_answer(COUNTS, TWO)
    with unkind(athena.url, change) as url:
        yield url


def refused(url: str, **more: Any) -> StormtrailError:
    """The error of a question, which is one line."""
    with pytest.raises(StormtrailError) as caught:
        ask(url, **more)
    assert "\n" not in caught.value.line()
    return caught.value


def test_the_verb_asks_with_its_settings_and_prints_the_rows(
    athena: Athena, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    athena.client.create_work_group(Name="people", Configuration={})
    athena.will_answer(COUNTS, TWO)
    monkeypatch.setenv("STORMTRAIL_ATHENA_DATABASE", "trail")
    place = ["--endpoint-url", athena.url, "--athena-workgroup", "people"]
    options = [*place, "--athena-output", OUTPUT, "--format", "csv"]
    assert run(["sql", QUESTION, "--engine", "athena", *options]) == ExitCode.DONE
    said = capsys.readouterr()
    assert said.out == "event_name,entries\nInvoke,7\nPutObject,2\n"
    assert said.err == "Athena read 0.0 MB in 0.0 s\n"
    (query,) = athena.queries()
    assert query["Query"] == words.for_athena(QUESTION, {}).text
    assert query["QueryExecutionContext"] == {"Database": "trail"}
    assert query["ResultConfiguration"]["OutputLocation"].startswith(OUTPUT)
    assert query["WorkGroup"] == "people"


def test_a_saved_question_goes_with_its_values_beside_the_text(
    athena: Athena, capsys: pytest.CaptureFixture[str]
) -> None:
    athena.will_answer([("function_arn", "varchar"), ("first_run", "timestamp")], [])
    given = ["--param", "account_id=1' or '1'='1", "--param", "since=2026-01-01"]
    place = ["--engine", "athena", "--endpoint-url", athena.url, "--format", "json"]
    assert run(["sql", "first_and_last_run", *given, *place]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == []
    (query,) = athena.queries()
    values = {"account_id": "1' or '1'='1", "since": "2026-01-01", "until": None}
    expected = words.for_athena(saved.get("first_and_last_run").text, values)
    assert query["Query"] == expected.text
    assert "'1'" not in expected.text
    day = "CAST('2026-01-01 00:00:00' AS TIMESTAMP)"
    assert query["ExecutionParameters"] == ["'1'' or ''1''=''1'", day, day]


def test_settings_come_from_the_file_as_all_others(
    athena: Athena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"athena_database": "of_the_file", "athena_output": OUTPUT, "endpoint_url": athena.url}
    lines = [f'{name} = "{value}"' for name, value in names.items()]
    Path("stormtrail.toml").write_text("\n".join(lines))
    athena.will_answer(COUNTS, TWO)
    assert run(["sql", QUESTION, "--engine", "athena"]) == ExitCode.DONE
    (query,) = athena.queries()
    assert query["QueryExecutionContext"] == {"Database": "of_the_file"}


def test_every_value_gets_its_type_back(athena: Athena, tmp_path: Path) -> None:
    columns = [
        ("t", "varchar"), ("b", "boolean"), ("i", "integer"), ("n", "bigint"), ("d", "double"),
        ("m", "decimal(10,2)"), ("at", "timestamp"), ("zoned", "timestamp with time zone"),
        ("day", "date"), ("bytes", "varbinary"), ("list", "array"), ("tiny", "tinyint"),
    ]  # fmt: skip
    athena.will_answer(
        columns,
        [
            [
                "a,\nb", "true", "5", "9000000000", "1.5E300", "12.30", "2026-01-02 03:04:05.678",
                "2026-01-02 03:04:05.678 UTC", "2026-01-02", "00 ff 7a", "[1, 2]", "-1",
            ],
            ["", "false", *[None] * 10],
            [None, None, None, None, "NaN", *[None] * 7],
        ],
    )  # fmt: skip
    out = tmp_path / "answer.parquet"
    place = ["--engine", "athena", "--endpoint-url", athena.url, "--format", "parquet"]
    assert run(["sql", "select 1", *place, "--out", str(out)]) == ExitCode.DONE
    first, second, third = pq.read_table(out).to_pylist()
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_000)
    assert first == {
        "t": "a,\nb", "b": True, "i": 5, "n": 9_000_000_000, "d": 1.5e300, "m": Decimal("12.30"),
        "at": moment, "zoned": moment.replace(tzinfo=UTC), "day": date(2026, 1, 2),
        "bytes": b"\x00\xffz", "list": "[1, 2]", "tiny": -1,
    }  # fmt: skip
    assert second == {name: {"t": "", "b": False}.get(name) for name, _ in columns}
    assert third.pop("d") != 0
    assert set(third.values()) == {None}


def test_a_value_that_is_not_of_its_type_is_named(athena: Athena) -> None:
    athena.will_answer([("entries", "bigint")], [["many"]])
    error = refused(athena.url)
    assert error.line() == (
        "Athena: the column entries holds no bigint (ValueError); cast it to varchar"
    )


def test_the_answer_is_fetched_page_by_page(athena: Athena) -> None:
    def in_pages(operation: str, request: Body, answer: Body, before: int) -> Body:
        if operation == "GetQueryResults":
            rows = answer["ResultSet"]["Rows"]
            place = int(request.get("NextToken", 0))
            answer["ResultSet"]["Rows"] = rows[place : place + 2]
            if place + 2 < len(rows):
                answer["NextToken"] = str(place + 2)
        return answer

    many: list[list[str | None]] = [[f"e{number}", str(number)] for number in range(7)]
    athena.will_answer(COUNTS, many)
    with unkind(athena.url, in_pages) as url:
        assert ask(url) == [{"event_name": f"e{one}", "entries": one} for one in range(7)]


def test_a_query_is_asked_after_ever_less_often_until_it_is_done(athena: Athena) -> None:
    athena.will_answer(COUNTS, TWO)
    athena.will_take(9)
    pauses: list[float] = []
    client = open_athena(S3Settings(athena.url))
    answer = run_on_athena(client, Target(), QUESTION, {}, 10, pauses.append)
    assert answer.rows.num_rows == 2
    assert len(pauses) >= 15
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.2, 5.0)


def test_more_rows_than_allowed_are_an_error(athena: Athena) -> None:
    athena.will_answer(COUNTS, TWO)
    error = refused(athena.url, most_rows=1)
    assert error.line() == "SQL: more than 1 rows; add a limit or raise sql.rows"


ENDED = {
    "COLUMN_NOT_FOUND: line 1:8: Column 'x'\n cannot be resolved": (
        2,
        UsageError,
        "the query failed (COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved)",
    ),
    "GENERIC_INTERNAL_ERROR: a node is lost": (
        1,
        InputError,
        "the query failed (GENERIC_INTERNAL_ERROR: a node is lost); run it again",
    ),
    "Permission denied on S3 path: s3://my-bucket/store": (
        2,
        AccessError,
        "access is denied (Permission denied on S3 path: s3://my-bucket/store); allow s3:GetObject",
    ),
}


@pytest.mark.parametrize("reason", ENDED)
def test_a_query_that_fails_says_why_in_one_line(athena: Athena, reason: str) -> None:
    category, kind, line = ENDED[reason]

    def failing(operation: str, request: Body, answer: Body, before: int) -> Body:
        if operation == "GetQueryExecution":
            about = {"ErrorCategory": category, "ErrorMessage": reason}
            status = {"State": "FAILED", "StateChangeReason": reason, "AthenaError": about}
            answer["QueryExecution"]["Status"] |= status
        return answer

    with answering(athena, failing) as url:
        error = refused(url)
    assert type(error) is kind
    assert error.line().startswith("Athena query ")
    assert line in error.line()


def test_a_query_that_somebody_cancels_is_told_as_that(athena: Athena) -> None:
    def cancelled(operation: str, request: Body, answer: Body, before: int) -> Body:
        if operation == "GetQueryExecution":
            status = {"State": "CANCELLED", "StateChangeReason": "the limit of bytes was reached"}
            answer["QueryExecution"]["Status"] |= status
        return answer

    with answering(athena, cancelled) as url:
        error = refused(url)
    assert "was cancelled (the limit of bytes was reached); run it again" in error.line()


def test_a_request_that_athena_refuses_is_told_in_its_words(athena: Athena) -> None:
    def nowhere(operation: str, request: Body, answer: Body, before: int) -> Body:
        what = "No output location provided."
        return {"__type": "InvalidRequestException", "Message": what, "message": what}

    with answering(athena, nowhere) as url:
        error = refused(url)
    assert isinstance(error, UsageError)
    assert error.line() == (
        "Athena: the request was refused (No output location provided.); "
        "check --athena-workgroup, --athena-database and --athena-output"
    )


def test_a_caller_without_the_right_is_told_which_one_is_missing(athena: Athena) -> None:
    def denied(operation: str, request: Body, answer: Body, before: int) -> Body:
        what = "User: arn:aws:iam::123456789012:user/ada is not authorized"
        return {"__type": "AccessDeniedException", "Message": what, "message": what}

    with answering(athena, denied) as url:
        error = refused(url)
    assert isinstance(error, AccessError)
    assert error.line() == "Athena: access is denied; allow athena:StartQueryExecution"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("UnrecognizedClientException", "the access key is not known there"),
        ("ExpiredTokenException", "the credentials have expired"),
    ],
)
def test_a_key_that_is_no_longer_good_is_told(athena: Athena, code: str, what: str) -> None:
    def turned_away(operation: str, request: Body, answer: Body, before: int) -> Body:
        return {"__type": code, "message": "The security token included in the request is invalid."}

    with answering(athena, turned_away) as url:
        error = refused(url)
    assert isinstance(error, AccessError)
    assert error.line().startswith(f"Athena: {what}; ")


def test_a_region_that_is_not_set_is_told(athena: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    error = refused(athena.url)
    assert error.line().startswith("Athena: no AWS region is set; set AWS_DEFAULT_REGION")


@pytest.mark.parametrize(
    "text",
    [
        "drop table events",
        "select 1; select 2",
        "insert into events select * from events",
        "with x as (copy events to 's3://my-bucket/x') select 1",
        "select * from read_parquet('/etc/passwd')",
        "create table t as select 1",
        "unload (select 1) to 's3://my-bucket/x'",
        "select getenv('AWS_SECRET_ACCESS_KEY')",
    ],
)
def test_what_is_not_one_select_is_refused_before_athena_hears_of_it(
    athena: Athena, text: str
) -> None:
    assert isinstance(refused(athena.url, text=text), UsageError)
    assert athena.queries() == []


@pytest.mark.parametrize(
    "flags",
    [
        ["--athena-output", "my-bucket/answers"],
        ["--athena-workgroup", "a b"],
        ["--athena-database", "trail`"],
        ["--engine", "presto"],
        ["--param", "nobody=1"],
    ],
)
def test_a_flag_that_cannot_be_right_is_refused_before_athena_hears_of_it(
    athena: Athena, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--engine", "athena", "--endpoint-url", athena.url]
    assert run(["sql", QUESTION, *place, *flags]) == ExitCode.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert athena.queries() == []


def test_a_text_that_is_too_long_for_athena_is_refused_before_it_hears_of_it(
    athena: Athena,
) -> None:
    error = refused(athena.url, text=f"select '{'x' * 262_144}' as x")
    assert error.line() == "SQL: longer than the 262,144 bytes that Athena takes"
    assert athena.queries() == []


def test_a_flag_of_athenas_without_athena_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sql", QUESTION, "--athena-database", "trail"]) == ExitCode.USAGE
    line = "error: --athena-database: DuckDB asks the store here; add --engine athena\n"
    assert capsys.readouterr().err == line


def test_ctrl_c_stops_the_query_in_athena(athena: Athena) -> None:
    athena.will_take(1_000_000)
    place = ["--engine", "athena", "--endpoint-url", athena.url, "--athena-database", "trail"]
    command = [sys.executable, "-m", "stormtrail.cli", "sql", QUESTION, *place]
    child = subprocess.Popen(
        heeding(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not athena.queries():
        assert child.poll() is None, child.communicate()
    out, err = interrupt(child)
    assert child.returncode == ExitCode.INTERRUPTED
    assert (out, err.splitlines()[-1].partition(";")[0]) == ("", "interrupted")
    assert [query["Status"]["State"] for query in athena.queries()] == ["CANCELLED"]


def test_ctrl_c_before_athena_has_answered_stops_the_query_too(athena: Athena) -> None:
    athena.will_take(1_000_000)
    asked: list[dict[str, Any]] = []

    class Interrupted:
        """A client whose first answer is lost to Ctrl-C, as it can be between any two lines."""

        def __init__(self) -> None:
            self._client = open_athena(S3Settings(athena.url))

        def start_query_execution(self, **request: Any) -> Any:
            asked.append(request)
            if len(asked) == 1:
                raise KeyboardInterrupt
            return self._client.start_query_execution(**request)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

    with pytest.raises(KeyboardInterrupt):
        run_on_athena(Interrupted(), Target(), QUESTION, {}, 10)
    assert asked[0] == asked[1]
    assert [query["Status"]["State"] for query in athena.queries()] == ["CANCELLED"]

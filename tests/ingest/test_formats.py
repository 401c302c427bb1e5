"""The same records through every format give the same columns."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.formats.structtext import read_struct
from ingest.pipeline import ingest
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of
from tests.ingest.in_formats import FORMATS

SAME = [
    "event_id",
    "event_version",
    "event_source",
    "event_name",
    "event_time",
    "aws_region",
    "source_ip_address",
    "user_agent",
    "error_code",
    "error_message",
    "request_id",
    "shared_event_id",
    "recipient_account_id",
    "read_only",
    "identity_type",
    "identity_arn",
    "identity_account_id",
    "identity_user_name",
    "access_key_id",
    "invoked_by",
    "role_arn",
    "session_name",
    "account_id",
    "category",
    "function_arn",
    "function_version",
    "invocation_type",
    "run_id",
    "outcome",
    "code_ran",
    "trigger_kind",
    "trigger_arn",
    "trigger_account",
    "bucket_name",
    "object_key",
    "configuration_change",
]
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:router"


def made_records() -> list[dict[str, Any]]:
    """One record for each thing that the analysis needs to see."""
    role = {
        "type": "AssumedRole",
        "principalId": "AROA:router",
        "arn": "arn:aws:sts::111111111111:assumed-role/router-role/router",
        "accountId": "111111111111",
        "accessKeyId": "ASIA1",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111111111111:role/router-role",
                "accountId": "111111111111",
            },
            "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-03-01T00:00:00Z"},
        },
    }
    common: dict[str, Any] = {
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "exec-env/AWS_Lambda_python3.13, a {b} = c",
        "managementEvent": True,
        "eventCategory": "Management",
        "readOnly": False,
        "requestID": "b1",
    }
    logs = {"type": "AWSService", "invokedBy": "logs.amazonaws.com"}
    run = {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "Invoke",
        "userIdentity": logs,
        "sourceIPAddress": "logs.amazonaws.com",
        "managementEvent": False,
        "eventCategory": "Data",
        "sharedEventID": "s1",
        "resources": [
            {"accountId": "111111111111", "type": "AWS::Lambda::Function", "ARN": FUNCTION}
        ],
        "requestParameters": {
            "functionName": FUNCTION,
            "invocationType": "Event",
            "sourceArn": "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*",
            "sourceAccount": "111111111111",
        },
        "additionalEventData": {"functionVersion": FUNCTION + ":$LATEST"},
    }
    execution = {
        **run,
        "eventName": "InvokeExecution",
        "userIdentity": {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
        "requestParameters": None,
        "additionalEventData": {"customerEniId": "", "functionVersion": FUNCTION + ":7"},
    }
    put = {
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutObject",
        "userIdentity": role,
        "requestParameters": {"bucketName": "logs", "key": "a/b=c, d.gz"},
        "additionalEventData": {"bytesTransferredIn": 12.0},
        "managementEvent": False,
        "eventCategory": "Data",
    }
    change = {
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "PutEventSelectors",
        "userIdentity": role,
        "requestParameters": {
            "trailName": "main",
            "eventSelectors": [{"readWriteType": "All", "dataResources": []}],
        },
        "errorCode": "AccessDenied",
        "errorMessage": "User is not, it seems, authorized",
    }
    made: list[dict[str, Any]] = [run, execution, put, change, {"userIdentity": role}]
    return [record(number, **common | fields) for number, fields in enumerate(made)]


def columns_of(layout: Layout) -> list[dict[str, Any]]:
    return [{name: row[name] for name in SAME} for row in rows_of(layout)]


def stored(tmp_path: Path, name: str, content: bytes) -> Layout:
    path = tmp_path / name
    path.write_bytes(content)
    layout = Layout(tmp_path / f"store-{name}")
    ingest([str(path)], layout)
    return layout


@pytest.fixture
def expected(tmp_path: Path) -> list[dict[str, Any]]:
    content = json.dumps({"Records": made_records()}).encode()
    return columns_of(stored(tmp_path, "log.json", content))


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_records_give_the_same_columns(
    tmp_path: Path, expected: list[dict[str, Any]], name: str
) -> None:
    layout = stored(tmp_path, name, FORMATS[name](made_records()))
    assert columns_of(layout) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_structures_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    layout = stored(tmp_path, name, FORMATS[name](made_records()))
    change = next(row for row in rows_of(layout) if row["configuration_change"])
    parameters = {
        "trailName": "main",
        "eventSelectors": [{"readWriteType": "All", "dataResources": []}],
    }
    assert json.loads(change["request_parameters"]) == parameters


@pytest.mark.parametrize("name", FORMATS)
def test_a_record_is_the_same_entry_in_every_format(
    tmp_path: Path, layout: Layout, name: str
) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / "log.json").write_text(json.dumps({"Records": made_records()}))
    (folder / name).write_bytes(FORMATS[name](made_records()))
    summary = ingest([str(folder)], layout)
    assert (summary.records, summary.inserted, summary.duplicates) == (10, 5, 5)


@pytest.mark.parametrize("name", FORMATS)
def test_a_role_keeps_all_that_a_record_says_of_it(tmp_path: Path, name: str) -> None:
    layout = stored(tmp_path, name, FORMATS[name](made_records()))
    change = next(row for row in rows_of(layout) if row["configuration_change"])
    issuer = json.loads(change["user_identity"])["sessionContext"]["sessionIssuer"]
    assert issuer == made_records()[3]["userIdentity"]["sessionContext"]["sessionIssuer"]


@pytest.mark.parametrize("name", ["athena.parquet", "tailpipe.parquet", "camel.parquet"])
def test_a_text_that_holds_json_stays_a_text(tmp_path: Path, name: str) -> None:
    asked = {"policyDocument": '{"Statement": []}', "list": ["[1]"]}
    made = [*made_records()[:3], made_records()[3] | {"requestParameters": asked}]
    layout = stored(tmp_path, name, FORMATS[name](made))
    change = next(row for row in rows_of(layout) if row["configuration_change"])
    assert json.loads(change["request_parameters"]) == asked


def changed(column: str, change: Callable[[Any], Any]) -> bytes:
    """The camelCase table with one column changed."""
    table = pq.read_table(io.BytesIO(FORMATS["camel.parquet"](made_records())))
    place = table.schema.get_field_index(column)
    out = io.BytesIO()
    pq.write_table(table.set_column(place, column, change(table[column])), out)
    return out.getvalue()


def since_1970(unit: int) -> Callable[[Any], Any]:
    def counted(column: Any) -> Any:
        times = (datetime.fromisoformat(str(time.as_py())).timestamp() for time in column)
        return pa.array([int(time) * unit for time in times], pa.int64())

    return counted


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
def test_a_time_may_be_a_number_of_any_unit(
    tmp_path: Path, expected: list[dict[str, Any]], unit: int
) -> None:
    layout = stored(tmp_path, "a.parquet", changed("eventTime", since_1970(unit)))
    assert [row["event_time"] for row in rows_of(layout)] == [row["event_time"] for row in expected]


def test_texts_may_be_written_as_bytes(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    content = changed("eventName", lambda column: column.cast(pa.binary()))
    assert columns_of(stored(tmp_path, "a.parquet", content)) == expected


@pytest.mark.parametrize(
    "name", ["000000_0", "part-00001-a1b2", "20260601_120000_00001_abcde_0f-1e"]
)
def test_parts_of_a_table_have_no_ending(tmp_path: Path, layout: Layout, name: str) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    (folder / name).write_bytes(FORMATS["athena.parquet"](made_records()))
    (folder / "_SUCCESS").touch()
    summary = ingest([str(folder)], layout)
    assert (summary.files, summary.records) == (1, 5)


def test_formats_are_found_by_content_and_not_by_name(tmp_path: Path) -> None:
    packed = gzip.compress(FORMATS["lake.csv"](made_records()))
    assert len(rows_of(stored(tmp_path, "export.gz", packed))) == 5
    assert len(rows_of(stored(tmp_path, "x.log", FORMATS["athena.parquet"](made_records())))) == 5


def test_what_a_format_does_not_carry_is_in_the_ledger(tmp_path: Path) -> None:
    layout = stored(tmp_path, "a.parquet", FORMATS["athena.parquet"](made_records()))
    with closing(sqlite3.connect(layout.ledger)) as connection:
        found = connection.execute("select name, missing from formats").fetchall()
    assert found == [("Athena cloudtrail_logs", "userIdentity.inScopeOf, managementEvent")]


@pytest.mark.parametrize("name", [name for name in FORMATS if name.endswith("parquet")])
@pytest.mark.parametrize("cut", [5, 200, 2_000])
def test_a_damaged_parquet_file_is_set_aside(tmp_path: Path, name: str, cut: int) -> None:
    layout = stored(tmp_path, name, FORMATS[name](made_records())[:-cut])
    assert rows_of(layout) == []
    with closing(sqlite3.connect(layout.ledger)) as connection:
        reasons = connection.execute("select reason from rejects").fetchall()
    assert reasons == [("Parquet file is damaged",)]


def test_parquet_that_holds_no_entries_is_set_aside(tmp_path: Path) -> None:
    content = io.BytesIO()
    pq.write_table(pa.table({"eventname": ["x"], "other": [1]}), content)
    layout = stored(tmp_path, "other.parquet", content.getvalue())
    with closing(sqlite3.connect(layout.ledger)) as connection:
        reasons = connection.execute("select reason from rejects").fetchall()
    assert reasons == [("its columns are not those of CloudTrail",)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{type=Role, arn=null}", {"type": "Role", "arn": None}),
        ("{a={b=c, d=[x, y]}, e=1}", {"a": {"b": "c", "d": ["x", "y"]}, "e": "1"}),
        ("[{accountid=1, type=AWS::IAM::Role}]", [{"accountid": "1", "type": "AWS::IAM::Role"}]),
        ('{a={"b": [1, {"c": 2}]}, d=}', {"a": {"b": [1, {"c": 2}]}, "d": ""}),
        (
            "{when=2023-06-07 23:59:12.000, ok=true}",
            {"when": "2023-06-07 23:59:12.000", "ok": "true"},
        ),
        ("{a=one, two, b=three}", {"a": "one, two", "b": "three"}),
        ("{}", {}),
        ("[]", []),
        ("null", None),
        ("plain", "plain"),
        ("{broken", "{broken"),
        ("{a=b}}", "{a=b}}"),
        ("[a, b", "[a, b"),
        ("{a=" * 100 + "}" * 100, "{a=" * 100 + "}" * 100),
    ],
)
def test_text_of_structures_is_read(text: str, value: Any) -> None:
    assert read_struct(text) == value

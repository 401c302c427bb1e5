"""What S3 refuses is one clear line and exit code 3; what it answers late or in part comes later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.retries.standard import ExponentialBackoff

from stormtrail.cli import run
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from tests.ingest.conftest import S3Server, record, rows_of
from tests.ingest.faulty import (
    ARCHIVED,
    CUT,
    DENIED,
    INTERNAL,
    KMS,
    SLOW_DOWN,
    Asked,
    Refusal,
    Rule,
    faulty,
)
from tests.ingest.test_s3 import log_key, put

NAMES = [f"file{n}" for n in range(6)]


@pytest.fixture
def keys(s3: S3Server) -> list[str]:
    """A bucket with six files of one day."""
    found = [log_key("2026/03/01", name) for name in NAMES]
    for number, key in enumerate(found):
        put(s3, key, [record(number)])
    return found


Ingest = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def told(
    s3: S3Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_waiting: None
) -> Ingest:
    """Runs the verb against a server with a rule: its exit code and the lines on stderr."""

    def ran(rule: Rule, *flags: str, source: str = "s3://logs") -> tuple[int, list[str]]:
        with faulty(s3.endpoint_url, rule) as url:
            command = ["ingest", source, "--endpoint-url", url, "--store", str(tmp_path / "store")]
            code = run([*command, *flags])
        return code, capsys.readouterr().err.splitlines()

    return ran


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between tries take no time."""
    monkeypatch.setattr("ingest.sources.download.PAUSES", (0.0, 0.0))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)


def ids(tmp_path: Path) -> list[str]:
    return [row["event_id"] for row in rows_of(Layout(tmp_path / "store"))]


def objects(refusal: Refusal, *, of: str = "") -> Rule:
    return lambda asked: refusal if asked.key and of in asked.key else None


CASES = {
    "its KMS key may not be used; allow kms:Decrypt": KMS,
    "access is denied; allow s3:GetObject; if the bucket is of the requester-pays kind, "
    "give --requester-pays": DENIED,
    "it lies in an archive class such as Glacier; restore it from its archive class first": ARCHIVED,
}


@pytest.mark.parametrize(("line", "refusal"), CASES.items(), ids=["kms", "denied", "archived"])
def test_objects_that_may_not_be_read_are_one_line_and_3(
    told: Ingest, keys: list[str], line: str, refusal: Refusal
) -> None:
    code, lines = told(objects(refusal))
    assert code == ExitCode.UNREADABLE
    assert lines == [f"error: s3://logs/{keys[0]}: {line}; none of 6 files could be read"]


@pytest.mark.parametrize(("line", "refusal"), CASES.items(), ids=["kms", "denied", "archived"])
def test_one_such_object_is_one_line_and_3_and_the_others_are_in(
    told: Ingest, keys: list[str], tmp_path: Path, line: str, refusal: Refusal
) -> None:
    code, lines = told(objects(refusal, of="file3"))
    assert code == ExitCode.UNREADABLE
    assert lines == [
        f"s3://logs/{keys[3]}: {line}",
        "1 rejected: see `stormtrail sql rejected_records`",
        "1 files not read; the same command tries them again",
    ]
    assert ids(tmp_path) == [record(n)["eventID"] for n in (0, 1, 2, 4, 5)]
    assert told(lambda _: None) == (ExitCode.DONE, [])
    assert len(ids(tmp_path)) == 6


def test_a_prefix_that_may_not_be_listed_is_named(told: Ingest, keys: list[str]) -> None:
    code, lines = told(lambda asked: DENIED if "eu-west-1" in asked.prefix else None)
    assert code == ExitCode.UNREADABLE
    folder = keys[0].partition("2026")[0]
    assert lines == [
        f"error: s3://logs/{folder}: access is denied; allow s3:ListBucket; if the bucket is of "
        "the requester-pays kind, give --requester-pays"
    ]


def test_a_missing_bucket_is_one_line_and_3(told: Ingest, keys: list[str]) -> None:
    code, lines = told(lambda _: None, source="s3://nothing")
    assert code == ExitCode.UNREADABLE
    assert lines == [
        "error: s3://nothing/: no such bucket; check the name and --endpoint-url",
    ]


def test_a_requester_pays_bucket_is_read_where_the_flag_is_given(
    told: Ingest, keys: list[str], tmp_path: Path
) -> None:
    def rule(asked: Asked) -> Refusal | None:
        names = {name.lower(): value for name, value in asked.headers.items()}
        return None if names.get("x-amz-request-payer") == "requester" else DENIED

    code, lines = told(rule)
    assert (code, len(lines)) == (ExitCode.UNREADABLE, 1)
    assert lines[0].endswith("give --requester-pays")
    assert told(rule, "--requester-pays") == (ExitCode.DONE, [])
    assert len(ids(tmp_path)) == 6


def test_throttling_is_tried_again(told: Ingest, keys: list[str], tmp_path: Path) -> None:
    """Of one file: botocore's adaptive mode slows down for seconds after each such answer."""
    refused: list[str] = []

    def rule(asked: Asked) -> Refusal | None:
        if "file2" in asked.key and asked.before < 2:
            refused.append(asked.key)
            return SLOW_DOWN
        return None

    assert told(rule) == (ExitCode.DONE, [])
    assert (len(refused), len(ids(tmp_path))) == (2, 6)


def test_errors_of_the_server_are_tried_again_for_files_and_listings(
    told: Ingest, keys: list[str], tmp_path: Path
) -> None:
    assert told(lambda asked: INTERNAL if asked.before < 4 else None) == (ExitCode.DONE, [])
    assert len(ids(tmp_path)) == 6


def test_a_download_that_breaks_off_is_tried_again(
    told: Ingest, keys: list[str], tmp_path: Path
) -> None:
    assert told(lambda asked: CUT if asked.key and asked.before < 2 else None) == (
        ExitCode.DONE,
        [],
    )
    assert len(ids(tmp_path)) == 6


def test_what_keeps_failing_is_one_line_and_comes_with_the_next_run(
    told: Ingest, keys: list[str], tmp_path: Path
) -> None:
    code, lines = told(objects(INTERNAL, of="file2"))
    assert code == ExitCode.UNREADABLE
    assert lines[0] == f"s3://logs/{keys[2]}: AWS answered InternalError; try again"
    assert len(lines) == 3
    assert told(lambda _: None) == (ExitCode.DONE, [])
    assert len(ids(tmp_path)) == 6


def test_a_file_that_could_not_be_read_is_listed_again_however_old(
    told: Ingest, keys: list[str], s3: S3Server, tmp_path: Path
) -> None:
    for day in range(10, 20):
        put(s3, log_key(f"2026/03/{day}"), [record(day)])
    assert told(objects(KMS, of="file2"))[0] == ExitCode.UNREADABLE
    assert len(ids(tmp_path)) == 15
    assert told(lambda _: None) == (ExitCode.DONE, [])
    assert len(ids(tmp_path)) == 16


def test_a_server_that_is_not_there_is_one_line_and_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], no_waiting: None
) -> None:
    command = ["ingest", "s3://logs", "--endpoint-url", "http://127.0.0.1:9"]
    assert run([*command, "--store", str(tmp_path / "store")]) == ExitCode.UNREADABLE
    assert capsys.readouterr().err == (
        "error: s3://logs/: the server cannot be reached; check --endpoint-url\n"
    )


def test_a_profile_that_is_not_there_is_one_line_and_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ingest", "s3://logs", "--profile", "nobody", "--store", str(tmp_path / "store")]
    assert run(command) == ExitCode.UNREADABLE
    assert capsys.readouterr().err == (
        "error: s3://logs/: no such AWS profile; see the names in ~/.aws/config\n"
    )

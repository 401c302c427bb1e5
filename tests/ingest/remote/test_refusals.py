"""What a store on S3 cannot do is one line, with what and where and what to do, and exit code 3."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.remote.address import Address
from ingest.sources.base import S3Settings
from stormtrail.cli import run
from stormtrail.errors import ExitCode, UsageError
from stormtrail.layout import Layout
from tests.ingest.conftest import S3Server
from tests.ingest.remote.conftest import MakeMachine, check_whole
from tests.ingest.remote.server import Asked, Refusal, Server


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr, without the address of the test's server."""
    found = capsys.readouterr().err
    assert found.count("\n") == 1
    return found.strip()


def refuse(method: str, part: str, refusal: Refusal) -> object:
    def rule(asked: Asked) -> Refusal | None:
        return refusal if asked.method == method and part in asked.key else None

    return rule


@pytest.mark.parametrize(
    ("method", "part", "refusal", "line"),
    [
        ("GET", "list-type", (400, "ExpiredToken"), "the credentials have expired"),
        ("GET", "list-type", (403, "AccessDenied"), "access is denied; allow s3:ListBucket"),
        ("PUT", "probe", (403, "AccessDenied"), "access is denied; allow s3:PutObject"),
        ("PUT", "/events/", (403, "AccessDenied"), "access is denied; allow s3:PutObject"),
        ("PUT", "/log/", (400, "ExpiredToken"), "the credentials have expired"),
        ("PUT", "probe", (501, "NotImplemented"), "the server does not honour If-None-Match"),
    ],
)
def test_an_ingest_that_is_refused_is_one_line_and_3_and_loses_nothing(
    machine: MakeMachine, server: Server, archives: Path, expected: list[dict[str, object]],
    capsys: pytest.CaptureFixture[str], method: str, part: str, refusal: Refusal, line: str,
) -> None:  # fmt: skip
    one = machine("one")
    server.rule = refuse(method, part, refusal)  # type: ignore[assignment]
    assert one.run("ingest", str(archives)) == ExitCode.UNREADABLE
    found = said(capsys)
    assert line in found
    assert found.startswith(f"error: s3://{server.bucket}/team/store")
    server.rule = lambda _asked: None
    assert one.run("ingest", str(archives)) == ExitCode.DONE
    check_whole(one.layout, expected)


@pytest.mark.parametrize("part", ["/log/", "/events/"])
def test_a_reader_that_may_not_fetch_is_one_line_and_3(
    machine: MakeMachine, server: Server, archives: Path,
    capsys: pytest.CaptureFixture[str], part: str,
) -> None:  # fmt: skip
    machine("one").run("ingest", str(archives))
    capsys.readouterr()
    server.rule = lambda asked: (
        (403, "AccessDenied") if asked.method != "PUT" and part in asked.key else None
    )
    reader = machine("reader")
    assert reader.run("sql", "select 1 as one") == ExitCode.UNREADABLE
    assert "access is denied; allow s3:GetObject" in said(capsys)


def test_whoever_may_only_read_reads_and_reports(
    machine: MakeMachine, server: Server, archives: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    machine("one").run("ingest", str(archives))
    server.rule = lambda asked: (403, "AccessDenied") if asked.method != "GET" else None
    reader = machine("reader")
    capsys.readouterr()
    assert reader.run("report", "--out", str(tmp_path / "r.html")) == ExitCode.DONE
    assert "kept on this machine alone" in capsys.readouterr().err
    assert reader.run("sql", "select count(*) as n from events", "--format", "csv") == ExitCode.DONE
    assert capsys.readouterr().out == "n\n600\n"


def test_a_missing_bucket_is_one_line_and_3(
    server: Server, archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"s3://no-such-bucket-here/x?endpoint_url={server.endpoint_url}"
    for command in (["ingest", str(archives)], ["analyze"], ["store", "status"]):
        assert run([*command, "--store", store]) == ExitCode.UNREADABLE
        assert said(capsys).startswith(
            "error: s3://no-such-bucket-here/x/checkpoints/: no such bucket"
        )


def test_a_store_that_nobody_wrote_yet_is_one_line_and_3(
    machine: MakeMachine, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine("one").run("analyze") == ExitCode.UNREADABLE
    assert "there is no store here; run `stormtrail ingest SOURCE" in said(capsys)


def test_a_server_that_is_not_there_is_one_line_and_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = "s3://bucket/x?endpoint_url=http://127.0.0.1:9"
    assert run(["analyze", "--store", store]) == ExitCode.UNREADABLE
    assert "the server cannot be reached; check --endpoint-url" in said(capsys)


def test_a_server_that_ignores_the_condition_is_refused(
    machine: MakeMachine, server: Server, archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.honest = False
    assert machine("one").run("ingest", str(archives)) == ExitCode.UNREADABLE
    assert "the server does not honour If-None-Match" in said(capsys)
    assert [key for key in server.all_keys() if "/log/" in key] == []


def test_rclone_ignores_the_condition_and_is_refused(
    s3: S3Server, archives: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (s3.folder / "team").mkdir()
    store = f"s3://team/store?endpoint_url={s3.endpoint_url}"
    assert run(["ingest", str(archives), "--store", store]) == ExitCode.UNREADABLE
    assert "the server does not honour If-None-Match" in said(capsys)


def test_an_event_file_that_is_not_as_it_was_written_is_refused(
    machine: MakeMachine, server: Server, archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine("one").run("ingest", str(archives))
    name = next(key for key in server.all_keys() if "/events/" in key)
    server.client().put_object(Bucket=server.bucket, Key=name, Body=b"something else")
    capsys.readouterr()
    assert machine("two").run("analyze") == ExitCode.UNREADABLE
    assert f"{name}: an event file is not as it was written" in said(capsys)
    server.client().delete_object(Bucket=server.bucket, Key=name)
    assert machine("three").run("analyze") == ExitCode.UNREADABLE
    assert f"{name}: no such object" in said(capsys)


def test_a_commit_that_is_missing_is_refused(
    machine: MakeMachine, server: Server, archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("one", "two"):
        machine("one").run("ingest", str(archives / part))
    name = "team/store/log/0000000001.json.gz"
    server.client().delete_object(Bucket=server.bucket, Key=name)
    capsys.readouterr()
    assert machine("two").run("analyze") == ExitCode.UNREADABLE
    assert f"{name}: a commit of the log is missing" in said(capsys)


def test_a_commit_cannot_write_outside_of_the_mirror(
    machine: MakeMachine, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    import gzip

    evil = b'{"schema":"stormtrail.commit/1","id":"1","at":"","by":"","documents":{"../../x.json":"1"}}'
    key = "team/store/log/0000000001.json.gz"
    server.client().put_object(Bucket=server.bucket, Key=key, Body=gzip.compress(evil))
    assert machine("one").run("analyze") == ExitCode.UNREADABLE
    assert "names a path that is none of a store's: '../../x.json'" in said(capsys)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("s3://", "is no store on S3"),
        ("s3://bucket?proifle=x", "no such option of a store: proifle"),
    ],
)
def test_an_address_that_is_none_is_a_usage_error(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Address.parse(text)


def test_an_address_says_how_to_reach_its_server_and_falls_back_on_the_settings() -> None:
    defaults = S3Settings("http://archive", "audit")
    found = Address.parse("s3://b/p/q/?region=eu-west-1&endpoint_url=&role_arn=arn:x", defaults)
    assert found == Address("b", "p/q", S3Settings(None, "audit", "arn:x", region="eu-west-1"))
    assert (found.uri, found.key("log/1")) == ("s3://b/p/q", "p/q/log/1")


def test_stores_of_one_bucket_have_mirrors_of_their_own() -> None:
    texts = ["s3://b", "s3://b/p", "s3://b/p?endpoint_url=http://x", "s3://b-p"]
    assert len({Address.parse(text).folder for text in texts}) == len(texts)


def test_a_mirror_folder_opened_as_a_store_is_the_same_store(
    machine: MakeMachine, server: Server, archives: Path, expected: list[dict[str, object]]
) -> None:
    one = machine("one")
    one.run("ingest", str(archives / "one"))
    folder: Layout = one.layout
    assert run(["ingest", str(archives), "--store", str(folder.root)]) == ExitCode.DONE
    check_whole(machine("two").layout, expected)

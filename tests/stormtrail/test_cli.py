from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stormtrail.cli import app, run
from stormtrail.errors import ExitCode
from tests.stormtrail.stores import store_of

RECORD = {
    "eventVersion": "1.08",
    "eventID": "e-1",
    "eventTime": "2026-01-01T10:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "ListBuckets",
    "awsRegion": "eu-west-1",
    "recipientAccountId": "111111111111",
    "userAgent": "\x1b]0;owned\x07\x1b[31m=cmd|' /C calc'!A0\u202e",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/dana"},
}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    records = [RECORD, RECORD, {**RECORD, "eventID": "e-2"}, "no record"]
    (folder / "a.json.gz").write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return folder


def verbs() -> list[str]:
    return [command.name or "" for command in app.registered_commands]


def groups() -> list[str]:
    return [group.name or "" for group in app.registered_groups]


def test_the_promised_verbs_are_there() -> None:
    promised = {"demo", "ingest", "analyze", "report", "schedule", "sql", "dashboard", "simulate"}
    assert set(verbs()) >= promised


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert "Example: stormtrail " in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-verb"], "error: No such command 'no-such-verb'"),
        (["ingest"], "error: Missing argument 'SOURCE...'"),
        (["analyze", "--format", "xml"], "error: --format: 'xml' is not known"),
        (
            ["analyze", "--fail-on", "sustaned"],
            "error: --fail-on: 'sustaned' is not known; did you",
        ),
        (["analyze", "--since", "yesterday"], "error: Invalid value for '--since'"),
        (["report", "--format", "pdf"], "error: --format: 'pdf' is not known"),
        (["sql"], "error: give SQL, a saved query's name, or --file"),
        (
            ["sql", "first_and_last_rnu"],
            "error: no saved query is called 'first_and_last_rnu'; did",
        ),
        (["sql", "select 1", "--param", "x"], "error: --param: 'x' is not k=v"),
        (["simulate"], "error: --kind and --out are needed"),
        (["simulate", "--kind", "none", "--out", "x"], "error: no kind of simulation is called"),
    ],
)
def test_a_misused_verb_ends_with_2_and_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(says)
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("verb", ["analyze", "report"])
def test_a_store_that_is_not_there_ends_with_3(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--store", "nowhere"]) == ExitCode.UNREADABLE
    assert capsys.readouterr().err == (
        "error: nowhere: there is no store here; run `stormtrail ingest SOURCE --store …` first\n"
    )


def test_a_source_that_is_not_there_ends_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ingest", "nothing-here"]) == ExitCode.UNREADABLE
    assert capsys.readouterr().err.startswith("error: nothing-here: ")


def test_ingest_prints_its_summary_as_json_and_nothing_else(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest", str(archive), "--json"]) == ExitCode.DONE
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "files", "records", "inserted", "duplicates", "rejected", "seconds", "bytes",
    }  # fmt: skip
    counts = [found[name] for name in ("files", "records", "inserted", "duplicates", "rejected")]
    assert counts == [1, 4, 2, 1, 1]


def test_a_second_ingest_inserts_nothing(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["ingest", str(archive)])
    capsys.readouterr()
    assert run(["ingest", str(archive), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["inserted"] == 0


def test_strict_ends_with_4_where_something_was_rejected(archive: Path) -> None:
    assert run(["ingest", str(archive), "--strict"]) == ExitCode.REJECTED


def test_what_was_rejected_is_told_by_a_saved_query(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["ingest", str(archive)])
    capsys.readouterr()
    assert run(["sql", "rejected_records", "--format", "json"]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)
    assert [(row["records"], row["first_record_index"]) for row in rows] == [(1, 3)]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_sql_prints_hostile_text_harmlessly(
    form: str, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["ingest", str(archive)])
    capsys.readouterr()
    sql = "select user_agent from events where event_id = 'e-1'"
    assert run(["sql", sql, "--format", form]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    if form == "csv":
        assert out == "user_agent\n'=cmd|' /C calc'!A0\n"


def test_sql_writes_parquet_with_every_value_as_it_is(archive: Path, tmp_path: Path) -> None:
    run(["ingest", str(archive)])
    out = tmp_path / "answer.parquet"
    sql = "select user_agent from events where event_id = 'e-1'"
    assert run(["sql", sql, "--format", "parquet", "--out", str(out)]) == ExitCode.DONE
    assert pq.read_table(out).to_pylist() == [{"user_agent": RECORD["userAgent"]}]


def test_sql_from_a_file_with_parameters(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["ingest", str(archive)])
    capsys.readouterr()
    file = tmp_path / "q.sql"
    file.write_text("select count(*) as entries from events where event_name = $name")
    arguments = ["sql", "--file", str(file), "--param", "name=ListBuckets", "--format", "csv"]
    assert run(arguments) == ExitCode.DONE
    assert capsys.readouterr().out == "entries\n2\n"


def test_sql_that_would_write_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_of(tmp_path / "stormtrail-store", [{"event_id": "e-1"}])
    assert run(["sql", "drop view events"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: SQL: a statement of type DROP is not allowed")


def test_sql_list_names_every_saved_query(capsys: pytest.CaptureFixture[str]) -> None:
    from queries import saved

    assert run(["sql", "--list"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert [name for name in saved.names() if name not in out] == []


def test_settings_of_the_folder_are_used(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stormtrail.toml").write_text('store = "elsewhere"\n[sql]\nrows = 1\n')
    run(["ingest", str(archive)])
    assert (tmp_path / "elsewhere" / "ledger.sqlite").exists()
    capsys.readouterr()
    assert run(["sql", "select event_id from events"]) == ExitCode.USAGE
    assert "more than 1 rows" in capsys.readouterr().err


def test_a_wrong_setting_of_the_analysis_is_named(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stormtrail.toml").write_text("[analysis]\nmin_bach = 5\n")
    run(["ingest", str(archive)])
    capsys.readouterr()
    assert run(["analyze"]) == ExitCode.USAGE
    assert capsys.readouterr().err == (
        "error: no such setting: analysis.min_bach; did you mean min_batch?\n"
    )


def test_a_reader_that_leaves_early_is_no_error(archive: Path) -> None:
    run(["ingest", str(archive)])
    command = [sys.executable, "-m", "stormtrail.cli", "sql", "select i from range(20000) t(i)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr is not None
        assert child.stderr.read() == b""
        assert child.wait() == ExitCode.DONE


def test_help_is_there_without_loading_the_engine() -> None:
    code = (
        "import sys; from stormtrail.cli import run; run(['--help'])\n"
        "assert not {'duckdb', 'pyarrow', 'sklearn', 'streamlit', 'boto3'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=os.environ)
    assert done.stderr == b""
    assert done.returncode == 0

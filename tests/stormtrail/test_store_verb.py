from __future__ import annotations

import json
from pathlib import Path

import pytest

from stormtrail.cli import run
from stormtrail.errors import ExitCode
from tests.stormtrail.test_cli import RECORD


@pytest.fixture(autouse=True)
def a_store_of_two_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, day in enumerate(("2026-01-01", "2026-01-02", "2026-01-02")):
        record = {**RECORD, "eventID": f"e-{number}", "eventTime": f"{day}T10:00:00Z"}
        Path(f"{number}.json").write_text(json.dumps(record))
        assert run(["ingest", f"{number}.json"]) == ExitCode.DONE
    capsys.readouterr()


def status(capsys: pytest.CaptureFixture[str]) -> tuple[int, int, int]:
    assert run(["store", "status", "--json"]) == ExitCode.DONE
    found = json.loads(capsys.readouterr().out)
    return found["rows"], found["days"], found["event_files"]


def test_status_says_what_is_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(capsys) == (3, 2, 3)


def test_compact_joins_files_and_sql_still_sees_every_entry(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["store", "compact"]) == ExitCode.DONE
    assert capsys.readouterr().out == "3 files before, 2 after\n"
    assert status(capsys) == (3, 2, 2)
    run(["sql", "select count(*) as entries from events", "--format", "csv"])
    assert capsys.readouterr().out == "entries\n3\n"


def test_drop_before_removes_days_that_are_not_loaded_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["store", "drop-before", "2026-01-02"]) == ExitCode.DONE
    assert capsys.readouterr().out == "3 files before, 2 after, 1 entries removed\n"
    run(["ingest", "0.json"])
    capsys.readouterr()
    assert status(capsys) == (2, 1, 2)


def test_a_day_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "drop-before", "January"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: Invalid value for 'DAY'")


def test_no_store_is_unreadable() -> None:
    assert run(["store", "compact", "--store", "nowhere"]) == ExitCode.UNREADABLE

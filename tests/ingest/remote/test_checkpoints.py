"""A new mirror begins at the last checkpoint, and is as if it had read every commit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.remote import checkpoints
from ingest.remote.cleanup import clean
from ingest.remote.places import mirror_at
from stormtrail.errors import ExitCode
from tests.ingest.remote.conftest import MakeMachine, check_whole
from tests.ingest.remote.server import Server
from tests.ingest.remote.test_writers import ledger_of

PARTS = ("one", "both", "two")


@pytest.fixture(autouse=True)
def every_fourth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 4)


@pytest.fixture
def filled(machine: MakeMachine, archives: Path, tmp_path: Path) -> MakeMachine:
    """Links and three ingests make four commits and a checkpoint; a compaction of three days three more."""
    one = machine("one")
    (tmp_path / "links.json").write_text('{"links": []}')
    assert one.run("topology", "add", str(tmp_path / "links.json")) == ExitCode.DONE
    for part in PARTS:
        assert one.run("ingest", str(archives / part)) == ExitCode.DONE
    assert one.run("store", "compact") == ExitCode.DONE
    return machine


def commits_read(server: Server) -> list[str]:
    keys = [asked.key for asked in server.asked if asked.method == "GET" and "log/0" in asked.key]
    return sorted({key[-10:-8] for key in keys})


def test_a_new_mirror_reads_the_commits_after_the_checkpoint_alone(
    filled: MakeMachine, server: Server, expected: list[dict[str, Any]]
) -> None:
    one = filled("one").layout
    server.asked.clear()
    late = filled("late").layout
    assert commits_read(server) == ["05", "06", "07"]
    check_whole(late, expected)
    assert ledger_of(late) == ledger_of(one)
    assert [path.name for path in late.topology.iterdir()] == ["added-links.json"]


def test_files_that_were_replaced_after_the_checkpoint_and_deleted_are_not_missed(
    filled: MakeMachine, expected: list[dict[str, Any]]
) -> None:
    later = datetime.now(UTC) + timedelta(hours=25)
    assert clean(mirror_at(filled("one").layout), later, timedelta(hours=24)) == 9
    check_whole(filled("late").layout, expected)


def test_a_start_from_a_checkpoint_that_broke_off_goes_on(
    filled: MakeMachine, server: Server, archives: Path, expected: list[dict[str, Any]]
) -> None:
    late = filled("late")
    server.rule = lambda asked: (403, "AccessDenied") if "/events/" in asked.key else None
    assert late.run("store", "status") == ExitCode.UNREADABLE
    server.rule = lambda _asked: None
    check_whole(late.layout, expected)
    assert late.run("ingest", *(str(archives / part) for part in PARTS)) == ExitCode.DONE
    check_whole(filled("one").layout, expected)


def test_a_damaged_checkpoint_is_one_line_and_3(
    filled: MakeMachine, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "team/store/checkpoints/0000000004.sqlite.gz"
    server.client().put_object(Bucket=server.bucket, Key=key, Body=b"no checkpoint")
    capsys.readouterr()
    assert filled("late").run("store", "status") == ExitCode.UNREADABLE
    found = capsys.readouterr().err
    assert (found.count("\n"), f"{key}: is no checkpoint" in found) == (1, True)
    assert "delete it: the log holds all" in found
    server.client().delete_object(Bucket=server.bucket, Key=key)
    assert filled("late").run("store", "status") == ExitCode.DONE

"""The ingest verb against a real S3 server, and following a folder that grows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stormtrail.cli import run
from stormtrail.errors import ExitCode
from tests.ingest.conftest import S3Server, aws_environment, forget_clients, s3
from tests.interrupt import heeding, interrupt
from tests.stormtrail.test_cli import RECORD

__all__ = ["aws_environment", "s3"]  # fixtures


def test_following_loads_what_comes_and_ends_on_interrupt(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.json").write_text(json.dumps(RECORD))
    command = [
        sys.executable, "-m", "stormtrail.cli",
        "ingest", "logs", "--follow", "--every", "1", "--json",
    ]  # fmt: skip
    with subprocess.Popen(
        heeding(command), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["inserted"] == 1
        (logs / "b.json").write_text(json.dumps({**RECORD, "eventID": "e-2"}))
        assert json.loads(child.stdout.readline())["inserted"] == 1
        _, err = interrupt(child)
    assert child.returncode == ExitCode.INTERRUPTED
    assert err == ("interrupted; nothing is lost, the same command goes on from here\n")


def test_a_bad_setting_ends_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stormtrail.toml").write_text("strict = 7\n")
    assert run(["ingest", "."]) == ExitCode.USAGE
    assert not (tmp_path / "stormtrail-store").exists()


def test_wrong_keys_are_one_line_and_3(
    s3: S3Server,
    aws_environment: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    (s3.folder / "trail").mkdir()
    (s3.folder / "trail" / "a.json").write_text(json.dumps(RECORD))
    command = ["ingest", "s3://trail", "--endpoint-url", s3.endpoint_url, "--json"]
    assert run(command) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["inserted"] == 1
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    forget_clients()
    assert run(command) == ExitCode.UNREADABLE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: s3://trail")
    assert shown.err.count("\n") == 1

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stormtrail.cli import run
from stormtrail.errors import ExitCode
from tests.stormtrail.test_cli import RECORD


@pytest.fixture(autouse=True)
def in_a_folder_with_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs.json").write_text(json.dumps(RECORD))


def test_once_loads_reports_and_delivers(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["schedule", "logs.json", "--once", "--deliver", "out", "--format", "json"]
    assert run(command) == ExitCode.DONE
    (document,) = Path("out").iterdir()
    assert json.loads(document.read_text())["entries"]["total"] == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1].endswith("delivered to out (try 1)")


def test_a_delivery_that_fails_for_good_ends_with_3() -> None:
    Path("taken").write_text("")
    command = ["schedule", "--once", "--deliver", "s3://b", "--deliver", "out", "logs.json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
        patch.delenv("AWS_ACCESS_KEY_ID", raising=False)
        assert run(command) == ExitCode.UNREADABLE
    assert len(list(Path("out").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--deliver", "out"], "error: give --cron or --once; like"),
        (["--once"], "error: nobody to deliver to; add --deliver ./reports"),
        (["--once", "--cron", "@daily", "--deliver", "out"], "error: give --cron or --once"),
        (["--cron", "0 7 * *", "--deliver", "out"], "error: --cron: '0 7 * *' is no cron"),
        (["--once", "--deliver", "ftp://x"], "error: --deliver: ftp is no known target"),
        (["--once", "--deliver", "out", "--format", "pdf"], "error: --format: 'pdf' is not known"),
    ],
)
def test_a_misused_schedule_ends_with_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schedule", *arguments]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith(says)


def test_a_webhook_in_the_settings_is_not_repeated_in_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("stormtrail.toml").write_text('deliver = ["http://example.com/hunter2"]\n')
    assert run(["schedule", "--once"]) == ExitCode.USAGE
    assert "hunter2" not in capsys.readouterr().err

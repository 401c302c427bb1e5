"""`stormtrail verify`, as it is run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.integrity import Code
from stormtrail.cli import main
from tests.ingest.integrity.archives import clean_archive, digest_key, log_key


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["verify", *arguments])
    return int(ended.value.code or 0)


def test_a_clean_archive_ends_with_zero_and_a_summary(
    tmp_path: Path, key_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    clean_archive(2).put(tmp_path / "bucket")
    code = _run(str(tmp_path / "bucket"), "--public-keys", str(key_file()))
    assert (code, capsys.readouterr()) == (
        0,
        (
            "log files: 6 proven, 0 unproven, 0 tampered\n"
            "digests: 2 of 2 proven\n"
            "covered: 2026-03-01T00:00:00Z to 2026-03-01T02:00:00Z\n"
            "problems: 0\n",
            "",
        ),
    )


def test_a_changed_file_ends_with_one_and_json_names_it(
    tmp_path: Path, key_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    archive = clean_archive(1, files_an_hour=2)
    archive.objects[log_key(0, 1)] = b'{"Records": []}'
    archive.put(tmp_path / "bucket")
    code = _run(str(tmp_path / "bucket"), "--public-keys", str(key_file()), "--format", "json")
    base = f"file://{tmp_path}/bucket"
    expected = {
        "schema": "stormtrail.integrity/1",
        "clean": False,
        "window": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-01T01:00:00Z"},
        "digests": {"total": 1, "proven": 1},
        "logs": {"proven": 1, "unproven": 0, "tampered": 1},
        "problems": [
            {
                "code": "log_changed",
                "uri": f"{base}/{log_key(0, 1)}",
                "message": f"its content is not the one whose hash {base}/{digest_key(0)} states",
            }
        ],
        "notices": [],
        "files": {
            f"{base}/{log_key(0, 0)}": "proven",
            f"{base}/{log_key(0, 1)}": "tampered",
        },
    }
    assert (code, json.loads(capsys.readouterr().out)) == (1, expected)


def test_a_format_that_is_not_known_ends_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(tmp_path), "--format", "xml") == 2
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_not_there_ends_with_three(
    tmp_path: Path, key_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(tmp_path / "none"), "--public-keys", str(key_file())) == 3
    seen = capsys.readouterr()
    assert (seen.out, seen.err.count("\n")) == ("", 1)
    assert "no such folder" in seen.err


def test_the_documentation_names_every_code() -> None:
    text = (Path(__file__).parents[3] / "docs" / "integrity.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"`{code}`" not in text] == []

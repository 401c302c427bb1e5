"""The first command a new user runs, and that README shows what it prints."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from stormtrail.cli import run
from stormtrail.errors import ExitCode

README = Path(__file__).parents[2] / "README.md"


@dataclass(frozen=True)
class Demo:
    folder: Path
    out: str
    err: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("demo"))
        out, err = _captured(["demo"])
        return Demo(Path.cwd() / "stormtrail-demo", out, err)


def _captured(arguments: list[str]) -> tuple[str, str]:
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert run(arguments) == ExitCode.DONE
    return out.getvalue(), err.getvalue()


@pytest.mark.slow
def test_readme_shows_what_the_demo_prints(demo: Demo) -> None:
    shown = re.search(r"`make demo` prints\n\n```\n(.*?)```", README.read_text(), re.S)
    assert shown is not None
    assert _timeless(shown.group(1)) == _timeless(demo.err + demo.out)


def _timeless(text: str) -> list[str]:
    return [re.sub(r"\(\d+\.\d s\)", "(some s)", line) for line in text.splitlines()]


@pytest.mark.slow
def test_the_demo_finds_the_storm_that_it_made(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = json.loads((demo.folder / "truth.json").read_text())
    run(["analyze", "--store", str(demo.folder / "store"), "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["entries"]["total"] == truth["entries"]
    assert found["entries"]["second_order"] == pytest.approx(
        truth["second_order_entries"], rel=0.02
    )
    (loop,), (true_loop,) = found["loops"], truth["loops"]
    assert loop["functions"] == true_loop["functions"]
    assert loop["cause"]["event_id"] == true_loop["cause_event_id"]
    (source,) = [item for item in found["sources"] if item["loop"]]
    (true_source,) = [item for item in truth["sources"] if item["arn"] == source["arn"]]
    assert source["s"] == pytest.approx(true_source["s"], rel=0.1)


@pytest.mark.slow
def test_the_demo_leaves_archive_store_and_report(demo: Demo) -> None:
    names = {path.name for path in demo.folder.iterdir()}
    assert names >= {"archive", "store", "report.html", "truth.json"}
    assert "storm begins" in (demo.folder / "report.html").read_text()


def test_the_demo_never_removes_a_folder_that_it_did_not_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    assert run(["demo", "--out", "precious"]) == ExitCode.USAGE
    assert (tmp_path / "precious" / "file").read_text() == "mine"
    assert capsys.readouterr().err == (
        "error: precious: exists and is no demo of ours; choose --out\n"
    )

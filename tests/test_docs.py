"""The documentation is tested: commands, links, tables, examples."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from analytics.analysis import analyze
from queries import saved
from stormtrail.cli import app, run
from stormtrail.dictionary import dictionary
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from stormtrail.settings import Settings
from tests.stormtrail.test_cli import RECORD

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
OWN = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("usage", "sql", "reports", "schedules")),
]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def commands(page: Path) -> list[list[str]]:
    """Every `stormtrail …` line of the page's shell blocks, in words."""
    lines = [
        line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()
    ]
    words = [shlex.split(line, comments=True) for line in lines if line.startswith("stormtrail ")]
    assert all(words)
    return words


EVERY_COMMAND = [
    pytest.param(words, id=" ".join(words)[:60]) for page in PAGES for words in commands(page)
]


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_every_command_in_the_pages_can_be_parsed(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    with command.make_context("stormtrail", words[1:]) as context:
        name, found, rest = command.resolve_command(
            context, list(context._protected_args) + context.args
        )
    while hasattr(found, "commands"):
        name, *rest = rest
        found = found.commands[name]
    found.make_context(name, rest).close()


def test_the_pages_hold_commands() -> None:
    assert len(EVERY_COMMAND) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    targets = re.findall(r"\]\(([^)#]+)", text)
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert missing == []


def test_every_saved_question_is_in_the_page_as_it_is_asked() -> None:
    text = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| `?(.*?)`? \|$", text, re.M)
    assert rows == [(q.name, q.question, q.parameters.replace("none", "")) for q in saved.every()]


def test_the_data_dictionary_is_what_a_store_has(tmp_path: Path) -> None:
    logs = tmp_path / "logs.json.gz"
    logs.write_bytes(gzip.compress(json.dumps({"Records": [RECORD]}).encode()))
    store = tmp_path / "store"
    assert run(["ingest", str(logs), "--store", str(store)]) == ExitCode.DONE
    assert run(["analyze", "--store", str(store)]) == ExitCode.DONE
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == dictionary(Layout(store))
    assert "|  |" not in written
    assert analyze(Layout(store)).entries.total == 1


def test_every_setting_is_in_the_page() -> None:
    text = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`{name}" not in text] == []


def test_the_example_of_a_settings_file_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = blocks(ROOT / "docs" / "usage.md", "toml")
    monkeypatch.chdir(tmp_path)
    Path("stormtrail.toml").write_text(example, encoding="utf-8")
    from stormtrail.settings import load
    from stormtrail.verbs._common import analysis_options

    found = load()
    given = tomllib.loads(example)
    assert found.store == Path(given["store"])
    assert analysis_options(found).min_batch == given["analysis"]["min_batch"]


def test_the_python_example_runs_on_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs.json").write_text(json.dumps(RECORD))
    run(["ingest", "logs.json"])
    capsys.readouterr()
    (example,) = blocks(ROOT / "docs" / "sql.md", "python")
    exec(compile(example, "docs/sql.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "[(1,)]\n"

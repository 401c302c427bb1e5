"""Following an archive finds what arrives, and outlives a source that is away for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.follow import follow
from ingest.pipeline import Progress
from stormtrail.errors import AccessError
from stormtrail.layout import Layout
from tests.ingest.conftest import record


def steps(*actions: Callable[[], object]) -> Callable[[], bool]:
    """A wait in which each action happens in turn, and after the last the end."""
    left = list(actions)

    def wait() -> bool:
        if left:
            left.pop(0)()
            return True
        return False

    return wait


def arrive(folder: Path, number: int) -> Callable[[], object]:
    content = json.dumps({"Records": [record(number)]})
    return lambda: (folder / f"{number}.json").write_text(content)


def test_what_arrives_is_found_at_the_next_look(tmp_path: Path, layout: Layout) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    wait = steps(arrive(folder, 1), lambda: None, arrive(folder, 2))
    found = [summary.inserted for summary in follow([str(folder)], layout, wait)]
    assert found == [0, 1, 0, 1]


def test_a_source_that_is_away_is_tried_again(tmp_path: Path, layout: Layout) -> None:
    folder = tmp_path / "in"
    notes: list[str | None] = []

    def come() -> None:
        folder.mkdir()
        arrive(folder, 1)()

    wait = steps(come)
    looks = follow([str(folder)], layout, wait, progress=lambda p: notes.append(p.note))
    assert [summary.inserted for summary in looks] == [1]
    assert notes[0] is not None
    assert notes[0].endswith(
        "no such file or folder; give a folder, a file or s3://bucket/prefix; trying again"
    )


def test_refused_credentials_end_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    seen: list[Progress] = []
    with pytest.raises(AccessError, match="no AWS credentials were found"):
        list(follow(["s3://logs"], layout, steps(), progress=seen.append))
    assert seen == []

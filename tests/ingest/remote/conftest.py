"""What the tests of shared stores share: a server with conditional puts, and machines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest
from ingest.restore import restore
from stormtrail.cli import run
from stormtrail.layout import Layout
from stormtrail.settings import load
from tests.ingest.conftest import record, rows_of
from tests.ingest.remote.server import Server, running
from tests.once import once

FILES, EACH = 24, 25
_buckets = count(1)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with an empty bucket of its own."""
    with running(f"shared-store-{next(_buckets)}") as found:
        yield found


@dataclass(frozen=True)
class Machine:
    """A machine of a team: a cache folder of its own, and the store that all share."""

    cache: Path
    store: str
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str) -> int:
        """A verb on the store, in this process; its exit code."""
        self.monkeypatch.setenv("XDG_CACHE_HOME", str(self.cache))
        return run([*arguments, "--store", self.store])

    def ingesting(self, *arguments: str) -> subprocess.Popen[str]:
        """An ingest in a process of its own: archives, and `--die STEP NUMBER`."""
        self.monkeypatch.setenv("XDG_CACHE_HOME", str(self.cache))
        command = [sys.executable, "-m", "tests.ingest.remote.machine", self.store, *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @property
    def layout(self) -> Layout:
        """The places of the mirror, brought up to date."""
        self.monkeypatch.setenv("XDG_CACHE_HOME", str(self.cache))
        return load(store=self.store).layout


MakeMachine = Callable[[str], Machine]


@pytest.fixture
def machine(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeMachine:
    """Makes a machine by its name."""
    return lambda name: Machine(tmp_path / name, server.store, monkeypatch)


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files over three days in `one/`, `both/` and `two/`; each repeats five records of the one before."""
    return once(tmp_path_factory, "archives", _archives)


def _archives(folder: Path) -> Path:
    for file in range(FILES):
        numbers = range(max(0, file * EACH - 5), (file + 1) * EACH)
        part = folder / ("one", "both", "two")[file % 3]
        part.mkdir(exist_ok=True)
        records = [_entry(number) for number in numbers]
        (part / f"{file:02}.json").write_text(json.dumps({"Records": records}))
    return folder


def _entry(number: int) -> dict[str, Any]:
    found = record(number * 200, userAgent=f"agent {number}")
    return {**found, "eventTime": found["eventTime"].replace("03-01", f"03-0{1 + number % 3}")}


def contents(layout: Layout) -> list[dict[str, Any]]:
    """Every record of the store, in an order of its own."""
    return sorted(map(restore, rows_of(layout)), key=lambda found: str(found["eventID"]))


@pytest.fixture(scope="session")
def expected(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a local store that was filled in peace holds."""

    def peace(folder: Path) -> list[dict[str, Any]]:
        ingest([str(archives)], Layout(folder))
        return contents(Layout(folder))

    return once(tmp_path_factory, "archives-in-peace", peace)


def check_whole(layout: Layout, expected: list[dict[str, Any]]) -> None:
    """All is there once, each source too; and on disk is what the ledger says."""
    assert len(expected) == FILES * EACH
    assert contents(layout) == expected
    on_disk = {str(path.relative_to(layout.root)) for path in layout.events.rglob("*.parquet")}
    assert on_disk == {file.path for file in layout.committed_files()}
    assert list((layout.root / "arriving").iterdir()) == []
    sources = layout.ledger_table("sources", "id, uri, inserted, records, duplicates").to_pylist()
    assert len({row["uri"] for row in sources}) == len({row["id"] for row in sources}) == FILES
    assert sum(row["inserted"] for row in sources) == FILES * EACH
    assert all(row["records"] == row["inserted"] + row["duplicates"] for row in sources)
    per_source = {row["id"]: row["inserted"] for row in sources if row["inserted"]}
    rows = [row["source_id"] for row in rows_of(layout)]
    assert per_source == {source: rows.count(source) for source in set(rows)}

"""Killed, out of space, or twice at once: nothing is lost and nothing is counted twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGALRM, SIGKILL
from typing import Any

import duckdb
import numpy as np
import pytest

from ingest.pipeline import IngestOptions, ingest
from ingest.restore import restore
from stormtrail.cli import run as cli
from stormtrail.errors import ExitCode, StoreError
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of

FILES, EACH = 40, 25


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty files over three days; each repeats five records of the one before."""
    folder = tmp_path_factory.mktemp("archive")
    for file in range(FILES):
        numbers = range(max(0, file * EACH - 5), (file + 1) * EACH)
        records = [record(n * 200, userAgent=f"agent {n}") for n in numbers]
        day = [
            {**r, "eventTime": r["eventTime"].replace("03-01", f"03-0{1 + n % 3}")}
            for n, r in zip(numbers, records, strict=True)
        ]
        (folder / f"{file:02}.json").write_text(json.dumps({"Records": day}))
    return folder


def run(archive: Path, store: Path, *fault: str, workers: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.ingest.killed", str(archive), str(store), str(workers)]
    return subprocess.Popen([*command, *fault], stdout=subprocess.PIPE, text=True)


def killed(archive: Path, store: Path, *fault: str, workers: int = 0) -> int:
    """Runs an ingest that is killed, and gives the number of the signal (0: it was quicker)."""
    with run(archive, store, *fault, workers=workers) as process:
        return -process.wait()


def contents(layout: Layout) -> list[dict[str, Any]]:
    """Every record of the store, in an order of its own."""
    return sorted(map(restore, rows_of(layout)), key=lambda found: str(found["eventID"]))


@pytest.fixture(scope="module")
def expected(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a store that was filled in peace holds."""
    layout = Layout(tmp_path_factory.mktemp("peace"))
    ingest([str(archive)], layout)
    return contents(layout)


def check_whole(archive: Path, layout: Layout, expected: list[dict[str, Any]]) -> None:
    """One more ingest in peace completes the store, and leaves nothing behind."""
    ingest([str(archive)], layout)
    assert len(expected) == FILES * EACH
    assert contents(layout) == expected
    assert list(layout.staging.iterdir()) == []
    on_disk = {str(path.relative_to(layout.root)) for path in layout.events.rglob("*.parquet")}
    assert on_disk == {file.path for file in layout.committed_files()}


@pytest.mark.parametrize("step", ["parquet", "ledger", "move", "recover"])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_kill_at_any_step_of_a_commit_loses_nothing(
    archive: Path, layout: Layout, step: str, number: int, expected: list[dict[str, Any]]
) -> None:
    signal = killed(archive, layout.root, step, str(number))
    assert signal == SIGKILL or (step, number) == ("recover", 5)
    check_whole(archive, layout, expected)


@pytest.mark.slow
def test_kills_at_twenty_random_moments_lose_nothing(
    archive: Path, tmp_path: Path, expected: list[dict[str, Any]]
) -> None:
    moments = np.random.default_rng(20260301).uniform(0.001, 0.4, 20)
    ended = []
    for number, moment in enumerate(moments.tolist()):
        layout = Layout(tmp_path / f"store{number}")
        workers = 2 * (number % 2)
        ended.append(killed(archive, layout.root, "after", str(moment), workers=workers))
        check_whole(archive, layout, expected)
    assert set(ended) <= {0, SIGALRM}
    assert ended.count(SIGALRM) > 10


def test_a_committed_batch_is_there_after_a_kill(archive: Path, layout: Layout) -> None:
    killed(archive, layout.root, "ledger", "4")
    committed = len(contents(layout))
    assert 0 < committed < FILES * EACH
    assert ingest([str(archive)], layout).inserted == FILES * EACH - committed


def test_two_ingests_at_once_count_nothing_twice(
    archive: Path, layout: Layout, expected: list[dict[str, Any]]
) -> None:
    with run(archive, layout.root) as one, run(archive, layout.root) as other:
        inserted = [int(one.communicate()[0]), int(other.communicate()[0])]
    assert sorted(inserted) == [0, FILES * EACH]
    check_whole(archive, layout, expected)


def test_a_reader_sees_a_whole_store_while_it_is_written(archive: Path, layout: Layout) -> None:
    seen: list[int] = []
    options = IngestOptions(workers=0, batch_bytes=20_000)
    ingest([str(archive)], layout, options, lambda _: seen.append(len(contents(layout))))
    assert seen == sorted(seen)
    assert seen[-1] == FILES * EACH
    assert len(set(seen)) > 5


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB; skips where this user may not mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_full_disk_stops_with_one_line_and_loses_nothing(
    archive: Path, small_disk: Path, expected: list[dict[str, Any]], workers: int
) -> None:
    layout = Layout(small_disk / "store")
    options = IngestOptions(workers=workers, batch_bytes=20_000)
    with pytest.raises(StoreError) as caught:
        ingest([str(archive)], layout, options)
    assert "\n" not in caught.value.line()
    assert str(layout.root) in caught.value.line()
    resize(small_disk, "50m")
    check_whole(archive, layout, expected)


def test_a_disk_without_room_for_the_database_publishes_no_part_of_it(
    archive: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resize(small_disk, "600k")
    store = small_disk / "store"
    assert cli(["ingest", str(archive), "--store", str(store)]) == ExitCode.UNREADABLE
    said = capsys.readouterr().err
    assert (said.count("\n"), "cannot publish the database" in said) == (1, True)
    assert list(store.glob("stormtrail.*")) == []
    resize(small_disk, "50m")
    assert cli(["ingest", str(archive), "--store", str(store)]) == ExitCode.DONE
    with duckdb.connect(str(store / "stormtrail.duckdb"), read_only=True) as database:
        counts = database.sql("select (select count(*) from events), count(*) from sources")
        assert counts.fetchall() == [(FILES * EACH, FILES)]


def test_what_a_killed_publisher_left_is_deleted(archive: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    left = [store / f"stormtrail.{dead.pid}.new{end}" for end in ("", ".wal")]
    for path in left:
        path.write_bytes(b"part")
    assert cli(["ingest", str(archive), "--store", str(store)]) == ExitCode.DONE
    assert [path.name for path in store.glob("stormtrail.*")] == ["stormtrail.duckdb"]


def test_workers_and_one_process_make_the_same_store(
    archive: Path, layout: Layout, expected: list[dict[str, Any]]
) -> None:
    many = IngestOptions(workers=2, batch_bytes=20_000)
    assert ingest([str(archive)], layout, many).inserted == FILES * EACH
    check_whole(archive, layout, expected)

"""Several machines write one store: nothing is lost, and nothing counts twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

import simulation
from ingest.pipeline import ingest
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from tests.ingest.remote.conftest import EACH, FILES, MakeMachine, check_whole, contents
from tests.ingest.remote.machine import OPTIONS, STEPS
from tests.ingest.remote.server import Server

COUNTS = "select count(*) as entries, count(distinct event_id) as ids from events"


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_two_writers_of_overlapping_archives_and_a_reader(
    machine: MakeMachine,
    archives: Path,
    expected: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, two, reader = machine("one"), machine("two"), machine("reader")
    mine, theirs = [str(archives / name) for name in ("one", "both")], str(archives / "two")
    seen: list[int] = []
    with one.ingesting(*mine) as first, two.ingesting(mine[1], theirs) as second:
        going = True
        while going:
            going = first.poll() is None or second.poll() is None
            if reader.run("sql", COUNTS, "--format", "json") == ExitCode.DONE:
                [found] = answer(capsys)
                assert found["entries"] == found["ids"]
                seen.append(found["entries"])
        inserted = [int(process.communicate()[0]) for process in (first, second)]
    assert sum(inserted) == FILES * EACH
    assert min(inserted) > 0
    assert (seen, seen[-1]) == (sorted(seen), FILES * EACH)
    for each in (one, two, reader, machine("late")):
        check_whole(each.layout, expected)


def test_findings_of_a_store_that_two_wrote_equal_those_of_a_local_one(
    machine: MakeMachine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulation.make("one_function", 3, tmp_path, hours=2, scale=0.3)
    archive, local = str(tmp_path / "archive"), str(tmp_path / "local")
    assert run(["ingest", archive, "--store", local]) == ExitCode.DONE
    with machine("one").ingesting(archive) as first, machine("two").ingesting(archive) as second:
        assert (first.wait(), second.wait()) == (0, 0)
    capsys.readouterr()
    assert run(["analyze", "--format", "json", "--store", local]) == ExitCode.DONE
    alone = answer(capsys)
    assert machine("reader").run("analyze", "--format", "json") == ExitCode.DONE
    assert answer(capsys) == alone
    assert alone["loops"]


@pytest.mark.parametrize(
    ("step", "number"), [("upload", 1), ("committed", 1), *((step, 3) for step in STEPS)]
)
def test_a_writer_killed_at_any_step_loses_nothing_here_or_elsewhere(
    machine: MakeMachine,
    archives: Path,
    expected: list[dict[str, Any]],
    step: str,
    number: int,
) -> None:
    killed, other = machine("killed"), machine("other")
    with killed.ingesting(str(archives), "--die", step, str(number)) as process:
        assert process.wait() == -SIGKILL
    committed = len(contents(other.layout))
    assert committed == len(contents(killed.layout))
    loaded = ingest([str(archives)], other.layout, OPTIONS)
    assert loaded.inserted == FILES * EACH - committed
    check_whole(other.layout, expected)
    assert ingest([str(archives)], killed.layout, OPTIONS).inserted == 0
    check_whole(killed.layout, expected)


def test_a_writer_killed_while_another_writes_loses_nothing(
    machine: MakeMachine, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one, two = machine("one"), machine("two")
    with (
        one.ingesting(str(archives), "--die", "committed", "4") as first,
        two.ingesting(str(archives)) as second,
    ):
        assert (first.wait(), second.wait()) == (-SIGKILL, 0)
    check_whole(two.layout, expected)
    check_whole(one.layout, expected)


def test_two_processes_of_one_machine_share_its_mirror(
    machine: MakeMachine, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one = machine("one")
    with one.ingesting(str(archives)) as first, one.ingesting(str(archives)) as second:
        inserted = [int(process.communicate()[0]) for process in (first, second)]
    assert sum(inserted) == FILES * EACH
    check_whole(one.layout, expected)


def test_a_mirror_that_was_deleted_is_made_anew(
    machine: MakeMachine, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one = machine("one")
    assert one.run("ingest", str(archives)) == ExitCode.DONE
    before = ledger_of(one.layout)
    shutil.rmtree(one.cache)
    check_whole(one.layout, expected)
    assert ledger_of(one.layout) == before
    assert one.run("ingest", str(archives)) == ExitCode.DONE
    assert ledger_of(one.layout) == before


def ledger_of(layout: Any) -> list[Any]:
    """What machines must agree about."""
    tables = {
        "sources": "id, uri, etag, size, records, inserted, duplicates, rejected, batch_id, integrity",
        "event_files": "path, event_day, rows, batch_id",
        "batches": "id, started_at, committed_at",
        "rejects": "source_id, record_index, reason",
        "bookmarks": "prefix, day",
    }
    return [layout.ledger_table(name, columns).to_pylist() for name, columns in tables.items()]


def test_rejected_records_are_told_on_every_machine(
    machine: MakeMachine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text('{"Records": [{"eventID": "no time"}, 7]}')
    assert machine("one").run("ingest", str(tmp_path / "bad.json")) == ExitCode.DONE
    capsys.readouterr()
    ledgers = [ledger_of(machine(name).layout) for name in ("one", "two")]
    assert ledgers[0] == ledgers[1]
    assert len(ledgers[0][3]) == 2


def test_a_commit_whose_answer_was_lost_counts_once(
    machine: MakeMachine,
    server: Server,
    archives: Path,
    expected: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server takes the commit and answers 500: the client tries again, and is refused by its own."""
    failed: list[str] = []

    def lose(asked: Any) -> tuple[int, str] | None:
        first = "/log/" in asked.key and asked.conditional and asked.key not in failed
        if first:
            failed.append(asked.key)
        return (500, "InternalError") if first else None

    server.after = lose
    assert machine("one").run("ingest", str(archives)) == ExitCode.DONE
    assert failed
    assert f" {FILES * EACH} inserted" in capsys.readouterr().out
    check_whole(machine("one").layout, expected)
    check_whole(machine("two").layout, expected)

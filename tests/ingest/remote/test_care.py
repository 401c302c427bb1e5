"""Compaction, days that are dropped, and cleaning up: by commits, while others read and write."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from ingest.maintenance import compact
from ingest.remote.cleanup import clean
from ingest.remote.places import mirror_at
from ingest.store import open_store
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from tests.ingest.remote.conftest import FILES, MakeMachine, check_whole, contents
from tests.ingest.remote.server import Server


def on_server(server: Server) -> set[str]:
    prefix = "team/store/"
    return {key.removeprefix(prefix) for key in server.all_keys() if "/events/" in key}


def files(layout: Layout) -> set[str]:
    return {file.path for file in layout.committed_files()}


def cleaned(layout: Layout, **later: float) -> int:
    now = datetime.now(UTC) + timedelta(**later)
    return clean(mirror_at(layout), now, timedelta(hours=24))


def test_compaction_of_one_machine_reaches_a_reader_that_knew_the_old_files(
    machine: MakeMachine, server: Server, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one, reader = machine("one"), machine("reader")
    for part in ("one", "both", "two"):
        assert one.run("ingest", str(archives / part)) == ExitCode.DONE
    old = files(reader.layout)
    assert one.run("store", "compact") == ExitCode.DONE
    assert len(files(one.layout)) == 3
    assert contents(Layout(reader.layout.root)) == expected
    check_whole(reader.layout, expected)
    assert on_server(server) == old | files(one.layout)
    check_whole(machine("late").layout, expected)


def test_replaced_files_are_deleted_a_day_after_they_were_replaced_and_no_sooner(
    machine: MakeMachine, server: Server, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one = machine("one")
    for part in ("one", "both", "two"):
        one.run("ingest", str(archives / part))
    one.run("store", "compact")
    assert one.run("store", "clean") == ExitCode.DONE
    assert (cleaned(one.layout, hours=23), len(on_server(server))) == (0, 12)
    assert (cleaned(one.layout, hours=25), on_server(server)) == (9, files(one.layout))
    check_whole(machine("late").layout, expected)


def test_what_a_killed_writer_uploaded_is_deleted_after_a_day(
    machine: MakeMachine, server: Server, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one = machine("one")
    with one.ingesting(str(archives), "--die", "commit", "2") as process:
        assert process.wait() == -SIGKILL
    orphans = on_server(server) - files(one.layout)
    assert orphans
    with one.ingesting(str(archives)) as process:
        process.wait()
    assert cleaned(one.layout, hours=23) == 0
    assert cleaned(one.layout, hours=25) == len(orphans)
    check_whole(machine("late").layout, expected)


def test_of_two_compactions_of_the_same_files_one_counts(
    machine: MakeMachine, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one, two = machine("one"), machine("two")
    for part in ("one", "both", "two"):
        one.run("ingest", str(archives / part))
    mirror = two.layout
    old = [file.path for file in mirror.committed_files()]
    with open_store(mirror) as late:
        compact(one.layout)
        late.exchange(old, [])  # what it knew as old is gone by now
    check_whole(two.layout, expected)
    check_whole(one.layout, expected)


def test_an_ingest_goes_on_while_another_machine_compacts(
    machine: MakeMachine, archives: Path, expected: list[dict[str, Any]]
) -> None:
    one, two = machine("one"), machine("two")
    one.run("ingest", str(archives / "one"))
    with one.ingesting(str(archives)) as process:
        while process.poll() is None:
            assert two.run("store", "compact") == ExitCode.DONE
    check_whole(two.layout, expected)
    check_whole(one.layout, expected)


def test_dropped_days_are_gone_everywhere_and_not_loaded_again(
    machine: MakeMachine, archives: Path
) -> None:
    one, two = machine("one"), machine("two")
    one.run("ingest", str(archives))
    assert two.run("store", "drop-before", "2026-03-03") == ExitCode.DONE
    assert one.run("ingest", str(archives)) == ExitCode.DONE
    assert {file.event_day for file in one.layout.committed_files()} == {"2026-03-03"}
    sources = one.layout.ledger_table("sources", "uri").num_rows
    assert sources == FILES


def test_a_folder_has_nothing_to_clean(
    machine: MakeMachine, archives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from stormtrail.cli import run

    store = str(tmp_path / "local")
    run(["ingest", str(archives), "--store", store])
    capsys.readouterr()
    assert run(["store", "clean", "--store", store]) == ExitCode.USAGE
    assert "there is nothing to clean" in capsys.readouterr().err


PLEDGE = {"function": "f", "source": "s", "action": "keep"} | dict.fromkeys(
    ("entries_per_run", "s", "spectral_radius"), 1.0
)


def test_links_promises_and_reports_are_shared(machine: MakeMachine, archives: Path) -> None:
    from stormtrail.stores import share

    one, two = machine("one"), machine("two")
    one.run("ingest", str(archives))
    (one.cache / "links.json").write_text('{"links": []}')
    assert one.run("topology", "add", str(one.cache / "links.json")) == ExitCode.DONE
    mine, theirs = one.layout, two.layout
    (mine.root / "promises.json").write_text(json.dumps([PLEDGE]))
    (theirs.root / "promises.json").write_text(json.dumps([{**PLEDGE, "function": "g"}]))
    share(mine)
    share(theirs)
    assert two.run("report", "--out", str(one.cache / "r.html")) == ExitCode.DONE
    for layout in (one.layout, two.layout, machine("late").layout):
        kept = json.loads((layout.root / "promises.json").read_text())
        assert [item["function"] for item in kept] == ["f", "g"]
        assert [path.name for path in layout.topology.iterdir()] == ["added-links.json"]
        assert len(list((layout.root / "reports").glob("*.json"))) == 1


def test_marks_of_integrity_and_bookmarks_are_shared(machine: MakeMachine, archives: Path) -> None:
    from datetime import date

    from ingest.ledger import Mark

    one, two = machine("one"), machine("two")
    one.run("ingest", str(archives))
    with open_store(two.layout) as store:
        store.ledger.mark([Mark(1, "proven", None, "00")])
        store.ledger.set_bookmarks({"s3://a/": date(2026, 3, 1)})
        store.ledger.set_bookmarks({"s3://a/": date(2026, 3, 1)})
    layout = one.layout
    marks = layout.ledger_table("sources", "id, integrity").to_pylist()
    assert [row["id"] for row in marks if row["integrity"] == "proven"] == [1]
    with open_store(layout) as store:
        assert store.ledger.bookmarks() == {"s3://a/": date(2026, 3, 1)}
    assert mirror_at(layout).position() == 3

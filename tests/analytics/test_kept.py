"""Findings kept in the store: told once, and never when something that they depend on has changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import simulation
from analytics import kept
from analytics.analysis import analyze
from analytics.options import AnalysisOptions
from analytics.planning import case_of
from ingest.ledger import Ledger, Mark
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout

MARK = "a note that no analysis writes"
FINDINGS = shutil.ignore_patterns("findings")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storm's store, three hours long, with its archive beside it."""
    folder = tmp_path_factory.mktemp("kept")
    simulation.make("three_stages", 7, folder, hours=3.0)
    ingest([str(folder / "archive")], Layout(folder / "store"), IngestOptions(workers=0))
    return folder


@pytest.fixture
def layout(loaded: Path, tmp_path: Path) -> Layout:
    """A copy of the store in which other findings than its own are kept, to be told apart."""
    shutil.copytree(loaded / "store", tmp_path / "store", ignore=FINDINGS)
    layout = Layout(tmp_path / "store")
    kept.keep(layout, {}, replace(analyze(layout), notes=(MARK,)))
    assert kept.findings(layout, {}).notes == (MARK,)
    return layout


def test_findings_and_their_situation_come_back_as_they_were_found(loaded: Path) -> None:
    layout = Layout(loaded / "store")
    found, there = case_of(layout, AnalysisOptions())
    for _ in range(2):  # found the first time, read the second
        assert kept.findings(layout, {}) == found
        known = kept.situation(layout, {})
        assert known is not None
        assert list(known.candidates) == list(there.candidates)
        assert list(known.sources) == list(there.sources)
        assert (known.k, known.book, known.settings, known.money) == (
            there.k,
            there.book,
            there.settings,
            there.money,
        )
    assert sorted(path.suffix for path in layout.findings.iterdir()) == [".findings", ".situation"]


def _loads_more(layout: Layout, loaded: Path) -> None:
    first = next((loaded / "archive").rglob("*.json.gz"))
    again = shutil.copy(first, layout.root / first.name.replace(".json.gz", "2.json.gz"))
    ingest([str(again)], layout, IngestOptions(workers=0))


def _links(layout: Layout, loaded: Path) -> None:
    layout.topology.mkdir(exist_ok=True)
    (layout.topology / "mine.json").write_text("{}")


def _plans(layout: Layout, loaded: Path) -> None:
    layout.promises.write_text("[]")


def _proves(layout: Layout, loaded: Path) -> None:
    ledger = Ledger(layout.ledger)
    ledger.mark([Mark(1, "proven", None, None)])
    ledger.close()


@pytest.mark.parametrize("change", [_loads_more, _links, _plans, _proves])
def test_what_is_loaded_linked_planned_or_proven_since_is_analysed_anew(
    layout: Layout, loaded: Path, change: Callable[[Layout, Path], None]
) -> None:
    change(layout, loaded)
    assert kept.findings(layout, {}).notes != (MARK,)


def test_other_options_are_other_findings(layout: Layout) -> None:
    dear = kept.told(AnalysisOptions(prices={"cloudtrail.data_event": 1.0}))
    assert dear == {"prices": {"cloudtrail.data_event": 1.0}}
    assert kept.findings(layout, dear).notes != (MARK,)
    assert kept.findings(layout, kept.told(AnalysisOptions(min_batch=10))).notes == (MARK,)


def test_a_torn_file_is_made_anew(layout: Layout) -> None:
    (file,) = layout.findings.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert kept.findings(layout, {}).notes != (MARK,)


def test_findings_of_states_long_gone_are_deleted(layout: Layout) -> None:
    found = kept.findings(layout, {})
    for number in range(kept.MOST_FILES + 3):
        kept.keep(layout, {"min_batch": number}, found)
    assert len(list(layout.findings.iterdir())) == kept.MOST_FILES


def test_a_store_that_may_not_be_written_to_is_analysed_all_the_same(layout: Layout) -> None:
    shutil.rmtree(layout.findings)
    layout.findings.write_text("no folder can be made here")
    assert kept.findings(layout, {}) == analyze(layout)

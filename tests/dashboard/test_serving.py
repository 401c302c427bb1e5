"""Before the first visitor comes: what is at hand, and that a store which cannot be read keeps nobody out."""

from __future__ import annotations

import shutil
from pathlib import Path

from analytics import kept
from analytics.analysis import analyze
from dashboard.serving import warm
from stormtrail.layout import Layout


def test_warming_up_leaves_findings_and_situation_in_the_store(
    storm_store: Path, tmp_path: Path
) -> None:
    store = shutil.copytree(
        storm_store, tmp_path / "store", ignore=shutil.ignore_patterns("findings")
    )
    layout = Layout(store)
    warm(["run", "app.py", "--server.port=1", "--", "--store", str(store)])
    assert sorted(path.suffix for path in layout.findings.iterdir()) == [".findings", ".situation"]
    assert kept.findings(layout, {}) == analyze(layout)


def test_warming_up_makes_nothing_where_there_is_no_store(tmp_path: Path) -> None:
    warm(["run", "app.py", "--", "--store", str(tmp_path)])
    (tmp_path / "ledger.sqlite").write_text("this is no ledger")
    warm(["run", "app.py", "--", "--store", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.sqlite"]

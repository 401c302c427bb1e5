"""The folders are as designed, and no module of the dashboard hides a package."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = {"stormtrail", "ingest", "queries", "analytics", "reports", "dashboard", "simulation"}


def test_the_packages_stand_at_the_top() -> None:
    assert [name for name in sorted(PACKAGES) if not (ROOT / name / "__init__.py").exists()] == []


def test_the_designed_folders_and_files_are_there() -> None:
    wanted = ("ingest", "analytics", "dashboard", "queries", "tests", "docs", "benchmarks")
    assert [name for name in wanted if not (ROOT / name).is_dir()] == []
    assert (ROOT / "pyproject.toml").is_file()


def test_no_module_of_the_dashboard_is_called_like_a_package() -> None:
    """Streamlit puts the script's folder first on sys.path: such a module would be imported."""
    names = {path.stem for path in (ROOT / "dashboard").iterdir() if path.suffix == ".py"}
    names |= {
        path.name for path in (ROOT / "dashboard").iterdir() if (path / "__init__.py").exists()
    }
    assert names & (PACKAGES | sys.stdlib_module_names - {"__init__"}) == set()


def test_tests_mirror_the_packages() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} <= PACKAGES | {"browser", "benchmarks", "spark"}

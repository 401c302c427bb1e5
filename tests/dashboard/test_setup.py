"""What holds for the dashboard as a whole: where it listens, what it may not do, who gets in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard

FOLDER = Path(dashboard.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))
PACKAGES = {
    "analytics",
    "benchmarks",
    "ingest",
    "queries",
    "reports",
    "simulation",
    "stormtrail",
    "tests",
}


def test_only_this_machine_reaches_it_and_errors_quote_no_record() -> None:
    config = tomllib.loads((FOLDER / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "localhost"
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


def test_no_module_is_called_like_a_package() -> None:
    # Streamlit puts the folder of app.py first on sys.path
    assert {path.stem for path in FOLDER.iterdir()} & PACKAGES == set()


@pytest.mark.parametrize(
    "forbidden", ["unsafe_allow_html", "cache_resource", "components.v1", "st.write("]
)
def test_no_page_draws_html_or_keeps_tables_between_people(forbidden: str) -> None:
    assert [path.name for path in SOURCES if forbidden in path.read_text()] == []


def test_with_sign_in_set_up_a_stranger_sees_nothing_of_the_store(
    storm_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _guarded(storm_store, monkeypatch).run()
    assert [item.label for item in app.button] == ["Sign in"]
    assert not app.header
    assert not app.multiselect


def test_with_sign_in_set_up_who_has_signed_in_sees_the_store(
    storm_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _guarded(storm_store, monkeypatch)
    app.user = {"is_logged_in": True, "email": "a@b.example"}
    app.run()
    assert [item.value for item in app.header] == ["Overview"]


def _guarded(store: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("STORMTRAIL_STORE", str(store))
    monkeypatch.setattr("sys.argv", ["app.py"])
    app = AppTest.from_file(FOLDER / "app.py", default_timeout=60)
    app.secrets["auth"] = {"client_id": "x"}
    return app

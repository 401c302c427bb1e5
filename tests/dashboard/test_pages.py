"""The pages' logic on real stores, without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from analytics.analysis import analyze
from dashboard import series
from dashboard.data import open_store
from dashboard.filters import Filters
from dashboard.frame import View
from dashboard.verdict import answers
from stormtrail.layout import Layout

APP = Path(dashboard.__file__).with_name("app.py")
PAGES = (
    "overview",
    "storm_map",
    "timeline",
    "factor_s",
    "cure",
    "anomalies",
    "evidence",
    "sql_console",
    "archive",
)
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of the dashboard on a store, with query parameters, and runs it."""

    def run(store: Path, name: str = "overview", **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("STORMTRAIL_STORE", str(store))
        monkeypatch.setattr("sys.argv", ["app.py"])
        app = AppTest.from_file(APP, default_timeout=60)
        app.query_params.update(query)
        app.run()
        if name != "overview":
            app.switch_page(f"views/{name}.py").run()
        assert not app.exception
        return app

    return run


def texts(app: AppTest) -> str:
    """All that a page says in words."""
    parts = (app.markdown, app.caption, app.text, app.subheader, app.info, app.success, app.code)
    return "\n".join(str(item.value) for kind in parts for item in kind)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_runs_on_a_storm(storm_store: Path, open_page: Open, name: str) -> None:
    app = open_page(storm_store, name)
    assert len(app.header) == 1
    assert not app.error


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_how_to_fill_an_empty_store(
    empty_store: Path, open_page: Open, name: str
) -> None:
    app = open_page(empty_store, name)
    assert [item.value for item in app.info] == [
        "This store holds no entries yet. Load a CloudTrail archive, or make a sample one:"
    ]
    assert "stormtrail demo" in app.code[0].value


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_something_useful_without_a_storm(
    calm_store: Path, open_page: Open, name: str
) -> None:
    app = open_page(calm_store, name)
    assert not app.error
    assert len(texts(app)) > 100


def test_the_overview_gives_the_five_answers_of_the_analysis(
    storm_store: Path, open_page: Open
) -> None:
    expected = [answer.value for answer in answers(analyze(Layout(storm_store)))]
    shown = [item.value for item in open_page(storm_store).subheader][:5]
    assert [re.sub(r"[\u2060\u200b\\]", "", text) for text in shown] == expected


def test_filters_come_from_the_url_and_reach_every_page(storm_store: Path, open_page: Open) -> None:
    account = analyze(Layout(storm_store)).entries.accounts[0]
    app = open_page(storm_store, account=account)
    assert app.multiselect(key="account").value == [account]
    app.switch_page("views/archive.py").run()
    assert app.multiselect(key="account").value == [account]


def test_a_span_of_time_without_entries_is_said_to_be_empty(
    storm_store: Path, open_page: Open
) -> None:
    query = {"from": "2020-01-01T00:00", "to": "2020-01-02T00:00"}
    app = open_page(storm_store, "timeline", **query)
    assert "Nothing was recorded in this span of time" in texts(app)


def test_evidence_finds_a_function_s_entries_and_shows_one_record_with_its_file(
    storm_store: Path, open_page: Open
) -> None:
    found = analyze(Layout(storm_store))
    event_id = found.loops[0].evidence[0]
    app = open_page(storm_store, "evidence")
    app.text_input(key="event").set_value(event_id).run()
    assert not app.exception
    assert event_id in app.code[1].value
    assert app.code[0].value.endswith(".json.gz")


def test_anomalies_of_a_single_day_are_not_said_to_be_none(
    storm_store: Path, open_page: Open
) -> None:
    shown = texts(open_page(storm_store, "anomalies"))
    assert "nothing is usual yet" in shown
    assert "nothing unusual" not in shown


def test_evidence_that_matches_nothing_says_so(storm_store: Path, open_page: Open) -> None:
    app = open_page(storm_store, "evidence")
    app.text_input(key="function").set_value("no such function").run()
    assert "No entry matches" in app.info[0].value


def test_sql_runs_what_is_typed(storm_store: Path, open_page: Open) -> None:
    app = open_page(storm_store, "sql_console")
    app.text_area[0].set_value("select count(*) as n from events").run()
    app.button[0].click().run()
    total = analyze(Layout(storm_store)).entries.total
    assert app.dataframe[-1].value["n"].tolist() == [total]


def test_sql_that_writes_is_refused_in_one_line(storm_store: Path, open_page: Open) -> None:
    app = open_page(storm_store, "sql_console")
    app.text_area[0].set_value("copy events to '/tmp/x.csv'").run()
    app.button[0].click().run()
    assert [item.value for item in app.error] == ["The query was not run to its end."]
    assert not app.exception


def test_names_that_are_markdown_or_html_are_shown_as_text(
    hostile_store: Path, open_page: Open
) -> None:
    for name in PAGES:
        app = open_page(hostile_store, name)
        for item in app.markdown:
            assert "<img src=x" not in item.value
            assert "[x](javascript" not in item.value
        assert not app.error


def test_a_store_that_is_none_is_told_in_one_line(tmp_path: Path, open_page: Open) -> None:
    (tmp_path / "ledger.sqlite").write_text("this is no ledger")
    app = open_page(tmp_path)
    assert [item.value for item in app.error] == ["The store could not be read."]
    assert "is this folder a Stormtrail store?" in app.code[0].value


def test_what_the_charts_add_up_is_what_the_analysis_counts(storm_store: Path) -> None:
    view = View(open_store(storm_store), Filters())
    buckets, _ = series.buckets(view)
    entries = view.findings.entries
    assert sum(sum(bucket.by_order) for bucket in buckets) == entries.total
    assert sum(sum(bucket.by_order[1:]) for bucket in buckets) == entries.second_order


def test_the_button_on_the_timeline_narrows_every_page_to_the_onset(
    storm_store: Path, open_page: Open
) -> None:
    onset = analyze(Layout(storm_store)).loops[0].onset
    assert onset is not None
    app = open_page(storm_store, "timeline")
    app.button[0].click().run()
    assert not app.exception
    start = onset.replace(tzinfo=None, second=0) - timedelta(hours=1)
    assert app.datetime_input(key="from").value == start

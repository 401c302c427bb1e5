from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reports.changes import changes
from reports.history import keep, since_last
from stormtrail.errors import StoreError
from stormtrail.layout import Layout
from tests.reports.samples import END, GROUP, QUIET, STORM


def lines(before: object, after: object) -> list[str]:
    return [found.line for found in changes(before.to_dict(), after.to_dict())]  # type: ignore[attr-defined]


def test_the_same_findings_have_no_changes() -> None:
    assert lines(STORM, STORM) == []


def test_a_storm_that_came_is_told_with_its_functions() -> None:
    assert lines(QUIET, STORM) == [
        "New loop over organization-trail: sustained",
        "log-router now processes logs",
        "central-log-archiver now processes logs",
        "siem-feeder now processes logs",
    ]


def test_a_storm_that_went_is_told() -> None:
    assert "The loop over organization-trail is gone" in lines(STORM, QUIET)


def test_a_loop_is_known_again_by_its_sources_whatever_its_id() -> None:
    worse = replace(STORM.loops[0], id="loop-7", state="runaway")
    assert lines(STORM, replace(STORM, loops=(worse,))) == [
        "The loop over organization-trail was sustained and is runaway"
    ]


def test_numbers_are_told_where_they_moved_by_a_tenth() -> None:
    cost = replace(STORM.cost, second_order_monthly_usd=1700.0)
    assert lines(STORM, replace(STORM, cost=cost)) == []
    cost = replace(STORM.cost, second_order_monthly_usd=100.0)
    cured = replace(STORM.sources[0], s=0.01)
    assert lines(STORM, replace(STORM, cost=cost, sources=(cured,))) == [
        "S of organization-trail: 3 → 0.01",
        "Cost a month: 1,660 USD → 100 USD",
    ]


def test_a_store_remembers_its_last_report(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert since_last(layout, STORM) is None
    keep(layout, QUIET, END)
    keep(layout, STORM, END + timedelta(days=1))
    assert since_last(layout, STORM) == ()


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    kept = [keep(layout, QUIET, END + timedelta(days=day)) for day in range(35)]
    assert sorted(path for path in (tmp_path / "reports").iterdir()) == kept[5:]


def test_a_broken_earlier_report_is_named(tmp_path: Path) -> None:
    path = keep(Layout(tmp_path), STORM, END)
    path.write_text("{}")
    with pytest.raises(StoreError) as caught:
        since_last(Layout(tmp_path), STORM)
    assert caught.value.where == str(path)
    assert GROUP not in caught.value.line()

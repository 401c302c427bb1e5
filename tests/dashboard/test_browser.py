"""Every page in a real browser: on a storm, on nothing, and on names that attack."""

from __future__ import annotations

import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, expect

from analytics.analysis import analyze
from stormtrail.layout import Layout
from tests.dashboard.browser import IN_CHROMIUM, PAGES, Visitor, served
from tests.dashboard.contrast import AUDIT

pytestmark = IN_CHROMIUM

LOOKS = [("light", "wide"), ("dark", "wide"), ("light", "narrow")]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_shows_the_storm_in_text_that_can_be_read(
    browser: Browser, storm_url: str, scheme: str, width: str
) -> None:
    visitor, faint = Visitor(browser, storm_url, scheme=scheme, width=width), {}
    for name, title in PAGES.items():
        page = visitor.open(name)
        expect(page.locator("h2").first).to_have_text(title)
        expect(page.locator('[data-testid="stException"]')).to_have_count(0)
        visitor.screenshot("storm", name or "overview")
        faint[name] = page.evaluate(AUDIT)
    assert visitor.wrongs == []
    assert faint == {name: [] for name in PAGES}


def test_every_page_says_how_to_begin_where_the_store_is_empty(
    browser: Browser, empty_store: Path
) -> None:
    with served(empty_store) as base:
        visitor = Visitor(browser, base)
        for name in PAGES:
            page = visitor.open(name)
            expect(page.get_by_text("This store holds no entries yet")).to_be_visible()
            visitor.screenshot("empty", name or "overview")
    assert visitor.wrongs == []


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, hostile_store: Path) -> None:
    with served(hostile_store) as base:
        visitor = Visitor(browser, base)
        for name in PAGES:
            page = visitor.open(name)
            expect(page.locator('img[src="x"], a[href^="javascript"]')).to_have_count(0)
            visitor.screenshot("hostile", name or "overview")
        page = visitor.open("evidence", name="PutSubscriptionFilter")
        expect(page.locator('[data-testid="stDataFrame"]').first).to_be_visible()
    assert visitor.wrongs == []


def test_a_filter_goes_into_the_url_and_the_url_opens_the_same_view(
    browser: Browser, storm_url: str, storm_store: Path
) -> None:
    account = analyze(Layout(storm_store)).entries.accounts[0]
    visitor = Visitor(browser, storm_url)
    page = visitor.open("archive")
    page.get_by_label("Accounts").first.click()
    page.get_by_role("option", name=account).click()
    page.wait_for_url(f"**account={account}**")
    page.keyboard.press("Escape")  # closes the list, which covers the links
    visitor.settle()
    shared = page.url
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator("h2").first).to_have_text("Timeline")
    assert parse_qs(urlparse(page.url).query)["account"] == [account]
    colleague = Visitor(browser, storm_url)
    colleague.page.goto(shared)
    colleague.settle()
    expect(colleague.page.locator('[data-testid="stMultiSelect"]').first).to_contain_text(account)


def test_evidence_is_found_read_and_downloaded(
    browser: Browser, storm_url: str, storm_store: Path
) -> None:
    event_id = analyze(Layout(storm_store)).loops[0].evidence[0]
    visitor = Visitor(browser, storm_url)
    page = visitor.open("evidence", event=event_id)
    expect(page.locator("h3", has_text="The record")).to_be_visible()
    expect(page.locator('[data-testid="stCode"]').last).to_contain_text(event_id)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = download.value.path().read_text()
    assert text.startswith("event_time,event_name,")
    assert event_id in text


def test_a_question_in_sql_is_run_drawn_and_downloaded(browser: Browser, storm_url: str) -> None:
    visitor = Visitor(browser, storm_url)
    page = visitor.open("sql_console")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("rows", exact=False).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().startswith("event_source,event_name,entries\n")
    page.get_by_role("tab", name="Chart").click()
    expect(page.get_by_text("The result, drawn")).to_be_visible()


def test_a_click_on_a_function_shows_its_numbers_and_leads_to_its_evidence(
    browser: Browser, storm_url: str, storm_store: Path
) -> None:
    function = next(f for f in analyze(Layout(storm_store)).functions if f.in_loop)
    name = function.arn.rsplit(":", 1)[-1]
    visitor = Visitor(browser, storm_url)
    page = visitor.open("storm_map")
    circles = page.locator(".js-plotly-plot .scatterlayer .trace", has_text=name)
    place = circles.locator("text").all_text_contents().index(name)
    box = circles.locator(".points path").nth(place).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(page.locator(".hoverlayer .hovertext")).to_have_count(1)
    page.mouse.click(x, y)
    expect(page.locator('[data-testid="stCode"]').first).to_contain_text(function.arn)
    page.get_by_role("link", name="See its entries").click()
    expect(page.locator("h2").first).to_have_text("Evidence")
    expect(page.get_by_label("Function", exact=True)).to_have_value(name)


def test_the_template_for_a_chosen_batch_is_downloaded(browser: Browser, storm_url: str) -> None:
    visitor = Visitor(browser, storm_url)
    page = visitor.open("cure")
    slider = page.get_by_role("slider").first
    numbers = page.locator('[data-testid="stMetric"]', has_text="ρ, before → after")
    before = numbers.inner_text()
    slider.focus()
    slider.press("Home")
    expect(numbers).not_to_have_text(before, use_inner_text=True)  # else the click may come first
    visitor.settle()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CloudFormation").first.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
        stream = next(name for name in names if name.endswith("1-stream.yaml"))
        assert [name.split("/")[-1] for name in names[:2]] == ["STEPS.md", "1-stream.yaml"]
        assert "BatchSize: 1\n" in archive.read(stream).decode()

"""Ten thousand log-processing functions: every page says something useful, and can be read and used."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from stormtrail.layout import Layout
from tests.dashboard.browser import IN_CHROMIUM, PAGES, Visitor, served
from tests.dashboard.conftest import load
from tests.dashboard.many import keep_many, write_many

pytestmark = IN_CHROMIUM

FUNCTIONS = 10_000
# what a page must say of so many
SAYS = {
    "": f"The first 1,000 of {FUNCTIONS:,} functions",
    "storm_map": "9,970 others",
    "cure": f"Offered: 500 of {FUNCTIONS:,} functions",
}


@pytest.fixture(scope="module")
def many_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on a store with ten thousand functions' records."""
    store = load(write_many(tmp_path_factory.mktemp("many") / "archive", FUNCTIONS))
    keep_many(Layout(store), FUNCTIONS)
    with served(store) as base:
        yield base


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn_and_says_what_it_left_out(
    browser: Browser, many_url: str, name: str
) -> None:
    visitor = Visitor(browser, many_url)
    page = visitor.open(name)
    expect(page.locator("h2").first).to_have_text(PAGES[name])
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    if name in SAYS:
        expect(page.get_by_text(SAYS[name]).first).to_be_visible(timeout=60_000)
    visitor.screenshot("many", name or "overview")
    assert visitor.wrongs == []


def test_the_map_draws_no_more_circles_than_can_be_told_apart(
    browser: Browser, many_url: str
) -> None:
    page = Visitor(browser, many_url).open("storm_map")
    expect(page.get_by_text(SAYS["storm_map"]).first).to_be_visible()
    names = page.locator(".js-plotly-plot .scatterlayer .trace text")
    assert 50 < names.count() < 100

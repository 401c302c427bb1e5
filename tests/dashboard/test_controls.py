"""Every control of every page, used as a person would, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard.browser import IN_CHROMIUM, PAGES, Visitor

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def visitor(browser: Browser, storm_url: str) -> Visitor:
    return Visitor(browser, storm_url)


def choose(page: Page, control: Locator) -> None:
    """Opens a list and takes its first choice, where one is left."""
    control.locator("input").first.click()
    options = page.get_by_role("option")
    if options.count():
        options.first.click()
    page.keyboard.press("Escape")


def slide(page: Page, control: Locator) -> None:
    """Moves a slider by one step and to its end."""
    thumb = control.get_by_role("slider").first
    thumb.focus()
    thumb.press("ArrowRight")
    thumb.press("End")


def write(page: Page, control: Locator) -> None:
    """Types what no record holds, and what SQL refuses."""
    field = control.locator("input, textarea").first
    field.fill("nobody's <b>text</b>")
    field.press("Control+Enter" if control.locator("textarea").count() else "Enter")


def pick(page: Page, control: Locator) -> None:
    """Types a time long before the archive, digit by digit from the year on."""
    control.get_by_role("spinbutton").first.focus()
    page.keyboard.type("202001020304")
    page.keyboard.press("Enter")


def press(page: Page, control: Locator) -> None:
    """Clicks."""
    control.locator("button, summary").first.click()


USES: dict[str, Callable[[Page, Locator], None]] = {
    "stMultiSelect": choose,
    "stSelectbox": choose,
    "stSlider": slide,
    "stTextInput": write,
    "stTextArea": write,
    "stDateTimeInput": pick,
    "stButton": press,
    "stDownloadButton": press,
    "stExpander": press,
}
SHOWS_OR_GIVES = ("stDownloadButton", "stExpander")  # no other control is gone after these
# What a page must have at least; the filters, which stand beside every page, are tried on the first.
WANTED = {
    "": {"stMultiSelect": 2, "stDateTimeInput": 2},
    "factor_s": {"stSlider": 1},
    "cure": {"stMultiSelect": 1, "stSlider": 2, "stDownloadButton": 2},
    "evidence": {"stTextInput": 1, "stDownloadButton": 1},
    "sql_console": {"stSelectbox": 1, "stTextArea": 1, "stButton": 1},
}
ALIKE = 4  # more of one kind on a page do the same, as the tables of the schema do


def controls(page: Page, name: str, kind: str) -> Locator:
    """Those of one kind on the page."""
    part = '[data-testid="stMain"]' if name else '[data-testid="stApp"]'
    return page.locator(f'{part} [data-testid="{kind}"]:visible')


@pytest.mark.parametrize("name", PAGES)
def test_every_control_of_a_page_can_be_used(visitor: Visitor, name: str) -> None:
    visitor.open(name)
    for kind, wanted in WANTED.get(name, {}).items():
        expect(controls(visitor.page, name, kind).nth(wanted - 1)).to_be_visible()
    numbers = {kind: controls(visitor.page, name, kind).count() for kind in USES}
    page, fresh = visitor.page, True
    for kind, count in numbers.items():
        for place in range(min(count, ALIKE)):
            if not fresh:  # what was used may have taken others away
                page = visitor.open(name)
            fresh = kind in SHOWS_OR_GIVES
            chosen = controls(page, name, kind).nth(place)
            expect(chosen).to_be_visible()
            USES[kind](page, chosen)
            page.wait_for_timeout(300)  # until the page has told the server
            visitor.settle()
            expect(page.locator('[data-testid="stException"]')).to_have_count(0)
            expect(page.locator("h2").first).to_have_text(PAGES[name])
    assert visitor.wrongs == []

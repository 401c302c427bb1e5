"""`make bench-dashboard`: every page of a large store in a real browser, and a change of a filter."""

from __future__ import annotations

import argparse
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from analytics.analysis import analyze
from benchmarks.month import STORMTRAIL, kept, month
from benchmarks.results import machine, write_section
from stormtrail.layout import Layout
from tests.dashboard.browser import PAGES, Visitor, launch, served

# The browser's own clock, in ms from the page's beginning: a driver asks only now and then. Set are
# the first heading, the last change of what is shown, and the last click.
_CLOCK = """
window.stormtrail = {heading: 0, changed: 0, clicked: 0};
document.addEventListener("click", () => { stormtrail.clicked = performance.now(); }, true);
new MutationObserver(() => {
  if (!stormtrail.heading && document.querySelector("h2")) stormtrail.heading = performance.now();
  stormtrail.changed = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
# A run may be over before the page says that it began: nothing changes for a second, none under way.
_STILL = """
performance.now() - Math.max(stormtrail.changed, stormtrail.clicked) > 1000
  && document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
  && !document.querySelector('[data-testid="stSkeleton"]')
"""


@dataclass(frozen=True)
class Page:
    """Seconds of one page: heading there and all drawn on each visit, all drawn after a filter."""

    name: str
    painted: list[float]
    drawn: list[float]
    filtered: list[float]


def main() -> None:
    """Makes the month where it is absent, visits its pages, writes the table to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=5, help="visits of each; the median counts")
    parser.add_argument("--keep", type=Path, default=kept(), help="where the months are kept")
    options = parser.parse_args()
    store = month(options.records, options.keep).store
    subprocess.run([*STORMTRAIL, "analyze", "--store", str(store)], check=True, capture_output=True)
    entries = analyze(Layout(store)).entries
    with served(store) as base, sync_playwright() as playwright:
        browser = launch(playwright)
        first = _visit(browser, base, "")
        pages = [_page(browser, base, name, entries.accounts, options.repeat) for name in PAGES]
        browser.close()
    text = "\n".join(_report(entries.total, first, pages, options.repeat))
    print(text)
    write_section("dashboard", f"## Dashboard\n\n{text}")


def _visit(browser: Browser, base: str, name: str) -> tuple[float, float]:
    """Seconds until the page's heading is there, and until everything is drawn."""
    visitor = _visitor(browser, base)
    visitor.open(name)
    visitor.page.wait_for_function(_STILL)
    painted, drawn = visitor.page.evaluate("[stormtrail.heading, stormtrail.changed]")
    visitor.context.close()
    return painted / 1000, drawn / 1000


def _visitor(browser: Browser, base: str) -> Visitor:
    visitor = Visitor(browser, base)
    visitor.context.add_init_script(_CLOCK)
    return visitor


def _page(browser: Browser, base: str, name: str, accounts: tuple[str, ...], repeat: int) -> Page:
    visits = [_visit(browser, base, name) for _ in range(repeat)]
    filtered = [
        _filter(browser, base, name, accounts[turn % len(accounts)]) for turn in range(repeat)
    ]
    return Page(name or "overview", [v[0] for v in visits], [v[1] for v in visits], filtered)


def _filter(browser: Browser, base: str, name: str, account: str) -> float:
    """Seconds from the choice of an account until everything is drawn."""
    visitor = _visitor(browser, base)
    page = visitor.open(name)
    page.get_by_label("Accounts").first.click()
    option = page.get_by_role("option", name=account)
    option.click()
    page.wait_for_function(_STILL)
    seconds: float = page.evaluate("(stormtrail.changed - stormtrail.clicked) / 1000")
    visitor.context.close()
    return seconds


def _report(
    entries: int, first: tuple[float, float], pages: list[Page], repeat: int
) -> Iterator[str]:
    yield f"{machine()}\n"
    yield (
        f"{entries:,} entries, analysed before; chromium and the server on this machine. The server's "
        f"very first page: heading after {first[0]:.1f} s, all drawn after {first[1]:.1f} s. Then, in a "
        f"new browser context each time, the median (and the worst) of {repeat}, in seconds:\n"
    )
    yield "| page | heading | all drawn | all drawn after an account is chosen |"
    yield "|---|---|---|---|"
    for page in pages:
        cells = " | ".join(_spread(times) for times in (page.painted, page.drawn, page.filtered))
        yield f"| {page.name} | {cells} |"


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} ({max(times):.2f})"


if __name__ == "__main__":
    main()

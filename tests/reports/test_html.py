from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from analytics.findings import Findings
from reports import FORMATS, Report
from reports.changes import Change
from reports.html import to_html
from tests.reports.samples import EMPTY, END, HOSTILE, QUIET, ROUTER, STORM, a_day, hostile

VOID = {"meta", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("findings", [STORM, QUIET, EMPTY, hostile()])
def test_every_element_is_closed_in_order(findings: Findings) -> None:
    assert Page(to_html(findings, a_day())).open == []


@pytest.mark.parametrize("findings", [STORM, hostile()])
def test_nothing_is_loaded_linked_or_run(findings: Findings) -> None:
    page = Page(to_html(findings, a_day()))
    tags = {tag for tag, _ in page.elements}
    names = {name for _, attributes in page.elements for name in attributes}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form", "base"})
    assert not {name for name in names if name.startswith("on")}
    assert names.isdisjoint({"src", "href", "xlink:href", "action", "style"})


def test_the_policy_forbids_all_loading_and_all_script() -> None:
    page = Page(to_html(STORM))
    policies = [a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_hostile_text_is_shown_without_its_escapes_and_direction_overrides() -> None:
    text = to_html(hostile(), a_day())
    assert HOSTILE.split("\x1b")[0] in Page(text).text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "<script" not in text


def test_the_first_page_answers_the_questions_before_any_evidence() -> None:
    text = Page(to_html(STORM, a_day())).text
    first = text[: text.index("Evidence")]
    for answer in (
        "A sustained log storm",
        "89 %",
        "2026-01-12 12:00 UTC",
        "dana (role PlatformAdmin)",
        "PutSubscriptionFilter",
        "1,660 USD a month",
        "Move behind a Kinesis stream: log-router",
        "1,629 USD",
    ):
        assert answer in first
    assert text.index("Evidence") < text.index("Method and assumptions")


def test_long_arns_are_short_on_the_page_and_whole_on_hover() -> None:
    page = Page(to_html(STORM))
    assert ("abbr", {"title": ROUTER}) in page.elements


def test_a_quiet_store_says_that_there_is_no_storm() -> None:
    assert "No log storm, and no log-processing function was seen." in Page(to_html(QUIET)).text


def test_what_changed_is_told_only_where_there_was_an_earlier_report() -> None:
    change = Change("loop", "x", "New loop over organization-trail: sustained")
    assert "Since the last report" not in Page(to_html(STORM)).text
    assert change.line in Page(to_html(STORM, None, (change,), END)).text
    assert "Nothing that matters has changed." in Page(to_html(STORM, None, ())).text


def test_the_same_findings_give_the_same_page() -> None:
    report = Report(STORM, a_day(), (), END)
    assert FORMATS["html"](report) == FORMATS["html"](report)


def test_charts_are_well_formed_xml() -> None:
    text = to_html(hostile(), a_day())
    charts = text.split("<svg")[1:]
    assert len(charts) == 4
    for chart in charts:
        root = ElementTree.fromstring(f"<svg{chart.split('</svg>')[0]}</svg>")  # noqa: S314
        assert root.get("role") == "img"

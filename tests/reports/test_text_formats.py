from __future__ import annotations

import csv
import io
import json
import re

import pytest

from reports import FORMATS, Report, summary_table
from reports.sheets import TABLES, to_csv
from tests.reports.samples import ARCHIVER, EMPTY, FEEDER, HOSTILE, QUIET, ROUTER, STORM, hostile

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("name", ["md", "csv", "html"])
def test_no_format_lets_control_characters_through(name: str) -> None:
    assert not CONTROL.search(FORMATS[name](Report(hostile())))


def test_the_terminal_gets_no_control_characters() -> None:
    assert not CONTROL.search(summary_table(hostile()))


@pytest.mark.parametrize("name", ["json", "ocsf"])
def test_json_is_ascii_so_that_nothing_in_it_acts_on_a_terminal(name: str) -> None:
    text = FORMATS[name](Report(hostile()))
    assert text.isascii()
    assert not CONTROL.search(text)


def test_json_is_the_findings_unchanged() -> None:
    found = json.loads(FORMATS["json"](Report(hostile())))
    assert found == json.loads(json.dumps(hostile().to_dict()))
    assert found["functions"][0]["arn"] == HOSTILE


@pytest.mark.parametrize("table", TABLES)
def test_no_cell_of_a_csv_starts_a_formula(table: str) -> None:
    for row in csv.reader(io.StringIO(to_csv(hostile(), table))):
        assert not [cell for cell in row if cell[:1] in "=+-@" and cell]


def test_csv_has_a_function_a_row_with_its_cost_and_advice() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(STORM))))
    assert [(r["arn"], r["monthly_usd"], r["action"], r["monthly_saving_usd"]) for r in rows] == [
        (ROUTER, "420.0", "move_behind_kinesis", "1629.0"),
        (ARCHIVER, "610.0", "", ""),
        (FEEDER, "630.0", "", ""),
    ]


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_csv_still_has_its_header(table: str) -> None:
    assert len(to_csv(EMPTY, table).splitlines()) == 1


def test_markdown_shows_tags_links_and_tables_as_text() -> None:
    text = FORMATS["md"](Report(hostile()))
    assert "<script" not in text.replace("\\<", "")
    assert all(line.count("|") - line.count("\\|") in {0, 4, 5, 6, 7} for line in text.splitlines())


def test_markdown_of_the_storm_has_its_parts_in_order() -> None:
    text = FORMATS["md"](Report(STORM, changes=()))
    assert re.findall(r"^#+ .*$", text, re.MULTILINE) == [
        "# A sustained log storm: every entry circulates for ever.",
        "## What to change",
        "## Since the last report",
        "## Loops",
        "## Log sources",
        "## Log-processing functions",
        "## Anomalies",
        "## Method and assumptions",
    ]


def test_the_terminal_says_the_facts_first() -> None:
    assert summary_table(STORM).splitlines()[:8] == [
        "A sustained log storm: every entry circulates for ever.",
        "Second-order entries          89 % (247,000 of 276,000 entries)",
        "Factor S                      3 (entries caused by one entry of organization-trail "
        "(2.96 to 3.05); 1 runs an entry)",
        "Loop                          sustained (ρ 1 (0.98 to 1.02); 1 function, 1 account)",
        "Since                         2026-01-12 12:00 UTC",
        "Caused by                     dana (role PlatformAdmin) (PutSubscriptionFilter at "
        "2026-01-12 12:00 UTC from 203.0.113.7; confidence 97 %)",
        "Cost of second-order entries  1,660 USD a month (of 1,840 USD a month in all)",
        "What to do                    Move behind a Kinesis stream: log-router (saves 1,629 USD "
        "a month; relieves central-log-archiver, siem-feeder)",
    ]


@pytest.mark.parametrize("findings", [QUIET, EMPTY])
def test_where_there_is_nothing_the_terminal_says_so(findings: object) -> None:
    assert summary_table(findings).startswith("No log storm")  # type: ignore[arg-type]

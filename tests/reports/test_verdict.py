from __future__ import annotations

from dataclasses import replace

import pytest

from reports.verdict import FAIL_ON, failing, verdict, worst_loop
from tests.reports.samples import QUIET, STORM


@pytest.mark.parametrize(
    ("state", "met"),
    [
        ("runaway", {"runaway", "sustained", "any-loop"}),
        ("sustained", {"sustained", "any-loop"}),
        ("amplifying", {"any-loop"}),
        ("ended", set()),
    ],
)
def test_fail_on_is_met_by_loops_at_least_as_bad(state: str, met: set[str]) -> None:
    found = replace(STORM, loops=(replace(STORM.loops[0], state=state),))
    assert {name for name, states in FAIL_ON.items() if failing(found, states)} == met


def test_the_worst_loop_is_told_first_then_the_largest() -> None:
    base = STORM.loops[0]
    loops = (
        replace(base, id="a", state="amplifying", entries=9_000),
        replace(base, id="b", state="runaway", entries=10),
        replace(base, id="c", state="runaway", entries=20),
    )
    found = worst_loop(replace(STORM, loops=loops))
    assert found is not None
    assert found.id == "c"


def test_a_loop_that_was_there_from_the_start_says_so() -> None:
    loop = replace(STORM.loops[0], onset=None, cause=None)
    facts = {fact.label: fact.value for fact in verdict(replace(STORM, loops=(loop,))).facts}
    assert (facts["Since"], facts["Caused by"]) == ("before the first entry", "not known")


def test_without_a_loop_there_is_no_onset_and_no_cause() -> None:
    assert [fact.label for fact in verdict(QUIET).facts] == [
        "Second-order entries",
        "Factor S",
        "Loop",
        "Cost of second-order entries",
        "What to do",
    ]


def test_advice_to_keep_is_nothing_to_change() -> None:
    kept = replace(STORM.recommendations[0], action="keep")
    assert verdict(replace(STORM, recommendations=(kept,))).facts[-1].value == "nothing to change"


def test_where_nothing_tells_what_wrote_most_entries_nothing_is_claimed() -> None:
    entries = replace(STORM.entries, second_order=None, second_order_share=None)
    told = verdict(
        replace(STORM, entries=entries, loops=(), sources=(), functions=(), recommendations=())
    )
    assert told.state == "unknown"
    assert told.headline.startswith("Not known")
    values = {fact.label: fact.value for fact in told.facts}
    assert [values[name] for name in ("Second-order entries", "Loop")] == ["not known"] * 2
    assert values["Cost of second-order entries"] == "not known"

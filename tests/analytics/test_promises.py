"""What was promised is kept and later told beside what came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analytics import promises
from analytics.cure import Situation, recommend
from analytics.findings import Entries, Findings, Recommendation, Window
from analytics.prices import load
from analytics.treatments import Candidate
from analytics.what_if import Prediction, SourceFlow
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

A = "111111111111"
GROUP = f"arn:aws:logs:us-east-1:{A}:log-group:trail"
STREAM = f"arn:aws:kinesis:us-east-1:{A}:stream/stormtrail-trail"
ROUTER = f"arn:aws:lambda:us-east-1:{A}:function:router"


def plan() -> tuple[Recommendation, Prediction]:
    candidate = Candidate(ROUTER, GROUP, "cloudwatch_logs", 1.0, 600.0, 600.0)
    there = Situation({}, [SourceFlow(GROUP, "cloudwatch_logs", 10.0)], [candidate], load())
    [found] = recommend(there)
    assert found.batch is not None
    return found, there.predict({ROUTER: found.batch})


def findings(source: str, batch: float, s: float, action: str = "keep") -> Findings:
    """What an analysis says of the router now."""
    now = Recommendation(
        ROUTER, source, (), action, "", None, s, s, 0.001, 1.0, 1.0, 0.0,
        entries_per_run_before=batch, spectral_radius_before=0.001,
    )  # fmt: skip
    return Findings(Window(None, None), Entries(), recommendations=(now,))


def test_a_promise_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    found, prediction = plan()
    promises.keep(Layout(tmp_path), [found], prediction)
    assert promises.read(Layout(tmp_path)) == promises.as_json([found], prediction)["moves"]


def test_a_later_promise_of_the_same_function_takes_the_place_of_the_first(tmp_path: Path) -> None:
    found, prediction = plan()
    promises.keep(Layout(tmp_path), [found], prediction)
    assert found.batch is not None
    other = replace(found, batch=replace(found.batch, size=77))
    promises.keep(Layout(tmp_path), [other], prediction)
    assert [item["batch"]["size"] for item in promises.read(Layout(tmp_path))] == [77]


def test_after_the_move_what_came_stands_beside_what_was_promised(tmp_path: Path) -> None:
    found, prediction = plan()
    promises.keep(Layout(tmp_path), [found], prediction)
    assert promises.told(Layout(tmp_path), findings(STREAM, 598.0, 0.00167)) == (
        f"{ROUTER}: promised 590.7 entries a run, s 0.001693, ρ 0;"
        " came 598 entries a run, s 0.00167, ρ 0.001",
    )


def test_before_the_move_the_old_source_is_named_as_the_reason(tmp_path: Path) -> None:
    found, prediction = plan()
    promises.keep(Layout(tmp_path), [found], prediction)
    [note] = promises.told(Layout(tmp_path), findings(GROUP, 1.0, 2.0, "move_behind_kinesis"))
    assert note.endswith(f"not made yet: {GROUP} still starts it as before")


def test_a_larger_batch_in_place_has_come_when_none_is_needed_any_more(tmp_path: Path) -> None:
    found, prediction = plan()
    promises.keep(Layout(tmp_path), [replace(found, action="raise_batch")], prediction)
    for action, says in (("keep", "; came 598"), ("raise_batch", "not made yet")):
        [note] = promises.told(Layout(tmp_path), findings(GROUP, 598.0, 0.00167, action))
        assert says in note


def test_a_function_that_nothing_starts_any_more_is_told_so(tmp_path: Path) -> None:
    found, prediction = plan()
    promises.keep(Layout(tmp_path), [found], prediction)
    [note] = promises.told(Layout(tmp_path), Findings(Window(None, None), Entries()))
    assert note.endswith("no log source starts it in this window")


def test_a_store_without_promises_has_nothing_to_tell(tmp_path: Path) -> None:
    assert promises.told(Layout(tmp_path), findings(GROUP, 1.0, 2.0)) == ()


STRANGE = '[{"function": "f", "source": "s", "action": "a", "entries_per_run": "many"}]'


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', STRANGE])
def test_a_file_that_is_no_promise_is_one_clear_error(tmp_path: Path, text: str) -> None:
    Layout(tmp_path).promises.write_text(text)
    with pytest.raises(StoreError):
        promises.read(Layout(tmp_path))

"""The articles' own numbers, found again in an archive that tells nothing but what happened."""

from __future__ import annotations

import pytest

from analytics.findings import Source
from tests.analytics.conftest import Analyze, Analyzed

SEED = 101


def only_source(case: Analyzed) -> Source:
    """What was found of the one source that there is in truth."""
    (there,) = case.truth.sources
    return case.sources[there.arn]


def test_one_function_an_entry_gives_one_run_an_entry(analyzed: Analyze) -> None:
    source = only_source(analyzed("one_function", SEED))
    assert source.s_invocations == pytest.approx(1.0, rel=0.10)


def test_three_stages_give_three_runs_an_entry(analyzed: Analyze) -> None:
    source = only_source(analyzed("three_stages", SEED))
    assert source.s_invocations == pytest.approx(3.0, rel=0.10)


def test_a_queue_of_200_filled_by_one_run_an_entry_is_no_better_than_none(
    analyzed: Analyze,
) -> None:
    # the run that empties the queue, one in 200, need not be seen for this
    source = only_source(analyzed("queue_trap", SEED))
    assert source.s_invocations == pytest.approx(1.005, rel=0.01)


def test_a_stream_of_200_gives_0_005_runs_an_entry(analyzed: Analyze) -> None:
    source = only_source(analyzed("stream_cure", SEED))
    assert source.s_invocations == pytest.approx(0.005, rel=0.10)


def test_three_functions_all_routed_again_are_runaway(analyzed: Analyze) -> None:
    case = analyzed("three_functions_all_routed", SEED)
    (loop,) = case.found.loops
    assert only_source(case).s_invocations == pytest.approx(3.0, rel=0.10)
    assert (loop.state, set(loop.functions)) == (
        "runaway",
        {function.arn for function in case.truth.functions},
    )


def test_the_cure_moves_the_articles_function_from_2_entries_to_a_fraction(
    analyzed: Analyze,
) -> None:
    before = only_source(analyzed("one_function", SEED)).s
    after = only_source(analyzed("stream_cure", SEED)).s
    assert before == pytest.approx(2.0, rel=0.10)
    assert after == pytest.approx(0.005, rel=0.10)


def test_the_demonstration_names_the_change_that_closed_its_loop(analyzed: Analyze) -> None:
    case = analyzed("articles", SEED)
    (true_loop,), (loop,) = case.truth.loops, case.found.loops
    assert loop.cause is not None
    assert loop.cause.event_id == true_loop.cause_event_id
    assert list(loop.functions) == true_loop.functions

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
    assert source.s_invocations == pytest.approx(3.0, rel=0.15)
    # two records a run; the storm is too fast for the counts to tell the delay
    assert source.s_interval is not None
    assert source.s_interval[0] <= 6.0 <= source.s_interval[1]


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


def test_a_loop_that_closed_in_the_middle_is_as_strong_as_it_is_since_then(
    analyzed: Analyze,
) -> None:
    case = analyzed("articles", SEED)
    (true_loop,), (loop,) = case.truth.loops, case.found.loops
    assert loop.spectral_radius == pytest.approx(true_loop.spectral_radius, rel=0.02)
    assert loop.spectral_radius_interval is not None
    low, high = loop.spectral_radius_interval
    assert true_loop.spectral_radius is not None
    assert low <= true_loop.spectral_radius <= high
    source = only_source(case)
    assert source.feedback_interval[source.arn] == loop.spectral_radius_interval
    if loop.state == "sustained":  # nothing says where it ends, but how far it goes at least
        assert loop.amplification is None
    assert loop.amplification_interval is not None
    assert loop.amplification_interval[0] == pytest.approx(1 / (1 - low), rel=0.01)


def test_to_keep_a_settled_loop_costs_what_it_costs_now(analyzed: Analyze) -> None:
    found = analyzed("articles", SEED).found
    move = next(item for item in found.recommendations if item.action == "move_behind_kinesis")
    keep = next(way for way in move.alternatives if way.action == "keep")
    assert keep.monthly_usd_after == pytest.approx(move.monthly_usd_before, rel=0.1)


def test_the_demonstration_names_the_change_that_closed_its_loop(analyzed: Analyze) -> None:
    case = analyzed("articles", SEED)
    (true_loop,), (loop,) = case.truth.loops, case.found.loops
    assert loop.cause is not None
    assert loop.cause.event_id == true_loop.cause_event_id
    assert list(loop.functions) == true_loop.functions

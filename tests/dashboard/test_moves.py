"""The Cure page's choices, on what was measured in a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.findings import Batch, Findings
from analytics.options import AnalysisOptions
from analytics.planning import case_of
from analytics.situation import Situation
from dashboard import moves
from stormtrail.layout import Layout


@pytest.fixture(scope="module")
def case(storm_store: Path) -> tuple[Findings, Situation]:
    return case_of(Layout(storm_store), AnalysisOptions())


def test_the_controls_begin_with_what_the_analysis_recommends(
    case: tuple[Findings, Situation],
) -> None:
    found, _ = case
    first = found.recommendations[0]
    choice = moves.recommended(found)
    assert first.batch is not None
    assert choice.functions[0] == first.function
    assert (choice.size, choice.window_seconds) == (first.batch.size, first.batch.window_seconds)


def test_what_is_recommended_is_predicted_as_the_recommendation_says(
    case: tuple[Findings, Situation],
) -> None:
    found, situation = case
    first = found.recommendations[0]
    choice = moves.recommended(found)
    only = moves.Choice((first.function,), choice.size, choice.window_seconds)
    after = situation.predict(moves.treatments(only, situation)).after
    assert after.s[first.source or ""] == pytest.approx(first.s_after)


def test_a_batch_of_one_saves_less_than_a_large_one(case: tuple[Findings, Situation]) -> None:
    found, situation = case
    chosen = moves.recommended(found).functions
    small, large = (
        situation.predict(moves.treatments(moves.Choice(chosen, size, 300), situation)).after
        for size in (1, 1000)
    )
    assert sum(small.runs.values()) > sum(large.runs.values())


def test_a_tried_batch_goes_into_the_recommendation_for_the_template(
    case: tuple[Findings, Situation],
) -> None:
    found, situation = case
    first = found.recommendations[0]
    choice = moves.Choice((first.function,), 123, 45)
    (tried,) = moves.rebatched(found.recommendations, moves.treatments(choice, situation))
    assert tried.action == "move_behind_kinesis"
    assert isinstance(tried.batch, Batch)
    assert (tried.batch.size, tried.batch.window_seconds) == (123, 45)


def test_nothing_chosen_is_nothing_done(case: tuple[Findings, Situation]) -> None:
    found, situation = case
    choice = moves.Choice((), 100, 60)
    assert moves.treatments(choice, situation) == {}
    assert moves.rebatched(found.recommendations, {}) == ()

"""What a source delivers and who feeds it, told from simulated archives."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import feeds
from tests.analytics.conftest import Analyze


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_cut_subscription_ends_the_feed_that_its_trail_goes_on_with(
    analyzed: Analyze, seed: int
) -> None:
    case = analyzed("ended", seed)
    (truth,) = case.truth.sources
    assert case.sources[truth.arn].entries_delivered == pytest.approx(
        truth.entries_delivered, rel=0.02
    )
    assert case.sources[truth.arn].s == pytest.approx(truth.s, rel=0.02)


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_nothing_recorded_is_taken_for_a_trail_with_management_entries(
    analyzed: Analyze, seed: int
) -> None:
    (source,) = analyzed("nothing_recorded", seed).found.sources
    assert [fed.categories for fed in source.fed_by] == [("Data", "Management")]


def test_the_only_trail_is_named_for_the_bucket_that_logs_itself(analyzed: Analyze) -> None:
    case = analyzed("self_logging_bucket", 101)
    (source,), (truth,) = case.found.sources, case.truth.sources
    assert [fed.trail and fed.trail.rpartition("/")[2] for fed in source.fed_by] == truth.trails


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_storm_that_was_moved_behind_a_stream_has_ended_and_its_stream_is_another(
    analyzed: Analyze, seed: int
) -> None:
    case = analyzed("moved_behind_stream", seed)
    truth = {tuple(loop.sources): loop.state for loop in case.truth.loops}
    assert {loop.sources: loop.state for loop in case.found.loops} == truth


def test_a_feed_without_gaps_delivers_nothing_in_them() -> None:
    mask = np.array([True])
    feed = feeds.all_along(mask, 100).without([(10, 20), (40, 50), (90, 200)])
    assert [(part.first, part.last) for part in feed.parts] == [(0, 10), (20, 40), (50, 90)]

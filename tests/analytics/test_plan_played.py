"""What a plan predicts is what the simulator then does: the whole way from archive to plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from analytics.cure import recommend
from analytics.findings import Batch
from analytics.situation import Situation
from analytics.treatments import Firehose, Larger, Queue, Treatment
from analytics.usage import MONTH_SECONDS
from simulation.organization import Organization
from tests.analytics import played
from tests.analytics.played import (
    Came,
    across,
    chain,
    one_router,
    several,
    tiny_stream,
    two_accounts,
)

pytestmark = pytest.mark.slow
Build = Callable[[int], Organization]

CASES: dict[str, tuple[Build, int, Treatment]] = {
    "one function": (one_router, 1, Batch(200, 60, 1)),
    "a small batch": (one_router, 1, Batch(20, 60, 1)),
    "a short window": (one_router, 1, Batch(1_000, 10, 1)),
    "a long window": (one_router, 1, Batch(10_000, 300, 1)),
    "entries split over shards": (one_router, 1, Batch(200, 60, 4)),
    "Firehose": (one_router, 1, Firehose(3_000_000, 60)),
    "a queue": (one_router, 1, Queue(200, 60)),
    "a chain into another account": (chain, 1, Batch(200, 60, 1)),
    "a chain, two shards": (chain, 1, Batch(1_200, 60, 2)),
    "several functions on one group": (several, 1, Batch(200, 60, 1)),
    "two accounts": (two_accounts, 1, Batch(200, 60, 1)),
    "two accounts, a short window": (two_accounts, 1, Batch(200, 20, 1)),
    "a trail of the organization": (across, 1, Batch(100, 30, 1)),
    "a larger batch in place": (tiny_stream, 1, Larger(200, 60)),
}


@cache
def situation(build: Build, seed: int) -> Situation:
    with TemporaryDirectory() as folder:
        return played.analysed(build(seed), seed, Path(folder))


@pytest.mark.parametrize(("build", "seed", "way"), CASES.values(), ids=list(CASES))
def test_what_was_predicted_is_what_comes(build: Build, seed: int, way: Treatment) -> None:
    organization = build(seed)
    there = situation(build, seed)
    sources = {source.arn for source in organization.sources}
    moves = {item.function: way for item in there.candidates if item.source in sources}
    after = there.predict(moves).after
    assert after.delivered is not None
    predicted = Came(
        {arn: after.s[arn] for arn in sources},
        {arn: after.delivered[arn] for arn in sources},
        sum(after.s[arn] * after.delivered[arn] for arn in sources),
        after.spectral_radius,
    )
    came = played.played(organization, seed, way)
    assert predicted.s == pytest.approx(came.s, rel=0.1)
    assert predicted.delivered == pytest.approx(came.delivered, rel=0.1)
    assert predicted.second_order == pytest.approx(came.second_order, rel=0.1)
    assert predicted.spectral_radius == pytest.approx(came.spectral_radius, rel=0.1)


def test_the_router_of_a_real_storm_is_moved_and_no_queue_is() -> None:
    for build in (one_router, chain, several, two_accounts):
        found = [item for item in recommend(situation(build, 1)) if item.action != "keep"]
        functions = {stage.function for s in build(1).sources for stage in s.stages}
        assert {item.function for item in found} == {f.arn for f in functions if f}
        assert {item.action for item in found} == {"move_behind_kinesis"}


def test_a_queue_is_told_as_an_alternative_that_is_worse_than_the_stream() -> None:
    for item in recommend(situation(one_router, 1)):
        by_action = {other.action: other for other in item.alternatives}
        assert (by_action["queue"].s_after or 0) > 10 * (item.s_after or 9)
        assert (by_action["queue"].monthly_usd_after or 0) > (item.monthly_usd_after or 9e9)


def test_a_month_is_the_rate_of_the_storm() -> None:
    there = situation(one_router, 1)
    [flow] = there.sources
    before = there.predict({}).before
    assert before.delivered == {flow.arn: flow.delivered_per_second * MONTH_SECONDS}

"""What cures save is never more than what second-order entries cost, one by one and all together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.cure import recommend, stream_for
from analytics.prices import load
from analytics.situation import Situation, parts, with_counted_money, with_flows
from analytics.treatments import Candidate
from analytics.usage import Assumptions
from analytics.what_if import SourceFlow
from tests.analytics.conftest import Analyze

A = "111111111111"
GROUPS = [f"arn:aws:logs:us-east-1:{A}:log-group:g{number}" for number in range(3)]
BUCKET = "arn:aws:s3:::trail-files"
KINDS = ("cloudwatch_logs", "s3", "sns", "sqs", "kinesis")
shares = st.floats(0.0, 1.0)


def arn(number: int) -> str:
    return f"arn:aws:lambda:us-east-1:{A}:function:f{number}"


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    count = draw(st.integers(1, 4))
    return [draw(candidate(number)) for number in range(count)]


@st.composite
def candidate(draw: st.DrawFn, number: int) -> Candidate:
    runs = draw(st.floats(0.01, 20_000.0))
    routed = {g: draw(shares) for g in draw(st.lists(st.sampled_from(GROUPS), unique=True))}
    further = draw(st.floats(0.0, 5.0))
    return Candidate(
        arn(number),
        draw(st.sampled_from(GROUPS)),
        draw(st.sampled_from(KINDS)),
        draw(st.none() | st.floats(0.2, 500.0)),
        runs,
        runs * draw(st.floats(1.0, 5.0)),
        active=draw(st.booleans() | st.just(True)),
        run_entries=draw(st.floats(1.0, 3.0)),
        further_entries=further,
        further_management=further * draw(shares),
        callees=draw(st.just({}) | st.just({arn(9): 1.0})),
        routed=routed,
        further_routed=draw(st.none() | st.just({GROUPS[0]: 0.5})),
        copies=draw(st.floats(1.0, 3.0)),
        management_copies=draw(st.floats(1.0, 3.0)),
        own_log_group=draw(st.booleans()),
        memory_mb=draw(st.none() | st.floats(128.0, 10_240.0)),
    )


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    flows = [draw(flow(group, "cloudwatch_logs")) for group in GROUPS]
    flows += [replace(draw(flow(BUCKET, "s3")), self_logging=True)] if draw(st.booleans()) else []
    names = [item.arn for item in flows]
    row = st.dictionaries(st.sampled_from(names), st.floats(0.0, 2.0), max_size=3)
    k = draw(st.dictionaries(st.sampled_from(names), row, max_size=4))
    siem = draw(st.sampled_from([0.0, 2.0]))
    assumed = Assumptions(siem_usd_per_gb=siem)
    return Situation(k, flows, draw(candidates()), load(), assumed)


@st.composite
def flow(draw: st.DrawFn, name: str, kind: str) -> SourceFlow:
    rate = draw(st.floats(0.0, 3_000.0))
    return SourceFlow(
        name,
        kind,
        rate,
        draw(st.none() | st.floats(0.0, 4_000.0)),
        draw(st.none() | st.floats(0.0, 10.0)),
        copies=draw(st.floats(1.0, 2.0)),
    )


many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def saved(situation: Situation) -> list[float]:
    return [item.monthly_saving_usd or 0.0 for item in recommend(situation)]


def second_order(situation: Situation) -> float:
    costs = [part.predict({}).before.cost for part in parts(with_flows(situation))]
    return sum(found.second_order_monthly_usd or 0.0 for found in costs if found)


@many
@given(situations())
def test_all_savings_together_are_at_most_what_second_order_entries_cost(there: Situation) -> None:
    most = second_order(there)
    assert all(usd >= -1e-9 for usd in saved(there))
    assert sum(saved(there)) <= most * (1 + 1e-9) + 1e-9


@many
@given(situations(), st.floats(0.0, 10_000.0))
def test_they_are_at_most_what_was_counted_of_second_order_entries(
    there: Situation, counted: float
) -> None:
    assert sum(saved(with_counted_money(there, counted))) <= counted * (1 + 1e-9) + 1e-9


@many
@given(situations())
def test_what_is_told_as_saved_is_the_money_before_less_that_after(there: Situation) -> None:
    for item in recommend(there):
        assert (item.monthly_usd_before or 0.0) - (item.monthly_usd_after or 0.0) == pytest.approx(
            item.monthly_saving_usd, abs=1e-6
        )


STORMS = (
    "articles",
    "one_function",
    "own_log_group",
    "several_functions_one_group",
    "self_logging_bucket",
    "three_functions_all_routed",
    "three_stages",
)


@pytest.mark.parametrize("kind", STORMS)
def test_a_simulated_storms_savings_are_part_of_its_second_order_cost(
    analyzed: Analyze, kind: str
) -> None:
    found = analyzed(kind, 1).found
    saving = sum(item.monthly_saving_usd or 0.0 for item in found.recommendations)
    second, month = found.cost.second_order_monthly_usd or 0.0, found.cost.monthly_usd or 0.0
    assert 0 < saving <= second <= month


def pair(rate: float, **changes: Any) -> Situation:
    """Two log groups whose functions' runs are delivered by the other one, at this many entries a second."""
    ends = (GROUPS[:2], GROUPS[1::-1])
    found = [
        replace(
            Candidate(
                arn(number), one, "cloudwatch_logs", 1.0, rate * 60, rate * 60, run_entries=1.0
            ),
            routed={other: 0.9},
            records_kinesis=False,
            **changes,
        )
        for number, (one, other) in enumerate(ends)
    ]
    flows = [SourceFlow(group, "cloudwatch_logs", rate) for group in GROUPS[:2]]
    k = {one: {other: 0.9} for one, other in ends}
    return Situation(k, flows, found, load())


def test_two_moves_that_end_one_loop_save_together_what_they_are_told_to_save() -> None:
    there = pair(200.0)
    found = recommend(there)
    moves = {item.function: item.batch for item in found if item.batch}
    assert len(moves) == 2
    together = there.predict(moves).monthly_saving_usd
    assert sum(item.monthly_saving_usd or 0.0 for item in found) == pytest.approx(together)
    alone = [
        there.predict({name: batch}).monthly_saving_usd or 0.0 for name, batch in moves.items()
    ]
    assert sum(alone) > (together or 0.0) * 1.2


def test_a_move_that_is_not_worth_it_once_another_is_made_is_not_made() -> None:
    # one stream ends the loop; what is left to save on the other group does not pay for a second one
    there = pair(10.0)
    for number in (0, 1):
        batch = stream_for(there.candidates[number], there)
        assert (there.predict({arn(number): batch}).monthly_saving_usd or 0.0) > 1.0
    made, kept = recommend(there)
    assert (made.action, kept.action) == ("move_behind_kinesis", "keep")
    assert "once the other changes are made" in kept.why

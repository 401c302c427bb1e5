"""The articles' own numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

import simulation
from simulation import Truth
from simulation.organization import Delay, Organization, Workload


def truth_of(kind: str, seed: int) -> Truth:
    return simulation.simulate(simulation.build(kind, seed), seed).truth


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_function_an_entry_gives_one_run_an_entry(seed: int) -> None:
    assert truth_of("one_function", seed).sources[0].s_invocations == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_stages_give_three_runs_an_entry(seed: int) -> None:
    assert truth_of("three_stages", seed).sources[0].s_invocations == 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_queue_of_200_filled_by_one_run_an_entry_gives_1_005(seed: int) -> None:
    (source,) = truth_of("queue_trap", seed).sources
    assert source.s_invocations == pytest.approx(1.005, abs=0.0005)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_stream_of_200_gives_0_005(seed: int) -> None:
    (source,) = truth_of("stream_cure", seed).sources
    assert source.s_invocations == pytest.approx(0.005, abs=0.0002)


def one_entry(seed: int) -> Organization:
    """Three functions all routed, a single ordinary entry, and delivery after two minutes sharp."""
    organization = simulation.build("three_functions_all_routed", seed, hours=0.2)
    (source,) = organization.sources
    (trail,) = organization.trails
    only = Workload("user_invoked", trail.account, trail.region, "once", 0.0, every_minutes=600.0)
    always = tuple(replace(selector, since=0.0) for selector in trail.selectors)
    return replace(
        organization,
        workloads=(only,),
        changes=(),
        trails=(replace(trail, selectors=always),),
        sources=(replace(source, since=0.0, delay=Delay(120.0, 120.0)),),
    )


def test_three_functions_all_routed_again_give_3_then_9_then_27() -> None:
    (source,) = simulation.simulate(one_entry(1), 1).truth.sources
    assert source.runs_by_order == {1: 3, 2: 9, 3: 27, 4: 81, 5: 243}
    assert (source.entries_delivered, source.s) == (1 + 3 + 9 + 27 + 81, 3.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_demonstration_is_a_day_of_four_accounts_with_a_storm_from_half_way(seed: int) -> None:
    truth = truth_of("articles", seed)
    (loop,) = truth.loops
    (router,) = (function for function in truth.functions if function.in_loop)
    beyond = [function for function in truth.functions if not function.in_loop]
    assert 150_000 < truth.entries < 300_000
    assert 0.8 < truth.second_order_entries / truth.entries < 0.95
    assert loop.onset[11:13] in ("11", "12", "13")
    assert loop.functions == [router.arn]
    assert (router.depth, [function.depth for function in beyond]) == (1, [2, 2])
    assert loop.cause_event_id is not None

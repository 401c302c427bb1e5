"""Whole organizations with seeds that nothing was tuned on (tuning used 1, 2 and 3)."""

from __future__ import annotations

import pytest

from tests.analytics.conftest import Analyze, Analyzed

SEEDS = (101, 102, 103)
STORMS = (
    "one_function",
    "stream_batches",
    "firehose_transform",
    "own_log_group",
    "two_storms",
    "single_account",
    "cross_account_chain",
    "eventbridge_rule",
    "sqs_from_bucket",
)
QUIET = ("no_storm",)


def functions_of_loops(case: Analyzed) -> tuple[list[list[str]], list[list[str]]]:
    return (
        sorted(loop.functions for loop in case.truth.loops),
        sorted(list(loop.functions) for loop in case.found.loops),
    )


EVERY = [(kind, seed) for kind in (*STORMS, *QUIET) for seed in SEEDS]


@pytest.mark.parametrize(("kind", "seed"), EVERY)
def test_the_log_processors_are_found_and_nothing_else(
    analyzed: Analyze, kind: str, seed: int
) -> None:
    case = analyzed(kind, seed)
    assert {f.arn for f in case.found.functions} == {f.arn for f in case.truth.functions}


@pytest.mark.parametrize(("kind", "seed"), EVERY)
def test_s_is_within_a_tenth_of_the_truth(analyzed: Analyze, kind: str, seed: int) -> None:
    case = analyzed(kind, seed)
    told = [source for source in case.truth.sources if source.s is not None]
    found = {arn: (source.s, source.s_invocations) for arn, source in case.sources.items()}
    expected: dict[str, object] = {
        source.arn: (
            pytest.approx(source.s, rel=0.10),
            pytest.approx(source.s_invocations, rel=0.10),
        )
        for source in told
    }
    assert {source.arn: found[source.arn] for source in told} == expected


@pytest.mark.parametrize(("kind", "seed"), EVERY)
def test_each_loop_is_found_with_the_functions_that_it_runs_through(
    analyzed: Analyze, kind: str, seed: int
) -> None:
    there, here = functions_of_loops(analyzed(kind, seed))
    assert here == there


@pytest.mark.parametrize("kind", ["no_storm", "no_storm_busy"])
def test_where_nothing_comes_back_no_loop_is_found(analyzed: Analyze, kind: str) -> None:
    assert analyzed(kind, 101).found.loops == ()

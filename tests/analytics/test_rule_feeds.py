"""What a rule matches whose pattern is nowhere, by the counts alone."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.feeds import Mask
from analytics.rule_feeds import matched
from analytics.series import Counts, Floats

MINUTES = 12 * 60
HOME, REGION = "111122223333", "eu-west-1"
CALLS = (
    (REGION, "sts", "AssumeRole"),
    (REGION, "sts", "GetCallerIdentity"),
    (REGION, "kms", "Decrypt"),
    (REGION, "s3", "ListBuckets"),
    (REGION, "ec2", "DescribeHosts"),
    ("us-east-1", "iam", "GetRole"),
)
KEYS = tuple(
    (HOME, region, "Management", f"{service}.amazonaws.com", name, True)
    for region, service, name in CALLS
)


def ordinary(seed: int) -> list[Floats]:
    """Calls a minute of each kind, with a rhythm that all share."""
    draw = np.random.default_rng(seed)
    rhythm = 6 + 4 * np.sin(np.arange(MINUTES) / MINUTES * 4 * np.pi)
    return [draw.poisson(rhythm * (1 + place)).astype(float) for place in range(len(KEYS))]


def traffic(series: list[Floats]) -> Counts:
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), len(series))
    key = np.repeat(np.arange(len(series), dtype=np.int64), MINUTES)
    return Counts(minute, key, KEYS, {"entries": np.concatenate(series)}, MINUTES)


def found(runs: Floats, series: list[Floats], own: Floats | None = None) -> list[int] | None:
    """The places in CALLS of what the rule is found to match."""

    def own_of(mask: Mask) -> Floats:
        return np.zeros(MINUTES) if own is None or not mask.any() else own

    mask = matched(HOME, REGION, runs, own_of, traffic(series))
    return None if mask is None else np.flatnonzero(mask).tolist()


def later(series: Floats) -> Floats:
    """A minute or two later, each by itself."""
    draw = np.random.default_rng(9)
    second = draw.binomial(series.astype(int), 0.4)
    runs = np.zeros(MINUTES)
    runs[1:] += (series - second)[:-1]
    runs[2:] += second[:-2]
    return runs


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("wanted", [[0, 1], [0, 1, 2], [2], [2, 3, 4]])
def test_services_whose_calls_start_a_run_each_are_found(wanted: list[int], seed: int) -> None:
    series = ordinary(seed)
    assert found(later(np.sum([series[place] for place in wanted], axis=0)), series) == wanted


def test_a_rule_may_ask_for_one_call_or_see_another_regions() -> None:
    series = ordinary(4)
    assert found(later(series[1]), series) == [1]
    assert found(later(series[2] + series[5]), series) == [2, 5]


@pytest.mark.parametrize("seed", range(20))
def test_what_only_shares_the_rhythm_is_not_matched(seed: int) -> None:
    shares = np.random.default_rng(100 + seed).permutation(4).astype(float)
    runs: Floats = shares @ np.array(ordinary(50 + seed)[:4])
    assert found(runs, ordinary(seed)) is None


def test_a_schedule_matches_nothing_though_its_function_makes_one_call_each_time() -> None:
    series = ordinary(6)
    every_five = (np.arange(MINUTES) % 5 == 0).astype(float)
    series[3] = every_five
    assert found(every_five, series, own=every_five) is None
    assert found(every_five, ordinary(6)) is None


def test_few_runs_tell_nothing() -> None:
    series = ordinary(7)
    runs = np.zeros(MINUTES)
    runs[:20] = later(series[2])[:20]
    assert found(runs, series) is None

"""The estimator of s on series whose delay and ratio are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from analytics.amplification import alike, estimate, part
from analytics.delays import USUAL, delay
from analytics.lags import LAGS, lagged, log_normal_kernel
from analytics.series import Floats

MINUTES = 600
KERNEL = log_normal_kernel(4.0, 0.4)


def runs_of(delivered: Floats, ratio: float, rng: np.random.Generator) -> Floats:
    """Poisson runs, `ratio` an entry, after delays from KERNEL."""
    return rng.poisson(ratio * (lagged(delivered) @ KERNEL)).astype(float)


def steady(rng: np.random.Generator) -> Floats:
    return rng.poisson(rng.gamma(2.0, 25.0, MINUTES)).astype(float)


def growing(rng: np.random.Generator) -> Floats:
    return rng.poisson(20 * np.exp(np.arange(MINUTES) / 120)).astype(float)


def test_a_known_delay_is_recovered_from_the_counts() -> None:
    rng = np.random.default_rng(11)
    delivered = steady(rng)
    runs = runs_of(delivered, 1.0, rng)
    found = delay(runs, delivered)
    assert found.told
    assert found.kernel.sum() == pytest.approx(1.0)
    assert np.arange(LAGS) @ found.kernel == pytest.approx(np.arange(LAGS) @ KERNEL, abs=0.5)
    assert alike(runs, delivered) > 0.8  # Poisson noise of the runs keeps it under 1


def test_what_a_run_writes_in_its_own_minute_does_not_shorten_the_delay() -> None:
    rng = np.random.default_rng(12)
    delivered, runs = rng.poisson(40.0, MINUTES).astype(float), np.zeros(MINUTES)
    for minute in range(LAGS, MINUTES):
        past = delivered[minute - LAGS + 1 : minute + 1][::-1]
        runs[minute] = rng.poisson(0.4 * past @ KERNEL)
        delivered[minute] += 2 * runs[minute]
    mistaken, found = delay(runs, delivered), delay(runs, delivered, 2 * runs)
    true = np.arange(LAGS) @ KERNEL
    assert np.arange(LAGS) @ mistaken.kernel < 0.6 * true
    assert np.arange(LAGS) @ found.kernel == pytest.approx(true, rel=0.15)


def test_a_source_at_its_ceiling_does_not_tell_the_delay() -> None:
    rng = np.random.default_rng(14)
    found = delay(np.full(MINUTES, 20.0), rng.poisson(60.0, MINUTES).astype(float))
    assert not found.told
    assert np.arange(LAGS) @ found.kernel == pytest.approx(np.arange(LAGS) @ USUAL.kernel, abs=0.3)


@pytest.mark.parametrize("ratio", [0.05, 1.0, 3.0])
def test_growth_does_not_bias_the_ratio(ratio: float) -> None:
    rng = np.random.default_rng(12)
    delivered = growing(rng)
    found = estimate(runs_of(delivered, ratio, rng), delivered)
    assert found is not None
    assert found.ratio == pytest.approx(ratio, rel=0.05)


def realized(delivered: Floats, part: float, rng: np.random.Generator) -> tuple[Floats, float]:
    """Runs that this part of the entries started, each after a delay of its own, and their true ratio: runs
    after the last minute are not seen, and are not in the runs."""
    runs = np.zeros(MINUTES + LAGS)
    for minute, entries in enumerate(delivered):
        delays = rng.choice(LAGS, size=rng.binomial(int(entries), part), p=KERNEL)
        np.add.at(runs, minute + delays, 1.0)
    return runs[:MINUTES], float(runs.sum() / delivered.sum())


@pytest.mark.parametrize("made", [steady, growing])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(
    made: Callable[[np.random.Generator], Floats],
) -> None:
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        delivered = made(rng)
        runs, truth = realized(delivered, 0.5, rng)
        found = estimate(runs, delivered)
        assert found is not None
        covered += found.interval[0] <= truth <= found.interval[1]
    assert covered >= 54


def test_a_part_of_the_span_has_a_ratio_and_an_interval_of_its_own() -> None:
    rng = np.random.default_rng(15)
    delivered = steady(rng)
    ratios = np.where(np.arange(MINUTES) < 400, 1.0, 0.5)
    runs = rng.poisson(ratios * (lagged(delivered) @ KERNEL)).astype(float)
    whole = estimate(runs, delivered)
    assert whole is not None
    late = part(whole, runs, delivered, 400, MINUTES)
    assert (late.first, late.last) == (400, whole.last)
    assert late.ratio == pytest.approx(0.5, rel=0.03)
    assert late.interval[0] < late.ratio < late.interval[1] < whole.ratio


@pytest.mark.parametrize("minutes", [(5, MINUTES), (MINUTES - 1, MINUTES)])
def test_about_all_of_the_span_and_too_little_of_it_are_all_of_it(
    minutes: tuple[int, int],
) -> None:
    rng = np.random.default_rng(16)
    delivered = steady(rng)
    runs = runs_of(delivered, 1.0, rng)
    whole = estimate(runs, delivered)
    assert whole is not None
    assert part(whole, runs, delivered, *minutes) == whole


def test_nothing_ran_is_no_estimate() -> None:
    rng = np.random.default_rng(1)
    assert estimate(np.zeros(MINUTES), steady(rng)) is None


def test_a_straggler_after_the_link_was_cut_does_not_dilute_the_ratio() -> None:
    rng = np.random.default_rng(13)
    delivered = steady(rng)
    runs = runs_of(delivered, 1.0, rng)
    runs[400:] = 0.0
    runs[440] = 1.0
    found = estimate(runs, delivered)
    assert found is not None
    assert found.last == 400
    assert found.ratio == pytest.approx(1.0, rel=0.05)


def test_what_has_not_come_yet_at_the_windows_end_makes_no_runaway_sustained() -> None:
    """Of the last minutes entries and runs are missing alike, which looks like no delay between them."""
    rng = np.random.default_rng(15)
    delivered, runs = rng.poisson(2.0, MINUTES).astype(float), np.zeros(MINUTES)
    for minute in range(LAGS, MINUTES):
        past = delivered[minute - LAGS + 1 : minute + 1][::-1]
        runs[minute] = rng.poisson(0.525 * past @ KERNEL)
        delivered[minute] += 2 * runs[minute]
    come = np.clip((MINUTES - np.arange(MINUTES)) / 8 - 0.5, 0.0, 1.0)
    seen, of = (rng.binomial(all_.astype(int), come).astype(float) for all_ in (runs, delivered))
    found = estimate(seen, of, 2 * seen)
    assert found
    assert found.ratio == pytest.approx(0.525, rel=0.01)
    assert found.interval[0] > 0.5


def test_batches_by_the_clock_are_no_stragglers_however_much_they_carry() -> None:
    """A backlog at first, of which each run takes ten times as much as later."""
    delivered = np.full(300, 5.0)
    delivered[20:40] = 50.0
    runs = np.zeros(300)
    runs[24:] = 1.0
    delivered[:20] = 0.0
    found = estimate(runs, delivered)
    assert found is not None
    assert found.first <= 24
    assert found.ratio == pytest.approx(runs.sum() / delivered.sum(), rel=0.05)


@pytest.mark.parametrize("grown", [range(300, MINUTES), range(300)])
def test_runs_of_much_larger_batches_are_no_stragglers(grown: range) -> None:
    """A mapping's batch becomes, or was, 30 entries instead of one."""
    rng = np.random.default_rng(17)
    delivered = steady(rng)
    runs = runs_of(delivered, 1.0, rng)
    runs[grown] = rng.binomial(runs[grown].astype(int), 1 / 30)
    found = estimate(runs, delivered)
    assert found is not None
    low, high = found.interval
    assert low <= runs.sum() / delivered.sum() <= high


def test_an_exact_ratio_is_the_same_in_every_part() -> None:
    delivered = np.full(200, 4.0)
    runs = np.full(200, 1.0)
    runs[100:] = 2.0
    found = estimate(runs, delivered)
    assert found is not None
    assert part(found, runs, delivered, 120, 190).ratio == pytest.approx(0.5, rel=0.02)
    exact = replace(found, ratio=1.0, exact=True)
    assert part(exact, runs, delivered, 120, 190) is exact


def in_files(delivered: Floats, rng: np.random.Generator) -> Floats:
    """A run for every entry, in the minute in which all of its minute come, as one file's entries do."""
    runs = np.zeros(MINUTES)
    for minute, entries in enumerate(delivered):
        comes = minute + int(rng.lognormal(np.log(191 / 60), 0.45))
        if comes < MINUTES:
            runs[comes] += entries
    return runs


@pytest.mark.parametrize("seed", range(3))
def test_whole_files_that_come_at_once_are_not_taken_for_a_long_delay(seed: int) -> None:
    """The runs of a loop that grows, of which each minute's entries come together."""
    rng = np.random.default_rng(seed)
    delivered = rng.poisson(np.linspace(1, 200, MINUTES)).astype(float)
    runs = in_files(delivered, rng)
    found = estimate(runs, delivered)
    assert found is not None
    assert found.aligned_seconds == pytest.approx(213, abs=60)
    assert found.ratio == pytest.approx(1.0, rel=0.01)


def test_runs_of_the_last_minutes_stand_for_as_many_entries_as_those_before_them() -> None:
    """A loop that is at its ceiling for its last hour alone; what its last minutes delivered is not there yet."""
    rng = np.random.default_rng(5)
    delivered = np.where(np.arange(MINUTES) < MINUTES - 120, 10.0, 100.0)
    runs = rng.poisson(np.minimum(lagged(delivered) @ KERNEL, 20.0)).astype(float)
    found = estimate(runs, rng.poisson(delivered).astype(float))
    assert found is not None
    total = float((lagged(delivered) @ KERNEL).sum())
    assert found.ratio == pytest.approx(runs.sum() / total, rel=0.03)
    inside = slice(found.first, found.last)
    assert found.ratio < 0.99 * runs[inside].sum() / (lagged(delivered) @ KERNEL)[inside].sum()

"""Whether a function runs minutes after a trail's entries, by counts alone."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.inference import OF_A_GROUP, OF_ITSELF, Response, proportion, response
from analytics.lags import lagged, usual_kernel
from analytics.series import Floats

MINUTES = 2 * 24 * 60


def entries(seed: int) -> Floats:
    """Two days' entries a minute, which rise and fall with the hour."""
    rhythm = 40 + 30 * np.sin(np.arange(MINUTES) / MINUTES * 2 * np.pi)
    draw = np.random.default_rng(seed)
    return draw.poisson(rhythm * draw.gamma(4, 0.25, MINUTES)).astype(float)


def runs_after(delivered: Floats, share: float, seed: int) -> Floats:
    """Runs of a log processor that takes this share of what was delivered minutes before."""
    mean = share * (lagged(delivered) @ usual_kernel())
    return np.random.default_rng(seed).poisson(mean).astype(float)


def test_what_runs_minutes_after_the_entries_processes_them() -> None:
    delivered = entries(1)
    runs = runs_after(delivered, 0.5, 2)
    assert response(runs, 2 * runs, delivered + 2 * runs).processes is True


def test_what_runs_in_the_minute_of_its_entries_and_by_the_day_does_not() -> None:
    others = entries(3)
    runs = np.random.default_rng(4).poisson(0.4 * others).astype(float)
    assert response(runs, 2 * runs, others + 2 * runs).processes is False


def business(seed: int) -> Floats:
    """What moves a whole account up and down, for ten minutes at a time."""
    draw = np.random.default_rng(seed).normal(0, 0.15, MINUTES)
    level = np.zeros(MINUTES)
    for minute in range(1, MINUTES):
        level[minute] = 0.9 * level[minute - 1] + draw[minute]
    return np.exp(level)


def test_what_a_business_moves_with_all_else_does_not() -> None:
    for seed in range(100, 130):
        moving, draw = business(seed), np.random.default_rng(1000 + seed)
        runs = draw.poisson(2 * moving).astype(float)
        found = response(runs, 2 * runs, draw.poisson(20 * moving) + 2 * runs)
        assert found.processes is not True


def test_a_log_processor_of_such_a_business_is_told() -> None:
    for seed in range(200, 210):
        delivered = np.random.default_rng(seed).poisson(30 * business(seed)).astype(float)
        runs = runs_after(delivered, 0.2, 1000 + seed)
        assert response(runs, 2 * runs, delivered + 2 * runs).processes is True


def test_even_runs_at_a_ceiling_tell_nothing() -> None:
    delivered = entries(5)
    assert response(np.full(MINUTES, 10.0), np.full(MINUTES, 20.0), delivered).processes is None


def test_a_few_runs_tell_nothing() -> None:
    runs = np.zeros(MINUTES)
    runs[::60] = 1.0
    assert response(runs, runs, entries(6)).processes is None


def test_runs_in_proportion_to_their_own_feed_are_told_from_those_to_another() -> None:
    feed, other = entries(7), entries(8)
    runs = runs_after(feed, 0.5, 9)
    none = np.zeros(MINUTES)
    assert proportion(runs, none, feed).gain > 10 + proportion(runs, none, other).gain


def test_bursts_of_an_applications_lines_are_no_loop_though_they_write_most_entries() -> None:
    """What a burst's runs wrote is minutes later followed by more of its runs."""
    for seed in range(20):
        draw = np.random.default_rng(seed)
        bursts = np.convolve(draw.random(MINUTES) < 0.03, np.ones(10))[:MINUTES]
        runs = draw.poisson(6 + 10 * bursts).astype(float)
        found = response(runs, 2 * runs, draw.poisson(3, MINUTES) + 2 * runs)
        assert found.of_itself >= OF_ITSELF and found.sigmas >= 3
        assert found.processes is not True


@pytest.mark.parametrize(("of_itself", "processes"), [(0.9, True), (OF_ITSELF, True), (0.5, None)])
def test_a_loop_that_wrote_most_of_the_entries_shows_sooner(
    of_itself: float, processes: bool | None
) -> None:
    found = Response(
        gain=0.5, error=0.5 / 3.1, dispersion=0.9, compared=lambda: 5.0, of_itself=of_itself
    )
    assert found.processes is processes


def test_of_a_log_groups_functions_less_evidence_is_enough() -> None:
    found = Response(gain=0.6, error=0.12, compared=lambda: 3.2, of_itself=0.3)
    assert (found.processes, found.told(OF_A_GROUP)) == (None, True)
    evenly = Response(gain=0.6, error=0.12, compared=lambda: 1.0, of_itself=0.3)
    assert evenly.told(OF_A_GROUP) is None

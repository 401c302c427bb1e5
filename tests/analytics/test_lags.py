"""Series shifted by minutes, and the minutes that are looked at."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.lags import (
    LAGS,
    busiest,
    complete_until,
    delivered_span,
    lagged,
    later,
    log_normal_kernel,
)


def test_lagged_columns_of_some_minutes_are_those_of_all() -> None:
    series = np.random.default_rng(1).random(90)
    for first, last in ((0, 90), (3, 40), (30, 90), (89, 90), (5, 6)):
        assert (lagged(series, first, last) == lagged(series)[first:last]).all()


def test_a_delayed_series_is_its_lagged_columns_weighted() -> None:
    series, kernel = np.random.default_rng(1).random(50), log_normal_kernel(3.0, 0.5)
    assert later(series, kernel) == pytest.approx(lagged(series) @ kernel)
    assert later(series[:5], kernel) == pytest.approx(lagged(series[:5]) @ kernel)


def test_a_kernel_is_the_part_of_each_minute() -> None:
    kernel = log_normal_kernel(3.0, 0.5)
    assert len(kernel) == LAGS
    assert kernel.sum() == pytest.approx(1.0)
    # an entry of half past is half a minute further on than its mean delay, which is cut to whole minutes
    assert np.arange(LAGS) @ kernel == pytest.approx(3.0 * np.exp(0.5**2 / 2), abs=0.1)


def test_of_a_long_span_the_minutes_with_the_most_runs_are_taken() -> None:
    runs = np.zeros(100)
    runs[10:90] = 1.0
    runs[40:50] = 5.0
    assert busiest(runs, 80) == (10, 90)
    first, last = busiest(runs, 20)
    assert last - first == 20
    assert first <= 40 and last >= 50


def test_what_ended_within_the_window_is_complete_and_what_goes_on_is_not_yet() -> None:
    going_on, ended = np.ones(300), np.ones(300)
    ended[200:] = 0
    assert (complete_until(going_on), complete_until(ended)) == (300 - LAGS, 300)
    assert delivered_span(ended) == (0, 200)

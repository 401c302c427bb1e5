"""Functions of which the archive has calls and no run."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from analytics import unrecorded
from analytics.rollup_data import RollupData
from analytics.series import Floats
from analytics.topology import Link, Topology
from tests.analytics.test_relays import GROUP, call, function, loaded, ordinary

LINKED = Topology((Link(GROUP, function("router"), datetime(2026, 6, 1)),))


def test_the_most_frequent_call_stands_for_the_runs_of_a_linked_function() -> None:
    often, seldom = ordinary(1), np.floor(ordinary(2) / 4)
    calls = {
        call("router", "sts", "AssumeRole", ""): often,
        call("router", "logs", "CreateLogStream", ""): seldom,
        call("shop", "sts", "AssumeRole", ""): often,
    }
    data = loaded({}, calls)
    data.runs.measures.update(executed=np.zeros(0), throttled=np.zeros(0))
    found, stands = unrecorded.stood_for(data, LINKED)
    (key,) = found.runs.keys
    assert key[:4] == (function("router"), "cloudwatch_logs", GROUP, None)
    assert np.array_equal(found.runs.series("runs", np.ones(1)), often)
    assert not found.runs.series("entries", np.ones(1)).any()
    assert [str(stand).split(": ", 1)[1] for stand in stands] == [
        "no run of it is recorded; its calls of sts:AssumeRole stand for its runs."
    ]


def test_a_function_whose_runs_are_recorded_needs_no_stand() -> None:
    run = (function("router"), "cloudwatch_logs", GROUP, None, "111122223333", "eu-west-1", "Data")
    data = loaded({run: ordinary(1)}, {call("router", "sts", "AssumeRole", ""): ordinary(1)})
    assert unrecorded.stood_for(data, LINKED) == (data, ())


def half_recorded(minutes: int) -> tuple[RollupData, Floats]:
    """A router of which the trail records calls from the start and runs from minute 240 on; every second run calls."""
    runs = 2 * ordinary(1)
    recorded = runs * (np.arange(len(runs)) >= minutes)
    run = (function("router"), "cloudwatch_logs", GROUP, None, "111122223333", "eu-west-1", "Data")
    data = loaded({run: recorded}, {call("router", "sts", "AssumeRole", ""): runs / 2})
    counted = data.runs.measures["runs"]
    data.runs.measures.update(executed=counted, throttled=np.zeros(len(counted)))
    return data, runs


def test_calls_stand_for_the_runs_from_before_they_are_recorded() -> None:
    data, runs = half_recorded(240)
    found, (stand,) = unrecorded.stood_for(data, LINKED)
    assert found.runs.keys == data.runs.keys
    assert found.runs.series("runs", np.ones(1)) == pytest.approx(runs, rel=1e-6)
    assert found.runs.totals("entries") == data.runs.totals("entries")
    assert "its calls of sts:AssumeRole stand for those before and after" in str(stand)


def test_calls_within_what_a_run_can_last_are_of_a_recorded_run() -> None:
    data, _ = half_recorded(10)
    assert unrecorded.stood_for(data, LINKED) == (data, ())

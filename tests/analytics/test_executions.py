"""Which records of a run come back, where something lets only some of them pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics import executions
from analytics.rollup_data import RollupData
from analytics.topology import Filter, Topology
from tests.analytics.test_relays import FORWARDER, GROUP, HOME, REGION, counts, function, loaded

MINUTES = 300
DATA = (HOME, REGION, "Data", "lambda.amazonaws.com")
FILTER = Filter(GROUP, function("forwarder"), '{ $.eventName != "InvokeExecution" }')


@pytest.fixture
def data() -> RollupData:
    """Three runs a minute of a forwarder, of which one is executed twice."""
    traffic = counts(
        {
            (*DATA, "Invoke", False): np.full(MINUTES, 3.0),
            (*DATA, "InvokeExecution", False): np.full(MINUTES, 4.0),
        }
    )
    made = loaded({FORWARDER: np.full(MINUTES, 3.0)}, {})
    made.runs.measures["entries"] = np.full(MINUTES, 7.0)
    return replace(made, traffic=traffic, run_cells=np.array([0]))


def test_what_a_filter_tells_apart_is_counted_apart(data: RollupData) -> None:
    found = executions.told_apart(data, Topology(filters=(FILTER,)))
    assert found.runs.keys == (FORWARDER, FORWARDER)
    assert found.run_cells.tolist() == [0, 1]
    assert found.runs.totals("entries").tolist() == [3 * MINUTES, 4 * MINUTES]
    assert found.runs.totals("runs").tolist() == [3 * MINUTES, 0]


@pytest.mark.parametrize("pattern", ["", '{ $.eventSource = "lambda.amazonaws.com" }'])
def test_what_nothing_tells_apart_stays_together(data: RollupData, pattern: str) -> None:
    assert (
        executions.told_apart(data, Topology(filters=(replace(FILTER, pattern=pattern),))) is data
    )

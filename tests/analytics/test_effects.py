"""What a source caused, and when, for a function that it is not alone to start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from analytics import effects, flows, starts
from analytics.effects import NEARBY
from analytics.rollup_data import RollupData
from analytics.series import Counts, Span

HOUR = 60
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:carrier"
BEFORE = starts.Start(
    "cloudwatch_logs", "arn:aws:logs:eu-west-1:111122223333:log-group:before", recorded=True
)
AFTER = replace(BEFORE, node="arn:aws:logs:eu-west-1:111122223333:log-group:after")
RUNS, CALLS = 10.0, 30.0


def counts(keys: list[tuple[object, ...]], **measures: list[float]) -> Counts:
    """One row a minute; the second key, where there is one, from the second hour on."""
    minute = np.arange(2 * HOUR)
    key = minute // HOUR if len(keys) == 2 else minute * 0
    values = {name: np.array(found)[key] for name, found in measures.items()}
    return Counts(minute, key, tuple(keys), values, 2 * HOUR)


@pytest.fixture
def weights() -> tuple[effects.Weights, RollupData]:
    """Those of the group that starts the function in the first hour; another one does in the second."""
    nothing = counts([("none",)], entries=[0.0])
    none = np.full(1, -1)
    runs = counts([(FUNCTION, BEFORE), (FUNCTION, AFTER)], runs=[RUNS, RUNS], entries=[RUNS, RUNS])
    data = RollupData(
        Span(datetime(2026, 6, 1), 2 * HOUR),
        traffic=nothing,
        runs=runs,
        calls=counts([(FUNCTION,)], entries=[CALLS]),
        deliveries=nothing,
        edges=(),
        changes=(),
        delivery_evidence=(),
        run_cells=np.full(2, -1),
        call_cells=none,
        delivery_cells=none,
    )
    graph = starts.Graph(
        {FUNCTION: {BEFORE: RUNS * HOUR, AFTER: RUNS * HOUR}},
        {(FUNCTION, BEFORE): (0,), (FUNCTION, AFTER): (1,)},
    )
    flow = flows.trace(graph, [BEFORE.node, AFTER.node], {})
    nobody = replace(data, deliveries=counts([(None,) * 5], entries=[0.0]))
    return effects.of_source(BEFORE.node, graph, flow, nobody), nobody


def test_a_functions_calls_are_those_of_the_source_that_starts_it_at_the_time(
    weights: tuple[effects.Weights, RollupData],
) -> None:
    found = effects.entries(*weights)
    assert np.allclose(found[: HOUR - NEARBY], RUNS + CALLS)
    assert not found[HOUR + NEARBY :].any()


def test_no_call_is_lost_or_counted_twice(weights: tuple[effects.Weights, RollupData]) -> None:
    found = effects.entries(*weights)
    assert found.sum() == pytest.approx(HOUR * (RUNS + CALLS))


def test_what_a_function_starts_is_of_the_source_that_starts_it_at_the_time(
    weights: tuple[effects.Weights, RollupData],
) -> None:
    _, data = weights
    called = FUNCTION.replace("carrier", "called")
    start = starts.Start("function", FUNCTION)
    minute = np.tile(np.arange(2 * HOUR), 2)
    key = np.concatenate([np.arange(2 * HOUR) // HOUR, np.full(2 * HOUR, 2)])
    values = np.full(len(minute), RUNS)
    keys = ((FUNCTION, BEFORE), (FUNCTION, AFTER), (called, start))
    runs = Counts(minute, key, keys, {"runs": values, "entries": values}, 2 * HOUR)
    of_three = replace(data, runs=runs, run_cells=np.full(3, -1))
    graph = starts.Graph(
        {
            FUNCTION: {BEFORE: RUNS * HOUR, AFTER: RUNS * HOUR},
            called: {start: 2 * RUNS * HOUR},
        },
        {(FUNCTION, BEFORE): (0,), (FUNCTION, AFTER): (1,), (called, start): (2,)},
    )
    flow = flows.trace(graph, [BEFORE.node, AFTER.node], {})
    found = effects.runs(effects.of_source(BEFORE.node, graph, flow, of_three), of_three)
    assert np.allclose(found[: HOUR - NEARBY], 2 * RUNS)
    assert not found[HOUR + NEARBY :].any()
    assert found.sum() == pytest.approx(2 * HOUR * RUNS)

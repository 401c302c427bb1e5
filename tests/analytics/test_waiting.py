"""Runs that were accepted and wait: told, and what they will write foreseen."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import flows, starts, waiting
from analytics.flows import Flow
from analytics.rollup_data import RollupData
from analytics.starts import Graph
from analytics.topology import Topology
from tests.analytics.test_relays import (
    FORWARDER,
    GROUP,
    HOME,
    MINUTES,
    REGION,
    Key,
    call,
    function,
    loaded,
    ordinary,
)

CALLED: Key = (function("enrich"), "function", None, function("forwarder"), HOME, REGION, "Data")
ACCEPTED = ordinary(1)


def queued(executed: float, until: int = MINUTES) -> tuple[Graph, Flow, RollupData]:
    """A forwarder of whose runs so many were executed until a minute, and all others after it; each of them calls
    something and a second function, which calls something."""
    ran = ACCEPTED * np.where(np.arange(MINUTES) < until, executed, 1.0)
    calls = {
        call("forwarder", "sts", "AssumeRole", ""): ran,
        call("enrich", "s3", "PutObject", ""): ran,
    }
    data = loaded({FORWARDER: ACCEPTED, CALLED: ran}, calls)
    data.runs.measures.update(
        executed=np.concatenate([ran, ran]),
        throttled=np.zeros(2 * MINUTES),
        entries=np.concatenate([ACCEPTED + ran, 2 * ran]),
    )
    graph = starts.graph(data.runs, Topology())
    return graph, flows.trace(graph, [GROUP], {}), data


@pytest.mark.parametrize(("executed", "told"), [(0.5, 1), (1.0, 0), (0.0, 0)])
def test_runs_that_are_accepted_and_wait_are_told(executed: float, told: int) -> None:
    """Where none is executed, executions are not recorded at all."""
    _, flow, data = queued(executed)
    found = waiting.found(flow, data)
    assert len(found) == told
    assert all("runs that were accepted are not executed" in str(item) for item in found)


def test_what_lambda_gave_up_waits_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    _, flow, data = queued(0.5, until=240)
    assert waiting.found(flow, data)
    monkeypatch.setattr(waiting, "KEPT_MINUTES", 60)
    assert not waiting.found(flow, data)


def test_runs_that_wait_are_foreseen_to_do_what_the_others_did() -> None:
    graph, flow, data = queued(0.5)
    found = waiting.foreseen(waiting.found(flow, data), graph, flow, data)
    assert found.runs.totals("entries") == pytest.approx([2 * ACCEPTED.sum()] * 2)
    assert found.runs.totals("runs") == pytest.approx([ACCEPTED.sum()] * 2)
    assert found.calls.totals("entries") == pytest.approx([ACCEPTED.sum()] * 2)


def test_data_in_which_nothing_waits_stays_as_it_is() -> None:
    graph, flow, data = queued(1.0)
    assert waiting.foreseen(waiting.found(flow, data), graph, flow, data) is data

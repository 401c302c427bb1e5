"""Runs over other logs of a trail's log group."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.changes import from_changes
from analytics.other_logs import runs_without
from analytics.series import Span
from analytics.topology import Topology
from tests.analytics.test_changes import GROUP, START, STREAM, change

MINUTES, LINKED = 600, 300
SPAN = Span(START, MINUTES)
INTO = {"name": "audit", "cloudWatchLogsLogGroupArn": GROUP}
RUNS = np.where(np.arange(MINUTES) < LINKED, 3.0, 13.0)


def linked(minute: int) -> Topology:
    return from_changes([change("UpdateTrail", INTO, minute=minute)])


def test_as_many_runs_a_minute_as_before_the_link_are_other_logs() -> None:
    own = runs_without(GROUP, RUNS, linked(LINKED), SPAN)
    assert own[:LINKED].sum() == 0
    assert own[LINKED:] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("node", "topology"),
    [(GROUP, Topology()), (GROUP, linked(0)), (GROUP, linked(59)), (STREAM, linked(LINKED))],
)
def test_where_no_time_of_other_logs_alone_is_recorded_all_runs_are_of_entries(
    node: str, topology: Topology
) -> None:
    assert runs_without(node, RUNS, topology, SPAN) is RUNS


def test_where_there_are_fewer_runs_than_before_none_are_of_entries() -> None:
    fewer = np.where(np.arange(MINUTES) < LINKED, 3.0, 1.0)
    assert not runs_without(GROUP, fewer, linked(LINKED), SPAN).any()

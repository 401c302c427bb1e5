"""Chains as they are told: each with the records that show its own steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from analytics import describe, flows, starts
from analytics.findings import Chain
from analytics.rollup_data import RollupData
from analytics.topology import Topology
from tests.analytics.test_relays import (
    FORWARDER,
    GROUP,
    HOME,
    QUEUE,
    REGION,
    WORKER,
    Key,
    function,
    loaded,
    ordinary,
)

STREAM = f"arn:aws:kinesis:{REGION}:{HOME}:stream/trail"
FROM_STREAM: Key = (function("forwarder"), "kinesis", STREAM, None, HOME, REGION, "Data")


def edge(key: Key, day: int, *ids: str) -> dict[str, object]:
    names = ("first_event_id", "last_event_id", "low_event_id", "high_event_id")
    told = dict(zip(names, ids, strict=True))
    times = {"first_seen": datetime(2026, 6, day), "last_seen": datetime(2026, 6, day)}
    names = ("function_arn", "trigger_kind", "trigger_arn", "caller_function_arn")
    return {**dict(zip(names, key[:4], strict=True)), "trigger_account": HOME, **times, **told}


def chains_of(data: RollupData) -> dict[str, Chain]:
    graph = starts.graph(data.runs, Topology())
    flow = flows.trace(graph, [GROUP, STREAM], {QUEUE: (function("forwarder"),)})
    found = describe.chains([GROUP, STREAM], graph, flow, Topology(), data)
    return {chain.source: chain for chain in found}


def test_the_evidence_of_a_chain_shows_each_of_its_steps_before_any_again() -> None:
    """Days do not crowd out a step, nor what other sources start."""
    data = loaded({FORWARDER: ordinary(1), FROM_STREAM: ordinary(2), WORKER: ordinary(1)}, {})
    edges = (
        *(edge(FORWARDER, day, *(f"group-{end}-{day}" for end in "abcd")) for day in range(1, 9)),
        edge(FROM_STREAM, 1, "stream-a", "stream-b", "stream-a", "stream-b"),
        *(edge(WORKER, day, *(f"queue-{end}-{day}" for end in "abcd")) for day in range(1, 9)),
    )
    found = chains_of(replace(data, edges=edges))
    assert found[GROUP].path == (function("forwarder"), function("worker"))
    assert found[GROUP].evidence == (
        "group-a-1", "queue-a-1", "group-b-8", "queue-b-8", "group-a-2",
    )  # fmt: skip
    assert found[STREAM].evidence[:4] == ("stream-a", "queue-a-1", "stream-b", "queue-b-8")


def test_a_step_of_which_no_record_tells_what_starts_it_is_shown_by_any() -> None:
    data = loaded({FORWARDER: ordinary(1)}, {})
    edges = (edge(FROM_STREAM, 1, "stream-a", "stream-b", "stream-a", "stream-b"),)
    found = chains_of(replace(data, edges=edges))
    assert found[GROUP].evidence == ("stream-a", "stream-b")

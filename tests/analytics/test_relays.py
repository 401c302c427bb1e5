"""Queues, state machines and the like that log-processing functions fill: what stands behind them carries logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pytest

from analytics import relays as log_relays
from analytics import started, starts, state_machines
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Span
from analytics.starts import Graph, Start
from analytics.topology import Topology

MINUTES = 300
HOME, REGION = "111122223333", "eu-west-1"
GROUP = f"arn:aws:logs:{REGION}:{HOME}:log-group:audit"
ROLE = f"arn:aws:iam::{HOME}:role/machines"

Key = tuple[object, ...]


def function(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{HOME}:function:{name}"


def machine(name: str, account: str = HOME) -> str:
    return f"arn:aws:states:{REGION}:{account}:stateMachine:{name}"


def by_role(name: str) -> Key:
    """The runs of a function that a state machine starts, whose record names the machine's role."""
    return (function(name), "step_functions", ROLE, None, HOME, REGION, "Data")


def call(caller: str, service: str, name: str, target: str) -> Key:
    host = f"{service}.amazonaws.com"
    return (function(caller), HOME, REGION, "Management", host, name, False, target)


FORWARDER: Key = (function("forwarder"), "cloudwatch_logs", GROUP, None, HOME, REGION, "Data")


def ordinary(seed: int) -> Floats:
    """Runs a minute that come as they like."""
    return np.random.default_rng(seed).poisson(5.0, MINUTES).astype(float)


def counts(rows: Mapping[Key, Floats]) -> Counts:
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), len(rows))
    key = np.repeat(np.arange(len(rows), dtype=np.int64), MINUTES)
    values = np.concatenate([np.zeros(0), *rows.values()])
    return Counts(minute, key, tuple(rows), {"runs": values, "entries": values}, MINUTES)


def loaded(
    runs: Mapping[Key, Floats],
    calls: Mapping[Key, Floats],
    traffic: Mapping[Key, Floats] | None = None,
) -> RollupData:
    nothing, none = counts({}), np.zeros(0, dtype=np.int64)
    return RollupData(
        Span(datetime(2026, 6, 1), MINUTES),
        traffic=counts(traffic or {}),
        runs=counts(runs),
        calls=counts(calls),
        deliveries=nothing,
        edges=(),
        changes=(),
        delivery_evidence=(),
        run_cells=none,
        call_cells=none,
        delivery_cells=none,
    )


def graph_of(data: RollupData) -> Graph:
    return state_machines.told(starts.graph(data.runs, Topology()), data.runs, data.calls)


def found(
    runs: Mapping[Key, Floats],
    calls: Mapping[Key, Floats],
    traffic: Mapping[Key, Floats] | None = None,
) -> tuple[Graph, dict[str, tuple[str, ...]]]:
    """The graph of these runs, and what the functions of the log group fill."""
    data = loaded(runs, calls, traffic)
    graph = graph_of(data)
    return graph, log_relays.find(graph, [GROUP], data)


def ways_in(graph: Graph, name: str) -> list[Start]:
    return list(graph.starts[function(name)])


def test_executions_tell_which_machine_runs_as_a_role() -> None:
    log, other = ordinary(1), ordinary(2)
    graph, relays = found(
        {
            FORWARDER: log,
            by_role("enrich"): log,
            by_role("ship"): log,
            by_role("charge"): other,
            by_role("refund"): ordinary(3),
        },
        {
            call("forwarder", "states", "StartExecution", machine("logs:live")): log,
            call("shop", "states", "StartSyncExecution", machine("orders")): other,
            call("forwarder", "states", "DescribeStateMachine", machine("orders")): log,
            call("forwarder", "states", "StartExecution", machine("far", "444455556666")): log,
        },
    )
    assert ways_in(graph, "enrich") == [Start("step_functions", machine("logs"))]
    assert ways_in(graph, "ship") == [Start("step_functions", machine("logs"))]
    assert ways_in(graph, "charge") == [Start("step_functions", machine("orders"))]
    assert ways_in(graph, "refund") == [Start("step_functions", ROLE, recorded=False)]
    assert relays == {machine("logs"): (function("forwarder"),)}


def test_a_machine_may_start_a_function_more_often_than_its_executions_are() -> None:
    log = ordinary(1)
    _, relays = found(
        {FORWARDER: log, by_role("enrich"): 3 * log},
        {call("forwarder", "states", "StartExecution", machine("logs")): log},
    )
    assert relays == {machine("logs"): (function("forwarder"),)}


def test_functions_behind_one_machine_run_together_more_often_than_who_starts_it() -> None:
    """Its executions are management events, which a trail of data events alone lacks."""
    log = ordinary(1)
    _, relays = found({FORWARDER: log, by_role("enrich"): log, by_role("ship"): log}, {})
    assert relays == {ROLE: (function("forwarder"),)}


def test_a_machine_that_knows_nothing_of_the_logs_is_no_relay() -> None:
    runs = {FORWARDER: ordinary(1), by_role("charge"): ordinary(2), by_role("refund"): ordinary(2)}
    assert found(runs, {})[1] == {}


def test_entries_of_a_machine_that_a_function_starts_are_its_own() -> None:
    log, other = ordinary(1), ordinary(2)
    data = loaded(
        {FORWARDER: log, by_role("enrich"): log, by_role("charge"): other},
        {call("forwarder", "states", "StartExecution", machine("logs")): log},
    )
    own = started.own_entries([function("forwarder")], graph_of(data), data)
    assert np.array_equal(own, 3 * log)


QUEUE = f"arn:aws:sqs:{REGION}:{HOME}:orders"
WORKER: Key = (function("worker"), "sqs", QUEUE, None, HOME, REGION, "Data")
ELSE: Key = (
    function("cron"),
    "eventbridge",
    f"arn:aws:events:{REGION}:{HOME}:rule/hourly",
    None,
    HOME,
    REGION,
    "Data",
)


@pytest.mark.parametrize(
    ("recorded_before", "ends", "fills"),
    [(True, 300, True), (True, 200, False), (False, 300, False)],
)
def test_a_queue_that_begins_with_a_forwarder_is_its_own_if_runs_were_recorded_before(
    recorded_before: bool, ends: int, fills: bool
) -> None:
    """Where data events are recorded from that minute on, everything begins with it."""
    time = np.arange(MINUTES)
    log = ordinary(1) * ((time >= 120) & (time < ends))
    runs = {FORWARDER: log, WORKER: ordinary(2) * (time >= 122)}
    runs |= {ELSE: ordinary(3)} if recorded_before else {}
    assert found(runs, {})[1] == ({QUEUE: (function("forwarder"),)} if fills else {})


@pytest.mark.parametrize("later", [0, 1])
def test_a_queue_may_get_a_message_an_entry_of_runs_that_are_given_many(later: int) -> None:
    log = ordinary(1)
    entries = np.random.default_rng(2).poisson(40.0, MINUTES)
    runs = {FORWARDER: log, WORKER: np.roll(log * entries, later)}
    assert found(runs, {})[1] == {QUEUE: (function("forwarder"),)}


@pytest.mark.parametrize(("later", "fills"), [(3, True), (0, False), (-3, False)])
def test_what_follows_a_forwarder_faintly_is_filled_by_it_if_it_follows_the_trails_entries_too(
    later: int, fills: bool
) -> None:
    """Batches of messages of many of the forwarder's runs; a worker of the business runs when the entries are made."""
    chance = np.random.default_rng(2)
    entries = chance.poisson(chance.gamma(2.0, 40.0, MINUTES)).astype(float)
    delivered = np.roll(entries, 3)
    worker = chance.poisson(np.roll(entries, later) / 5).astype(float)
    runs = {FORWARDER: chance.poisson(2 + delivered / 60).astype(float), WORKER: worker}
    traffic: dict[Key, Floats] = {
        (HOME, REGION, "Data", "s3.amazonaws.com", "GetObject", True): entries
    }
    assert found(runs, {}, traffic)[1] == ({QUEUE: (function("forwarder"),)} if fills else {})


@pytest.mark.parametrize(
    ("begins", "recorded_before", "fills"), [(6, True, True), (0, True, False), (6, False, False)]
)
def test_a_faint_follower_that_first_runs_minutes_after_others_with_the_forwarder_is_filled_by_it(
    begins: int, recorded_before: bool, fills: bool
) -> None:
    """Two batches a minute are not silent for five by chance; where no run is recorded before, nothing is lacking."""
    chance = np.random.default_rng(5)
    time = np.arange(MINUTES)
    log = chance.poisson(2.0, MINUTES) * (time >= 5)
    worker = (chance.binomial(log, 0.2) + chance.poisson(1.8, MINUTES)) * (time >= begins)
    runs = {FORWARDER: log.astype(float), WORKER: worker.astype(float)}
    runs |= {ELSE: ordinary(3)} if recorded_before else {}
    traffic: dict[Key, Floats] = {
        (HOME, REGION, "Data", "s3.amazonaws.com", "GetObject", True): chance.poisson(
            10.0, MINUTES
        ).astype(float)
    }
    assert found(runs, {}, traffic)[1] == ({QUEUE: (function("forwarder"),)} if fills else {})


@pytest.mark.parametrize("seed", range(12))
def test_a_faint_follower_may_run_in_the_same_minute_or_the_next(seed: int) -> None:
    """Neither minute shows it, both together do."""
    chance = np.random.default_rng(seed)
    time = np.arange(MINUTES)
    log = chance.poisson(2.0, MINUTES) * (time >= 5)
    soon, next_minute = (chance.binomial(log, 0.12) for _ in range(2))
    worker = (soon + np.roll(next_minute, 1) + chance.poisson(1.52, MINUTES)) * (time >= 6)
    runs = {FORWARDER: log.astype(float), WORKER: worker.astype(float), ELSE: ordinary(3)}
    entries = chance.poisson(10.0, MINUTES).astype(float)
    traffic: dict[Key, Floats] = {
        (HOME, REGION, "Data", "s3.amazonaws.com", "GetObject", True): entries
    }
    assert found(runs, {}, traffic)[1] == {QUEUE: (function("forwarder"),)}


@pytest.mark.parametrize(("later", "fills"), [(0, True), (-3, False)])
def test_batches_that_come_in_the_minutes_of_a_forwarder_alone_are_of_its_messages(
    later: int, fills: bool
) -> None:
    """One of eight messages fills a batch; a worker of the business runs before what is told of it."""
    chance = np.random.default_rng(2)
    log = chance.poisson(chance.gamma(2.0, 8.0, MINUTES))
    worker = np.roll(chance.binomial(log, 0.125), later).astype(float)
    assert found({FORWARDER: log.astype(float), WORKER: worker}, {})[1] == (
        {QUEUE: (function("forwarder"),)} if fills else {}
    )


def test_what_a_forwarder_is_told_of_minutes_later_is_not_what_it_fills() -> None:
    """A worker whose own records make most of the forwarder's batches."""
    bursts = np.repeat(np.random.default_rng(2).gamma(0.3, 100.0, MINUTES // 10), 10)
    busy = np.random.default_rng(3).poisson(bursts).astype(float)
    runs = {FORWARDER: np.ceil(np.roll(busy, 4) / 50), WORKER: busy}
    assert found(runs, {})[1] == {}


TABLE = f"arn:aws:dynamodb:{REGION}:{HOME}:table/index"
STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
INDEXER: Key = (function("indexer"), "dynamodb", STREAM, None, HOME, REGION, "Data")
ELSEWHERE = TABLE.replace(HOME, "444455556666")


@pytest.mark.parametrize(
    ("name", "target", "fills"),
    [
        ("PutItem", "index", True),
        ("PutItem", TABLE, True),
        ("BatchWriteItem", TABLE, True),
        ("TransactWriteItems", TABLE, True),
        ("DeleteItem", "index", True),
        ("Query", "index", False),
        ("BatchGetItem", TABLE, False),
        ("DescribeTable", "index", False),
        ("PutItem", "other", False),
        ("PutItem", ELSEWHERE, False),
    ],
)
def test_what_reads_the_stream_of_a_table_that_a_log_processor_writes_carries_logs(
    name: str, target: str, fills: bool
) -> None:
    log = ordinary(1)
    runs = {FORWARDER: log, INDEXER: ordinary(2)}
    _, relays = found(runs, {call("forwarder", "dynamodb", name, target): log})
    assert relays == ({STREAM: (function("forwarder"),)} if fills else {})


def test_a_table_whose_writes_are_not_recorded_is_filled_by_whom_its_stream_follows() -> None:
    log = ordinary(1)
    assert found({FORWARDER: log, INDEXER: log}, {})[1] == {STREAM: (function("forwarder"),)}

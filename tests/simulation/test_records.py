from __future__ import annotations

import json
from collections import defaultdict

import pytest

import simulation
from tests.simulation.reading import Record, run_of


def records_of(kind: str, seed: int = 1, hours: float = 2.0, scale: float = 0.4) -> list[Record]:
    run = simulation.simulate(simulation.build(kind, seed, hours=hours, scale=scale), seed)
    return [json.loads(record.text) for record in run]


def by_request(records: list[Record], function: str) -> list[list[Record]]:
    runs: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if (run_of(record) or "").rpartition(":")[2].startswith(function):
            runs[record["requestID"]].append(record)
    return list(runs.values())


def test_an_asynchronous_run_is_an_invoke_and_its_executions_with_one_request_id() -> None:
    runs = by_request(records_of("articles"), "log-router")
    names = {tuple(sorted(r["eventName"] for r in run)) for run in runs}
    assert ("Invoke", "InvokeExecution") in names
    assert all(name.count("Invoke") <= 1 for name in names)


def test_a_synchronous_run_is_an_invoke_alone() -> None:
    runs = by_request(records_of("stream_batches"), "forwarder")
    assert {tuple(r["eventName"] for r in run) for run in runs} == {("Invoke",)}


def test_only_code_that_ran_has_a_network_interface_key() -> None:
    records = records_of("articles", hours=4.0)
    dispatched = [r for r in records if r["eventName"] == "InvokeExecution"]
    accepted = [
        r
        for r in records
        if r["eventName"] == "Invoke"
        and (r["requestParameters"] or {}).get("invocationType") == "Event"
    ]
    ran = {"customerEniId" in r["additionalEventData"] for r in dispatched}
    assert ran == {True, False}
    assert {"customerEniId" in r["additionalEventData"] for r in accepted} == {False}


def test_an_execution_names_its_own_function_as_its_source() -> None:
    records = [r for r in records_of("articles") if r["eventName"] == "InvokeExecution"]
    assert records
    assert all(r["requestParameters"]["sourceArn"] == run_of(r) for r in records)
    assert {r["userIdentity"]["invokedBy"] for r in records} == {"lambda.amazonaws.com"}


def test_older_executions_have_no_request_parameters() -> None:
    records = [r for r in records_of("older_records") if r["eventName"] == "InvokeExecution"]
    assert {json.dumps(r["requestParameters"]) for r in records} == {"null"}


@pytest.mark.parametrize(
    ("kind", "named", "scoped"),
    [("articles", True, True), ("missing_fields", False, False), ("older_records", True, False)],
)
def test_sources_and_callers_are_named_where_the_kind_says_so(
    kind: str, named: bool, scoped: bool
) -> None:
    records = records_of(kind)
    starts = [
        r
        for r in records
        if r["eventName"] == "Invoke" and "logs." in r["userIdentity"].get("invokedBy", "")
    ]
    feeders = [r for run in by_request(records, "siem") for r in run if r["eventName"] == "Invoke"]
    assert {"sourceArn" in r["requestParameters"] for r in starts} == {named}
    assert {"inScopeOf" in r["userIdentity"] for r in feeders} == {scoped}
    sessions = {r["userIdentity"]["arn"].rpartition("/")[2].rpartition("-")[0] for r in feeders}
    assert sessions == {"log-router"}


def test_log_groups_are_named_with_and_without_a_star() -> None:
    stars = set()
    for seed in range(8):
        shape = simulation.build("articles", seed).shape
        stars.add((shape.star, shape.logs_host == "logs.amazonaws.com"))
    assert stars == {(True, True), (True, False), (False, True), (False, False)}


def test_a_call_across_accounts_is_two_entries_with_one_shared_event_id() -> None:
    shared: dict[str, list[Record]] = defaultdict(list)
    for record in records_of("cross_account_chain"):
        if "sharedEventID" in record:
            shared[record["sharedEventID"]].append(record)
    pairs = [pair for pair in shared.values() if len(pair) > 1]
    assert {r["eventName"] for pair in pairs for r in pair} == {"Invoke", "AssumeRole"}
    for first, second in pairs:
        assert first["recipientAccountId"] != second["recipientAccountId"]
        assert first["eventID"] != second["eventID"]
        assert first["requestID"] == second["requestID"]


def test_event_ids_are_unique_over_kinds_of_one_seed() -> None:
    first = {r["eventID"] for r in records_of("articles")}
    second = {r["eventID"] for r in records_of("no_storm")}
    assert len(first) == len(records_of("articles"))
    assert not first & second


def test_some_callers_are_hostile() -> None:
    agents = {r["userAgent"] for r in records_of("no_storm_busy", hours=6.0, scale=1.0)}
    assert any("<script>" in agent for agent in agents)
    assert any(agent.startswith("=cmd") for agent in agents)
    assert any("\x1b[" in agent for agent in agents)


def test_records_are_of_a_real_size() -> None:
    run = simulation.simulate(simulation.build("articles", 1, hours=2.0, scale=0.3), 1)
    sizes = [len(record.text) for record in run]
    assert 700 < sum(sizes) / len(sizes) < 2300

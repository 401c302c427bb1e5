"""Trails whose selectors name functions deliver the entries of those functions alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from analytics import changes, divided, feeds, loops_told, named_functions
from analytics.case import Case, examine
from analytics.rollup_data import RollupData
from analytics.series import Counts, Floats, Key, Span
from analytics.topology import Topology

REGION, START, MINUTES, LINKED = "eu-west-1", datetime(2026, 6, 1), 900, 400
LEFT, RIGHT = "111122223333", "444455556666"
DELAY, PER_ENTRY = 3, 0.5


def function(account: str, name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{account}:function:{name}"


def group(account: str) -> str:
    return f"arn:aws:logs:{REGION}:{account}:log-group:trail"


def change(minute: float, account: str, event: str, **request: object) -> dict[str, object]:
    """A row of the rollup `changes`."""
    return {
        "event_id": f"{event}-{account}",
        "event_time": START + timedelta(minutes=minute),
        "event_name": event,
        "account_id": account,
        "aws_region": REGION,
        "identity_arn": "arn:aws:iam::111122223333:user/ann",
        "invoked_by": None,
        "source_ip_address": "192.0.2.1",
        "request_parameters": json.dumps(request),
        "response_elements": None,
    }


def named(*functions: str) -> list[dict[str, object]]:
    resources = {"type": "AWS::Lambda::Function", "values": list(functions)}
    return [{"readWriteType": "All", "dataResources": [resources]}]


def routed(
    account: str, linked: float, selected: list[dict[str, object]]
) -> list[dict[str, object]]:
    """A trail with these selectors that writes to a group, and the filter that starts `ship` from it."""
    return [
        change(1, account, "PutEventSelectors", trailName="routed", eventSelectors=selected),
        change(
            2,
            account,
            "UpdateTrail",
            name="routed",
            cloudWatchLogsLogGroupArn=f"{group(account)}:*",
        ),
        change(
            linked,
            account,
            "PutSubscriptionFilter",
            logGroupName="trail",
            filterName="x",
            destinationArn=function(account, "ship"),
        ),
    ]


def counted(keys: Mapping[Key, Mapping[str, Floats]], *measures: str) -> Counts:
    """Series by key and measure, as a rollup holds them."""
    size = len(keys)
    values = {
        name: np.concatenate([np.zeros(0), *(found[name] for found in keys.values())])
        for name in measures
    }
    minute = np.tile(np.arange(MINUTES), size)
    return Counts(minute, np.repeat(np.arange(size), MINUTES), tuple(keys), values, MINUTES)


def played(linked: int) -> dict[str, Floats]:
    """Two trails that carry each other: what `ship` of one account is given, it hands to `sink` of the
    other, whose runs the other's trail records; LEFT is linked from minute 5, RIGHT from `linked`."""
    rng = np.random.default_rng(1)
    work = {account: rng.poisson(12, MINUTES).astype(float) for account in (LEFT, RIGHT)}
    ship = {account: np.zeros(MINUTES) for account in work}
    sink = {account: np.zeros(MINUTES) for account in work}
    for minute in range(DELAY, MINUTES):
        for account, other, since in ((LEFT, RIGHT, 5), (RIGHT, LEFT, linked)):
            given = (work[account] + sink[account])[minute - DELAY] if minute >= since else 0.0
            ship[account][minute] = sink[other][minute] = PER_ENTRY * given
    return {
        f"{name}-{account}": series[account]
        for name, series in (("work", work), ("ship", ship), ("sink", sink))
        for account in (LEFT, RIGHT)
    }


def rollups(selected: Mapping[str, list[dict[str, object]]]) -> RollupData:
    series = played(LINKED)
    traffic: dict[Key, dict[str, Floats]] = {}
    runs: dict[Key, dict[str, Floats]] = {}
    for account, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
        ship, sink = series[f"ship-{account}"], series[f"sink-{account}"]
        place = (account, REGION, "Data")
        by_group = ("cloudwatch_logs", group(account), None)
        by_ship = ("function", None, function(other, "ship"))
        traffic[account, REGION, "Management", "ec2.amazonaws.com", "RunInstances", False] = {
            "entries": series[f"work-{account}"]
        }
        traffic[*place, "lambda.amazonaws.com", "Invoke", False] = {"entries": ship + sink}
        for name, start, made in (("ship", by_group, ship), ("sink", by_ship, sink)):
            of_it = {"runs": made, "executed": made, "throttled": made * 0, "entries": made}
            runs[function(account, name), *start, *place] = of_it
    return RollupData(
        Span(START, MINUTES),
        traffic=counted(traffic, "entries"),
        runs=counted(runs, "runs", "executed", "throttled", "entries"),
        calls=counted({}, "entries"),
        deliveries=counted({}, "entries"),
        edges=(),
        changes=(*routed(LEFT, 4.5, selected[LEFT]), *routed(RIGHT, LINKED - 0.3, selected[RIGHT])),
        delivery_evidence=(),
        run_cells=np.array([1, 1, 3, 3]),
        call_cells=np.zeros(0, dtype=np.int64),
        delivery_cells=np.zeros(0, dtype=np.int64),
    )


SINKS = {account: named(function(account, "sink")) for account in (LEFT, RIGHT)}


@pytest.fixture(scope="module")
def carried() -> Case:
    """Two accounts whose trails record the runs of `sink` alone, by its ARN with an alias."""
    return examine(
        rollups({account: named(function(account, "sink:live")) for account in (LEFT, RIGHT)}),
        Topology(),
    )


def test_a_trail_that_names_a_function_gives_the_entries_of_no_other_back(carried: Case) -> None:
    assert {node: set(back) for node, back in carried.k.items()} == {
        group(LEFT): {group(RIGHT)},
        group(RIGHT): {group(LEFT)},
    }
    # LEFT is linked all the time; RIGHT delivers nothing until it is, and is measured since then
    assert carried.k[group(RIGHT)][group(LEFT)] == pytest.approx(PER_ENTRY, rel=0.03)
    assert carried.k[group(LEFT)][group(RIGHT)] == pytest.approx(PER_ENTRY, rel=0.03)


def test_a_loop_over_two_sources_began_with_the_link_that_closed_it(carried: Case) -> None:
    [loop] = loops_told.found(carried)
    assert loop.cause is not None
    assert loop.cause.event_id == f"PutSubscriptionFilter-{RIGHT}"
    assert loop.onset is not None
    began = (loop.onset.replace(tzinfo=None) - START) / timedelta(minutes=1)
    assert began == pytest.approx(LINKED, abs=1)


def test_no_entry_is_lost_or_counted_twice_by_telling_functions_apart() -> None:
    data = rollups(SINKS)
    topology = changes.from_changes(data.changes)
    told = named_functions.told_apart(data, divided.askers(topology))
    assert told.traffic.measures["entries"].sum() == pytest.approx(
        data.traffic.measures["entries"].sum()
    )
    resources = [cell.resource for cell in feeds.cells(told.traffic)]
    # what a run's cell is called after, it is of
    assert [resources[place] for place in told.run_cells] == [key[0] for key in told.runs.keys]
    for place, key in zip(told.run_cells, told.runs.keys, strict=True):
        mine = told.traffic.series("entries", np.arange(len(resources)) == place)
        assert np.allclose(mine, told.runs.series("entries", told.runs.where(key.__eq__)))


def test_a_retry_in_a_minute_without_runs_is_of_a_function_that_ran_near_it() -> None:
    data = rollups(SINKS)
    quiet = data.runs.minute != 600
    fewer = {name: found[quiet] for name, found in data.runs.measures.items()}
    runs = replace(
        data.runs, minute=data.runs.minute[quiet], key=data.runs.key[quiet], measures=fewer
    )
    topology = changes.from_changes(data.changes)
    told = named_functions.told_apart(replace(data, runs=runs), divided.askers(topology))
    there = (told.traffic.minute == 600, data.traffic.minute == 600)
    assert told.traffic.measures["entries"][there[0]].sum() == pytest.approx(
        data.traffic.measures["entries"][there[1]].sum()
    )


@pytest.mark.parametrize("values", [["arn:aws:lambda"], [f"arn:aws:lambda:{REGION}:{LEFT}"]])
def test_selectors_of_all_functions_leave_the_rollups_as_they_are(values: list[str]) -> None:
    data = rollups({LEFT: named(*values), RIGHT: named("arn:aws:lambda")})
    topology = changes.from_changes(data.changes)
    assert named_functions.told_apart(data, divided.askers(topology)) is data


def test_functions_that_all_selectors_treat_alike_share_a_cell() -> None:
    data = rollups({LEFT: named(function(LEFT, "another")), RIGHT: named("arn:aws:lambda")})
    topology = changes.from_changes(data.changes)
    told = named_functions.told_apart(data, divided.askers(topology))
    assert len(told.traffic.keys) == len(data.traffic.keys)
    assert {cell.resource for cell in feeds.cells(told.traffic)} == {None, function(LEFT, "ship")}

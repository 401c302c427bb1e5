"""What subscription filters leave of what their log group gets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics import filters
from analytics.analysis import analyze
from analytics.changes import from_changes
from analytics.feeds import Feed, Part
from analytics.selectors import Cell
from analytics.series import Counts, Span
from analytics.topology import Filter, Link, Topology
from ingest.pipeline import IngestOptions, ingest
from simulation import make
from stormtrail.layout import Layout
from tests.analytics.test_changes import (
    ACCOUNT,
    DESTINATION,
    FUNCTION,
    GROUP,
    MAP,
    REGION,
    RUN,
    START,
    STREAM,
    SUBSCRIBE,
    change,
)

READ = Cell(ACCOUNT, REGION, "Management", "ec2.amazonaws.com", "DescribeHosts", True)
CELLS = (RUN, READ)
NO_RUNS = '{ $.eventSource != "lambda.amazonaws.com" }'
BY_ROOT = "{ $.userIdentity.type = Root }"
MINUTES = 60


def narrowed(
    topology: Topology,
    node: str = GROUP,
    functions: tuple[str, ...] = (FUNCTION,),
    first_run: int = 0,
) -> Feed:
    """A feed of ten entries a minute of each cell, by what the filters on the way leave of it; its functions run once
    a minute from the first run on."""
    keys = tuple(
        (c.account, c.region, c.category, c.event_source, c.event_name, c.read_only) for c in CELLS
    )
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), 2)
    traffic = Counts(
        minute, np.repeat([0, 1], MINUTES), keys, {"entries": np.full(2 * MINUTES, 10.0)}, MINUTES
    )
    feed = Feed((Part(0, MINUTES, np.array([True, True])),), (), "recorded", 1.0)
    way = filters.on_the_way(node, functions, topology)
    runs = (np.arange(MINUTES) >= first_run).astype(float)
    return filters.narrowed(feed, way, CELLS, runs, traffic, Span(START, MINUTES))


def told(feed: Feed) -> list[tuple[int, int, list[bool]]]:
    return [(part.first, part.last, part.mask.tolist()) for part in feed.parts]


def subscribed(pattern: str, minute: int = 0, name: str = "all") -> dict[str, object]:
    given = {**SUBSCRIBE, "filterName": name, "filterPattern": pattern}
    return change("PutSubscriptionFilter", given, minute=minute)


def test_without_a_pattern_everything_passes() -> None:
    assert told(narrowed(from_changes([subscribed("")]))) == [(0, MINUTES, [True, True])]


def test_a_filter_that_is_set_anew_holds_back_from_then_on() -> None:
    found = narrowed(from_changes([subscribed(""), subscribed(NO_RUNS, minute=20)]))
    assert told(found) == [(0, 20, [True, True]), (20, MINUTES, [False, True])]


@pytest.mark.parametrize(("first_run", "passes"), [(0, True), (21, False)])
def test_a_filter_holds_back_what_is_under_way_when_it_is_set_first(
    first_run: int, passes: bool
) -> None:
    """Functions that ran before had another one, which is not recorded."""
    found = narrowed(from_changes([subscribed(NO_RUNS, minute=20)]), first_run=first_run)
    assert told(found) == [(0, 20, [passes, True]), (20, MINUTES, [False, True])]


def test_of_two_filters_one_is_enough() -> None:
    both = [subscribed(NO_RUNS), subscribed("{ $.eventName = Invoke }", minute=30, name="runs")]
    assert told(narrowed(from_changes(both))) == [
        (0, 30, [False, True]),
        (30, MINUTES, [True, True]),
    ]


def test_a_filter_towards_something_else_tells_nothing_of_these_functions() -> None:
    elsewhere = {**SUBSCRIBE, "destinationArn": STREAM, "filterPattern": NO_RUNS}
    found = narrowed(from_changes([change("PutSubscriptionFilter", elsewhere)]))
    assert told(found) == [(0, MINUTES, [True, True])]


def test_the_filter_before_a_stream_narrows_what_the_stream_delivers() -> None:
    made = [
        change(
            "PutSubscriptionFilter",
            {**SUBSCRIBE, "destinationArn": DESTINATION, "filterPattern": NO_RUNS},
        ),
        change("PutDestination", {"destinationName": "archive", "targetArn": STREAM}),
        change("CreateEventSourceMapping20150331", MAP),
    ]
    assert told(narrowed(from_changes(made), STREAM)) == [(0, MINUTES, [False, True])]


def test_a_notification_of_one_accounts_files_narrows_what_the_bucket_and_its_queue_deliver() -> (
    None
):
    bucket, queue = "arn:aws:s3:::files", f"arn:aws:sqs:{REGION}:{ACCOUNT}:files"
    prefix = {"Filter": {"Name": "prefix", "Value": f"AWSLogs/{ACCOUNT}/"}}
    told = {"QueueConfiguration": {"Queue": queue, **prefix}}
    topology = from_changes(
        [
            change(
                "PutBucketNotification", {"bucketName": "files", "notificationConfiguration": told}
            )
        ]
    )
    (item,) = filters.on_the_way(queue, [FUNCTION], topology)
    assert filters.on_the_way(bucket, [queue], topology) == (item,)
    cells = [RUN, replace(RUN, account="999988887777")]
    assert filters.takes([item], cells).tolist() == [True, False]


def test_a_policy_of_the_account_filters_every_group_until_it_is_deleted() -> None:
    document = json.dumps({"DestinationArn": FUNCTION, "FilterPattern": NO_RUNS})
    kind = {"policyType": "SUBSCRIPTION_FILTER_POLICY"}
    made = [
        change("PutAccountPolicy", {**kind, "policyDocument": document}),
        change("DeleteAccountPolicy", kind, minute=40),
    ]
    topology = from_changes(made)
    assert told(narrowed(topology))[0] == (0, 40, [False, True])
    assert [link.until is not None for link in topology.links] == [True]


def test_what_a_pattern_asks_beyond_the_counts_may_pass_or_not() -> None:
    found = narrowed(from_changes([subscribed(BY_ROOT)]))
    assert found.doubted == 1.0
    assert [other.tolist() for other in found.others] == [[True, True], [False, False]]


def test_a_pulled_filter_counts_where_none_is_recorded() -> None:
    link = Link(GROUP, FUNCTION, origin="configured", pattern=NO_RUNS)
    pulled = Topology((link,), filters=(Filter(GROUP, FUNCTION, NO_RUNS),))
    assert told(narrowed(Topology().merged(pulled))) == [(0, MINUTES, [False, True])]
    assert told(narrowed(from_changes([subscribed("")]).merged(pulled))) == [
        (0, MINUTES, [True, True])
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_filter_holds_back_does_not_come_round(seed: int, tmp_path: Path) -> None:
    truth = make("filtered_group", seed, tmp_path)
    layout = Layout(tmp_path / "store")
    ingest([str(tmp_path / "archive")], layout, IngestOptions(workers=0))
    ((source,), (loop,)) = (found := analyze(layout)).sources, found.loops
    assert source.s == pytest.approx(truth.sources[0].s, rel=0.03)
    assert loop.spectral_radius == pytest.approx(truth.loops[0].spectral_radius, rel=0.05)
    assert loop.cause
    assert loop.cause.event_name == "PutSubscriptionFilter"

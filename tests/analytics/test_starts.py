"""Which way in a function's runs came, where records tell and where they do not."""

from __future__ import annotations

import pytest

from analytics.starts import Graph, Start, named, start_of, unknown_node
from analytics.topology import Link, Topology

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:carrier"
GROUP = Start("cloudwatch_logs", "arn:aws:logs:eu-west-1:111122223333:log-group:audit")
OTHER = Start("cloudwatch_logs", "arn:aws:logs:eu-west-1:111122223333:log-group:app")
QUEUE = Start("sqs", "arn:aws:sqs:eu-west-1:111122223333:jobs")


def unknown(kind: str) -> Start:
    return Start(kind, unknown_node(kind, FUNCTION), recorded=False)


def ways(*starts: Start) -> dict[Start, float]:
    """The function's ways in after runs without parameters are given a name; each had ten."""
    graph = Graph(
        {FUNCTION: dict.fromkeys(starts, 10.0)},
        {(FUNCTION, start): (place,) for place, start in enumerate(starts)},
    )
    found = named(graph)
    assert {place for at in found.keys.values() for place in at} == set(range(len(starts)))
    return dict(found.starts[FUNCTION])


def test_runs_without_parameters_are_those_of_the_only_known_way_in_of_their_kind() -> None:
    assert ways(GROUP, QUEUE, unknown("cloudwatch_logs")) == {GROUP: 20.0, QUEUE: 10.0}


def test_a_mappings_runs_without_an_arn_are_those_of_the_only_queue() -> None:
    assert ways(GROUP, QUEUE, unknown("event_source_mapping")) == {GROUP: 10.0, QUEUE: 20.0}


def test_between_two_known_ways_in_nothing_is_guessed() -> None:
    lost = unknown("cloudwatch_logs")
    assert ways(GROUP, OTHER, lost) == {GROUP: 10.0, OTHER: 10.0, lost: 10.0}


def test_what_no_record_names_stays_unknown() -> None:
    lost = unknown("s3")
    assert ways(GROUP, lost) == {GROUP: 10.0, lost: 10.0}


DELIVERY = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/siem"
HOSE = (FUNCTION, "firehose", None, None, "111122223333", "eu-west-1", "Data")


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        ([DELIVERY], Start("firehose", DELIVERY)),
        ([], unknown("firehose")),
        ([DELIVERY, f"{DELIVERY}-2"], unknown("firehose")),
    ],
)
def test_a_transform_under_a_role_is_started_by_the_only_stream_that_names_it(
    streams: list[str], expected: Start
) -> None:
    links = tuple(Link(stream, FUNCTION) for stream in streams)
    assert start_of(HOSE, Topology(links)) == expected

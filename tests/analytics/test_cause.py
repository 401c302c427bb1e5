"""Which change closed a loop, among others that did not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from analytics import cause
from analytics.changes import from_changes
from tests.analytics.test_changes import (
    FUNCTION,
    GROUP,
    RUN,
    START,
    SUBSCRIBE,
    change,
)

WIDER = {
    "trailName": "audit",
    "eventSelectors": [
        {"dataResources": [{"type": "AWS::Lambda::Function", "values": ["arn:aws:lambda"]}]}
    ],
}
PIECES = {
    "trail": ("CreateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": GROUP}),
    "start": ("StartLogging", {"name": "audit"}),
    "selectors": ("PutEventSelectors", WIDER),
    "filter": ("PutSubscriptionFilter", SUBSCRIBE),
}
ELSEWHERE = (
    "PutSubscriptionFilter",
    {**SUBSCRIBE, "logGroupName": "other", "destinationArn": f"{FUNCTION}-other"},
)


def found_at(
    minute: float, *changes: tuple[tuple[str, object], int], recorded: float | None = None
) -> tuple[str, float] | None:
    """The event id and confidence of the cause of a loop that began at this minute, where such entries are in
    the archive from another one on."""
    topology = from_changes(change(*what, minute=at) for what, at in changes)
    pieces = cause.pieces([GROUP], [FUNCTION], topology)
    since = None if recorded is None else START + timedelta(minutes=recorded)
    found = cause.find(topology, pieces, START + timedelta(minutes=minute), [RUN], since)
    return (found.event_id, found.confidence) if found else None


@pytest.mark.parametrize("last", ["start", "selectors", "filter"])
def test_the_last_missing_piece_is_the_cause(last: str) -> None:
    pieces = [(PIECES[name], place) for place, name in enumerate(PIECES) if name != last]
    found = found_at(62, *pieces, (PIECES[last], 60))
    assert found == (f"{PIECES[last][0]}-60", 0.95)


def test_changes_elsewhere_and_later_ones_are_no_cause() -> None:
    pieces = [(what, place) for place, what in enumerate(PIECES.values())]
    found = found_at(6, *pieces, (ELSEWHERE, 5), (PIECES["selectors"], 30))
    assert found == ("PutSubscriptionFilter-3", 0.95)


def test_a_second_filter_beside_the_one_that_holds_is_no_cause() -> None:
    pieces = [(what, place) for place, what in enumerate(PIECES.values())]
    beside = ("PutSubscriptionFilter", {**SUBSCRIBE, "filterName": "again"})
    assert found_at(24, *pieces, (PIECES["selectors"], 20), (beside, 22)) == (
        "PutSubscriptionFilter-3",
        0.95,
    )


@pytest.mark.parametrize(
    ("minutes_later", "confidence"), [(10, 0.95), (45, 0.85), (200, 0.4), (1000, None)]
)
def test_the_longer_the_loop_took_to_begin_the_weaker_the_claim(
    minutes_later: int, confidence: float | None
) -> None:
    found = found_at(minutes_later, (PIECES["filter"], 0))
    assert found == (None if confidence is None else ("PutSubscriptionFilter-0", confidence))


@pytest.mark.parametrize(
    ("given", "blamed"), [(0, "PutSubscriptionFilter-0"), (90, "UpdateFunctionCode-195")]
)
def test_what_would_have_shown_for_long_is_no_cause(given: int, blamed: str) -> None:
    code = change("UpdateFunctionCode", {"functionName": "forwarder"}, minute=195)
    topology = from_changes([change(*PIECES["filter"]), code])
    pieces = cause.pieces([GROUP], [FUNCTION], topology)

    def taken(since: datetime) -> timedelta:
        return timedelta(minutes=given if since == START else 0)

    onset = START + timedelta(minutes=200)
    found = cause.find(topology, pieces, onset, [RUN], None, taken)
    assert found is not None
    assert found.event_id == blamed


def test_without_a_change_nobody_is_named() -> None:
    assert found_at(10) is None


def test_a_trail_that_is_told_to_log_what_it_logs_already_is_no_cause() -> None:
    found = found_at(62, (PIECES["filter"], 55), (PIECES["start"], 60), recorded=0)
    assert found == ("PutSubscriptionFilter-55", 0.95)


def test_where_nothing_else_changed_such_a_trail_is_named_with_little_confidence() -> None:
    assert found_at(62, (PIECES["start"], 60), recorded=10) == ("StartLogging-60", 0.38)


def test_no_change_after_the_onset_is_its_cause() -> None:
    known_to_the_second = 60 + 15 / 60
    changes = (PIECES["filter"], 55), (PIECES["selectors"], 61)
    assert found_at(known_to_the_second, *changes) == ("PutSubscriptionFilter-55", 0.95)


def test_a_filter_closes_the_loop_when_it_lets_its_entries_pass() -> None:
    held_back = ("PutSubscriptionFilter", {**SUBSCRIBE, "filterPattern": "{ $.readOnly IS TRUE }"})
    pieces = [(what, place) for place, what in enumerate(PIECES.values()) if what[1] != SUBSCRIBE]
    found = found_at(62, *pieces[:3], (held_back, 4), (PIECES["filter"], 60))
    assert found == ("PutSubscriptionFilter-60", 0.95)
    again = found_at(62, *pieces[:3], (PIECES["filter"], 50), (PIECES["filter"], 60))
    assert again == ("PutSubscriptionFilter-50", 0.95)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from analytics.findings import Window
from dashboard.charts.base import Mark
from dashboard.charts.traffic import Bucket
from dashboard.series import by_order, grain, marks
from tests.dashboard.sample import CHANGED, ONSET, START, STORM

T0 = datetime(2026, 1, 10, 14)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (6, "minute"),
        (48, "5 minutes"),
        (24 * 9, "15 minutes"),
        (24 * 40, "hour"),
        (24 * 900, "day"),
    ],
)
def test_the_longer_the_window_the_wider_the_bucket(hours: int, words: str) -> None:
    assert grain(Window(START, START + timedelta(hours=hours))).words == words


def test_a_window_that_is_not_known_is_drawn_by_day() -> None:
    assert grain(Window(None, None)).words == "day"


def test_what_no_function_caused_is_original_and_never_below_zero() -> None:
    total = pa.table({"bucket": [T0, T0 + timedelta(hours=1)], "entries": [100, 5]})
    caused = pa.table(
        {
            "bucket": [T0, T0, T0 + timedelta(hours=1)],
            "depth": [1, 3, 1],
            "entries": [60, 10, 7],
        }
    )
    assert by_order(total, caused, timedelta(hours=1)) == [
        Bucket(T0, (30, 60, 0, 10)),
        Bucket(T0 + timedelta(hours=1), (0, 7, 0, 0)),
    ]


def test_a_bucket_in_which_nothing_was_recorded_is_drawn_as_nothing() -> None:
    total = pa.table({"bucket": [T0, T0 + timedelta(hours=2)], "entries": [4, 6]})
    caused = pa.table({"bucket": [T0], "depth": [1], "entries": [0]})
    assert by_order(total, caused, timedelta(hours=1)) == [
        Bucket(T0, (4, 0, 0, 0)),
        Bucket(T0 + timedelta(hours=1), (0, 0, 0, 0)),
        Bucket(T0 + timedelta(hours=2), (6, 0, 0, 0)),
    ]
    assert by_order(total.slice(0, 0), caused.slice(0, 0), timedelta(hours=1)) == []


def test_onsets_and_changes_are_marked() -> None:
    changed = {
        "event_id": "event-9",
        "event_time": T0,
        "event_name": "PutRule",
        "identity_arn": "arn:aws:iam::111111111111:user/bob",
    }
    cause = {**changed, "event_id": "event-1"}
    assert marks(STORM, [changed, cause]) == [
        Mark(ONSET.astimezone(UTC).replace(tzinfo=None), "loop loop-1 begins (sustained)", "onset"),
        Mark(CHANGED.replace(tzinfo=None), "PutSubscriptionFilter by alice (role Admin)", "cause"),
        Mark(T0, "PutRule by user bob"),
    ]

"""What a known trail delivers whose selectors are not recorded."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import known_feeds
from analytics.archive import Delivered
from analytics.changes import from_changes
from analytics.feed_candidates import Reader
from analytics.series import Counts, Span
from tests.analytics.test_changes import ACCOUNT, GROUP, REGION, START, SUBSCRIBE, change

MINUTES = 600
INTO = change("UpdateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": GROUP})
SUBSCRIBED = change("PutSubscriptionFilter", SUBSCRIBE, minute=1)
KEYS = (
    (ACCOUNT, REGION, "Management", "ec2.amazonaws.com", "RunInstances", False),
    (ACCOUNT, REGION, "Data", "lambda.amazonaws.com", "Invoke", False),
)
HERE = frozenset([ACCOUNT])


@pytest.mark.parametrize(
    ("by", "everything"),
    [
        (Delivered(by_own=HERE, mixed=HERE), True),
        (Delivered(by_own=HERE), False),
        (Delivered(by_organization=HERE, by_own=HERE, mixed=HERE), False),
    ],
)
def test_a_trail_whose_files_hold_both_delivers_both(by: Delivered, everything: bool) -> None:
    """There are as many runs as management entries, with which they move a little; of both a batch would hold four."""
    chance = np.random.default_rng(3)
    management = chance.poisson(2.0, MINUTES).astype(float)
    runs = chance.poisson(0.8 + 0.6 * np.roll(management, 3)).astype(float)
    entries = np.concatenate([management, chance.poisson(6.0, MINUTES)])
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), 2)
    traffic = Counts(minute, np.repeat([0, 1], MINUTES), KEYS, {"entries": entries}, MINUTES)
    topology = from_changes([INTO, SUBSCRIBED])
    reader, span = Reader(runs, np.zeros(MINUTES)), Span(START, MINUTES)
    feed = known_feeds.known(GROUP, reader, traffic, topology, span, by)
    assert feed is not None
    assert feed.series(traffic).sum() == (entries.sum() if everything else management.sum())

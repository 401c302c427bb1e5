"""A trail that becomes its organization's within the window, or that logs in a part of it."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import simulation
from analytics import cause, known_feeds, sources
from analytics.analysis import analyze
from analytics.archive import Delivered
from analytics.changes import from_changes
from analytics.feed_candidates import Reader
from analytics.findings import Findings
from analytics.selectors import Cell
from analytics.series import Counts, Floats, Span
from ingest.pipeline import IngestOptions, ingest
from simulation import Truth
from stormtrail.layout import Layout
from tests.analytics.test_changes import ACCOUNT, FUNCTION, GROUP, REGION, START, SUBSCRIBE, change

OTHER, MINUTES, CHANGED = "999988887777", 600, 300
CELLS = tuple(
    Cell(account, REGION, "Management", "ec2.amazonaws.com", "RunInstances", False)
    for account in (ACCOUNT, OTHER)
)
BOTH, OWN = 30.0, 10.0
INTO = {"cloudWatchLogsLogGroupArn": GROUP}
ORGANIZATION = {"name": "audit", "isOrganizationTrail": True}
ANSWER = {**INTO, "isOrganizationTrail": True, "isMultiRegionTrail": False}
MADE = change("CreateTrail", {"name": "audit", "isOrganizationTrail": False, **INTO})
TOLD = change("UpdateTrail", ORGANIZATION, ANSWER, minute=CHANGED)
SUBSCRIBED = change("PutSubscriptionFilter", SUBSCRIBE)


def delivered(changes: list[dict[str, object]], before: float) -> Floats:
    """Entries a minute that a group delivers, with so many runs a minute before the change."""
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), 2)
    keys = tuple(
        (c.account, c.region, c.category, c.event_source, c.event_name, c.read_only) for c in CELLS
    )
    entries = np.repeat([OWN, BOTH - OWN], MINUTES)
    traffic = Counts(minute, np.repeat([0, 1], MINUTES), keys, {"entries": entries}, MINUTES)
    runs = np.where(np.arange(MINUTES) < CHANGED, before, BOTH)
    span = Span(START, MINUTES)
    topology = from_changes(changes)
    feed = known_feeds.known(
        GROUP, Reader(runs, np.zeros(MINUTES)), traffic, topology, span, Delivered()
    )
    assert feed is not None
    return feed.series(traffic)


@pytest.mark.parametrize(
    ("changes", "before", "expected"),
    [
        ([MADE, SUBSCRIBED, TOLD], OWN, OWN),
        ([MADE, SUBSCRIBED, TOLD], BOTH, OWN),  # it was made so
        ([SUBSCRIBED, TOLD], OWN, OWN),
        ([SUBSCRIBED, TOLD], 0.0, OWN),
        ([SUBSCRIBED, TOLD], BOTH, BOTH),  # it had been told so before
    ],
)
def test_before_a_trail_was_its_organizations_it_delivered_its_own_entries(
    changes: list[dict[str, object]], before: float, expected: float
) -> None:
    found = delivered(changes, before)
    assert (found[CHANGED // 2], found[-1]) == (expected, BOTH)


def test_what_an_answer_tells_and_nobody_asked_for_was_so_before() -> None:
    renamed = change("UpdateTrail", {"name": "audit", "s3KeyPrefix": "p"}, ANSWER, minute=CHANGED)
    assert set(delivered([SUBSCRIBED, renamed], OWN)) == {BOTH}


MADE_BEFORE = [change("UpdateTrail", {"name": "audit", **INTO}, ANSWER), SUBSCRIBED]


@pytest.mark.parametrize(
    ("named", "before", "expected"),
    [
        ("StopLogging", BOTH, (BOTH, 0.0)),
        ("StartLogging", 0.0, (0.0, BOTH)),
        ("StartLogging", BOTH, (BOTH, BOTH)),  # it logged already, as its runs show
    ],
)
def test_a_trail_delivers_while_it_logs(
    named: str, before: float, expected: tuple[float, float]
) -> None:
    found = delivered([*MADE_BEFORE, change(named, {"name": "audit"}, minute=CHANGED)], before)
    assert (found[CHANGED // 2], found[-1]) == expected


@pytest.mark.parametrize(
    ("carried", "event"), [(CELLS[1], "UpdateTrail-300"), (CELLS[0], "CreateTrail-0")]
)
def test_the_change_closed_a_loop_of_another_accounts_entries_alone(
    carried: Cell, event: str
) -> None:
    topology = from_changes([change("PutSubscriptionFilter", SUBSCRIBE, minute=-9), MADE, TOLD])
    pieces = cause.pieces([GROUP], [FUNCTION], topology)
    onset = START + timedelta(minutes=CHANGED + 2 if carried.account == OTHER else 2)
    found = cause.find(topology, pieces, onset, [carried])
    assert found is not None
    assert found.event_id == event


def without(archive: Path, names: set[str]) -> None:
    for path in archive.rglob("*.json.gz"):
        records = json.loads(gzip.decompress(path.read_bytes()))["Records"]
        kept = [record for record in records if record["eventName"] not in names]
        path.write_bytes(gzip.compress(json.dumps({"Records": kept}).encode()))


def analyzed(folder: Path, left_out: set[str]) -> tuple[Truth, Findings]:
    truth = simulation.make("becomes_organizations", 101, folder)
    without(folder / "archive", left_out)
    layout = Layout(folder / "store")
    ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
    return truth, analyze(layout)


@pytest.mark.parametrize("left_out", [set(), {"CreateTrail", "StartLogging", "PutEventSelectors"}])
def test_the_storm_of_a_trail_that_became_the_organizations_is_that_changes(
    tmp_path: Path, left_out: set[str]
) -> None:
    truth, found = analyzed(tmp_path, left_out)
    (source,), (there,) = found.sources, truth.sources
    assert source.entries_delivered == pytest.approx(there.entries_delivered, rel=0.03)
    assert source.s == pytest.approx(there.s, rel=0.05)
    assert [loop.cause and loop.cause.event_name for loop in found.loops] == ["UpdateTrail"]


@pytest.mark.parametrize("everything", [True, False])
def test_what_selectors_leave_out_was_delivered_before_them_if_the_runs_followed_it(
    everything: bool,
) -> None:
    """A trail from before the window, whose selectors are cut to management events within it."""
    chance = np.random.default_rng(1)
    management, data = (chance.poisson(chance.gamma(2.0, 8.0, MINUTES)) for _ in range(2))
    keys = (
        (ACCOUNT, REGION, "Management", "ec2.amazonaws.com", "RunInstances", False),
        (ACCOUNT, REGION, "Data", "lambda.amazonaws.com", "Invoke", False),
    )
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), 2)
    entries = np.concatenate([management, data]).astype(float)
    traffic = Counts(minute, np.repeat([0, 1], MINUTES), keys, {"entries": entries}, MINUTES)
    before = np.arange(MINUTES) < CHANGED
    runs = np.roll(management + data * (before & everything), 3).astype(float)
    only = [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}]
    cut = {"trailName": "audit", "advancedEventSelectors": only}
    changes = [*MADE_BEFORE, change("PutEventSelectors", cut, minute=CHANGED)]
    topology, span = from_changes(changes), Span(START, MINUTES)
    feed = known_feeds.known(
        GROUP, Reader(runs, np.zeros(MINUTES)), traffic, topology, span, Delivered()
    )
    assert feed is not None
    expected = management + data * (before & everything)
    inside = slice(30, None)
    assert (feed.series(traffic)[inside] == expected[inside]).all()


def test_a_group_delivers_from_when_a_trail_writes_into_it() -> None:
    """It was subscribed long before the trail was moved there."""
    moved = change("UpdateTrail", {"name": "audit", **INTO}, minute=120)
    topology = from_changes([SUBSCRIBED, moved])
    assert sources._begun(GROUP, topology, Span(START, MINUTES)) == 120

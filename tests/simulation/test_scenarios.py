from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simulation
from simulation import KINDS
from simulation.truth import SourceTruth
from stormtrail.errors import UsageError
from tests.simulation.reading import read_archive

WITHOUT = {"no_storm", "no_storm_busy", "quiet_month", "queue_trap", "anomalies"}
TWO = {"two_storms": {"amplifying"}, "moved_behind_stream": {"ended", "amplifying"}}
STATES = {
    "one_function": "runaway",
    "three_stages": "runaway",
    "three_functions_all_routed": "runaway",
    "own_log_group": "sustained",
    "ended": "ended",
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_has_the_loops_it_says(kind: str) -> None:
    truth = simulation.simulate(simulation.build(kind, 2, scale=0.4), 2).truth
    expected = 0 if kind in WITHOUT else 2 if kind in TWO else 1
    states = TWO.get(kind, {STATES.get(kind, "amplifying")} if expected else set())
    assert (len(truth.loops), {loop.state for loop in truth.loops}) == (expected, states)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - WITHOUT - {"articles"}))
def test_the_cause_of_a_loop_is_a_successful_change_before_its_onset(
    kind: str, tmp_path: Path
) -> None:
    truth = simulation.make(kind, 1, tmp_path, scale=0.3)
    by_id = {r["eventID"]: r for r in read_archive(tmp_path / "archive").unique}
    for loop in truth.loops:
        if not truth.links_recorded:
            assert loop.cause_event_id is None
            continue
        cause = by_id[loop.cause_event_id or ""]
        assert "errorCode" not in cause
        assert cause["managementEvent"] is True
        assert cause["eventName"].startswith(("Put", "Create", "Subscribe", "UpdateTrail"))
        assert truth.window["start"] <= cause["eventTime"] <= loop.onset


def test_two_sources_of_one_trail_make_one_loop_over_both() -> None:
    truth = simulation.simulate(simulation.build("two_sources_one_loop", 1, scale=0.5), 1).truth
    (loop,) = truth.loops
    arns = sorted(source.arn for source in truth.sources)
    assert loop.sources == arns
    assert [sorted(source.feedback) for source in truth.sources] == [arns, arns]
    matrix = np.array([[s.feedback[arn] for arn in arns] for s in by_arn(truth.sources)])
    radius = max(abs(np.linalg.eigvals(matrix)))
    assert loop.spectral_radius == pytest.approx(radius)


def by_arn(sources: list[SourceTruth]) -> list[SourceTruth]:
    return sorted(sources, key=lambda source: source.arn)


def test_failed_tries_stand_near_the_cause() -> None:
    organization = simulation.build("articles", 1)
    closing = next(change for change in organization.changes if change.closes)
    near = [c for c in organization.changes if abs(c.hour - closing.hour) < 0.5]
    assert sum(change.error is not None for change in near) == 3


def test_a_change_is_recorded_only_where_the_kind_records_changes() -> None:
    assert simulation.build("nothing_recorded", 1).changes == ()


def test_seeds_differ_in_accounts_regions_and_onset() -> None:
    built = [simulation.build("articles", seed) for seed in range(6)]
    assert len({organization.accounts for organization in built}) == 6
    assert len({organization.archive.region for organization in built}) > 1
    assert len({organization.start for organization in built}) > 1


def test_scale_multiplies_the_entries() -> None:
    small, large = (
        simulation.simulate(simulation.build("no_storm", 1, hours=6.0, scale=scale), 1).truth
        for scale in (1.0, 4.0)
    )
    assert large.entries == pytest.approx(4 * small.entries, rel=0.15)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        simulation.build("nonsense", 1)
    assert "articles" in refused.value.line()


@pytest.mark.parametrize(("hours", "scale"), [(0.0, 1.0), (-1.0, 1.0), (None, 0.0)])
def test_a_window_or_scale_of_nothing_is_refused(hours: float | None, scale: float) -> None:
    with pytest.raises(UsageError):
        simulation.build("articles", 1, hours=hours, scale=scale)


def test_every_kind_says_what_it_is() -> None:
    lines = {simulation.describe(kind) for kind in KINDS}
    assert len(lines) == len(KINDS)
    assert "" not in lines


def test_anomalies_are_in_the_records_where_the_truth_says() -> None:
    run = simulation.simulate(simulation.build("anomalies", 1), 1)
    found = {anomaly.detector: anomaly for anomaly in run.organization.anomalies}
    assert set(found) == {"burst", "silence", "new_caller"}
    silence = found["silence"]
    hours = [
        run.log.times[row] / 3600
        for row, template in enumerate(run.log.templates)
        if run.plan.templates[template].text.find(silence.subject.encode()) >= 0
    ]
    inside = [h for h in hours if silence.start + 0.1 <= h < silence.end]
    before = [h for h in hours if silence.start - 5 <= h < silence.start]
    assert (inside, len(before) > 100) == ([], True)


def test_an_organization_delivers_at_a_pace_of_its_own() -> None:
    """Its sources and its archive alike, between 2.8 and 6 minutes in the mean."""
    made = [simulation.build("two_sources_one_loop", seed) for seed in range(40)]
    medians = [organization.sources[0].delay.median for organization in made]
    assert 0.8 * 191 <= min(medians) < 200 and 290 < max(medians) <= 1.7 * 191
    for organization in made:
        group, bucket = organization.sources
        assert organization.archiving.delay == group.delay
        assert bucket.delay.median / group.delay.median == pytest.approx(60 / 191)


@pytest.mark.parametrize("kind", ["older_trail", "stream_of_older_trail"])
def test_no_change_tells_what_an_older_trail_records(kind: str) -> None:
    for seed in (1, 2):
        organization = simulation.build(kind, seed)
        (trail,) = organization.trails
        names = [c.name for c in organization.changes if trail.name in str(c.parameters)]
        names = [name for name in names if name.endswith(("Trail", "EventSelectors", "Logging"))]
        told = ["UpdateTrail"] if seed % 2 or kind == "stream_of_older_trail" else []
        assert names == told

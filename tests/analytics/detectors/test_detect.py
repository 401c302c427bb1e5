"""What the detectors find in months with a rhythm, and what they leave alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from analytics.detectors import detect
from analytics.findings import Anomaly, Window
from tests.analytics.detectors.rhythms import SCHEMA, START, Month, quiet_month

SEEDS = (0, 1, 2)
ACCOUNT = "222222222222"


def _window(first: int, last: int) -> Window:
    return Window(START + timedelta(hours=first), START + timedelta(hours=last + 1))


def _found(month: Month, detector: str, subject: str) -> list[Anomaly]:
    return [a for a in detect(month.table()) if (a.detector, a.subject) == (detector, subject)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quiet_month_of_five_accounts_gives_less_than_one_anomaly_a_day(seed: int) -> None:
    found = detect(quiet_month(seed).table())
    assert len(found) <= 30
    assert len([anomaly for anomaly in found if anomaly.detector != "new_caller"]) <= 10


@pytest.mark.parametrize("seed", SEEDS)
def test_a_function_that_runs_ten_times_as_often_for_three_hours_is_one_burst(seed: int) -> None:
    month = quiet_month(seed, accounts=2)
    flow = month.flow(ACCOUNT, "f1")
    flow.runs[400:403] = flow.runs[400:403] * 10 + 50
    for source, runs in flow.sources.items():
        flow.sources[source] = np.where(flow.runs > 0, runs, 0)
    (burst,) = _found(month, "burst", flow.arn)
    assert burst.window == _window(400, 402)
    assert burst.evidence[0] in {f"f1/{hour}/first" for hour in (400, 401, 402)}
    assert "times the usual" in burst.explanation
    assert "usual range" in burst.explanation


@pytest.mark.parametrize("seed", SEEDS)
def test_office_work_at_four_in_the_night_is_a_burst_though_the_count_is_usual_by_day(
    seed: int,
) -> None:
    month = quiet_month(seed, accounts=2)
    role = f"arn:aws:iam::{ACCOUNT}:role/team-0"
    hour = np.arange(month.hours) % 24
    by_day = np.random.default_rng(seed).poisson(60, month.hours)
    month.others[ACCOUNT, role] = np.where((hour >= 8) & (hour < 18), by_day, 0)
    month.others[ACCOUNT, role][13 * 24 + 4] = 60
    (burst,) = _found(month, "burst", role)
    assert burst.window == _window(13 * 24 + 4, 13 * 24 + 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_steady_flow_that_stops_for_nine_hours_is_one_silence_with_the_entries_around_it(
    seed: int,
) -> None:
    month = quiet_month(seed, accounts=2)
    flow = month.flow(ACCOUNT, "f5")
    flow.runs += 20
    flow.runs[300:309] = 0
    (silence,) = _found(month, "silence", flow.arn)
    assert silence.window == _window(300, 308)
    assert silence.evidence == ("f5/299/last", "f5/309/first")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_role_that_never_started_a_function_is_a_new_caller(seed: int) -> None:
    month = quiet_month(seed, accounts=2)
    flow = month.flow(ACCOUNT, "f1")
    flow.callers["arn:aws:iam::999999999999:role/intruder"] = np.eye(
        1, month.hours, 600, dtype=int
    )[0]
    (arrival,) = _found(month, "new_caller", flow.arn)
    assert arrival.window == _window(600, 600)
    assert arrival.evidence == ("role/intruder/600/first", "role/intruder/600/last")
    assert "role/intruder started it for the first time" in arrival.explanation


@pytest.mark.parametrize("seed", SEEDS)
def test_a_log_group_that_never_started_a_function_is_a_new_source(seed: int) -> None:
    month = quiet_month(seed, accounts=2)
    flow = month.flow(ACCOUNT, "f1")
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:new"
    flow.sources[group] = (np.arange(month.hours) >= 500).astype(np.int64)
    (arrival,) = _found(month, "new_source", flow.arn)
    assert arrival.window == _window(500, 500)
    assert group in arrival.explanation


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_that_begin_to_write_five_entries_each_are_a_shift(seed: int) -> None:
    month = quiet_month(seed, accounts=2)
    flow = month.flow(ACCOUNT, "f1")
    flow.runs += 20
    flow.entries_per_run[500:520] = 5
    (shift,) = _found(month, "entries_per_run", flow.arn)
    assert shift.window == _window(500, 519)
    assert shift.explanation.startswith("5 entries per run from 2024-05-21 20:00 UTC for 20 hours")
    assert "2.5 times the usual 2 (" in shift.explanation


@pytest.mark.parametrize("seed", SEEDS)
def test_a_function_with_few_runs_an_hour_that_writes_more_is_told_too(seed: int) -> None:
    """Hours are taken together; those before and after keep their entries."""
    month = quiet_month(seed, accounts=2)
    flow = month.flow(ACCOUNT, "f1")
    flow.runs[:] = np.random.default_rng(seed).poisson(2.5, month.hours)
    flow.entries_per_run[500:510] = 5
    (shift,) = _found(month, "entries_per_run", flow.arn)
    begin, end = _window(500, 509).start, _window(500, 509).end
    assert begin and end and shift.window.start and shift.window.end
    assert begin - timedelta(hours=5) <= shift.window.start <= begin + timedelta(hours=5)
    assert end - timedelta(hours=5) <= shift.window.end <= end + timedelta(hours=5)


@pytest.mark.parametrize("seed", SEEDS)
def test_forty_small_roles_that_all_come_in_one_hour_give_the_hour_its_shape(
    seed: int,
) -> None:
    month = quiet_month(seed, accounts=2)
    draw = np.random.default_rng(seed)
    touched = {
        f"arn:aws:iam::{ACCOUNT}:role/small-{i}": draw.random(month.hours) < 0.05 for i in range(40)
    }
    for flags in touched.values():
        flags[433] = True
    month.others |= {(ACCOUNT, role): flags.astype(np.int64) for role, flags in touched.items()}
    (shape,) = _found(month, "shape", ACCOUNT)
    assert shape.window == _window(433, 433)
    assert "callers were active" in shape.explanation


def test_eight_functions_that_burst_at_once_are_one_burst_of_the_account() -> None:
    month = quiet_month(0, accounts=2)
    for flow in month.flows:
        if flow.account == ACCOUNT:
            flow.runs[400:403] = flow.runs[400:403] * 10 + 20_000
    (burst,) = [a for a in detect(month.table()) if a.window.start == _window(400, 402).start]
    assert (burst.detector, burst.subject, burst.window) == ("burst", ACCOUNT, _window(400, 402))
    assert "8 subjects at once, most of all arn:aws:lambda:" in burst.explanation


def test_a_job_that_runs_every_sunday_is_no_burst() -> None:
    month = quiet_month(0, accounts=1)
    flow = month.flow("1" * 12, "f1")
    flow.runs[:] = np.random.default_rng(0).poisson(10, month.hours)
    sundays = 4 * 24 + 3 + 168 * np.arange(4)  # 2024-05-05 is one
    flow.runs[sundays] = 500
    assert _found(month, "burst", flow.arn) == []
    flow.runs[sundays[1] + 24] = 500
    (burst,) = _found(month, "burst", flow.arn)
    assert burst.window == _window(int(sundays[1]) + 24, int(sundays[1]) + 24)


def test_hours_missing_from_the_whole_archive_are_one_silence_of_the_archive() -> None:
    month = quiet_month(0)
    for counts in _all_counts(month):
        counts[200:206] = 0
    silences = [a for a in detect(month.table()) if a.detector == "silence"]
    assert [(a.subject, a.window, a.evidence) for a in silences] == [
        ("archive", _window(200, 205), ())
    ]


def test_an_account_that_stops_logging_is_one_silence_of_the_account() -> None:
    month = quiet_month(0)
    for counts in _all_counts(month, ACCOUNT):
        counts[200:206] = 0
    silences = [a for a in detect(month.table()) if a.detector == "silence"]
    assert [(a.subject, a.window) for a in silences] == [(ACCOUNT, _window(200, 205))]


def _all_counts(
    month: Month, account: str | None = None
) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    flows = [f for f in month.flows if account in (None, f.account)]
    counts = [c for f in flows for c in (f.runs, *f.callers.values(), *f.sources.values())]
    return counts + [c for key, c in month.others.items() if account in (None, key[0])]


def test_less_than_two_days_of_history_give_no_anomaly() -> None:
    month = quiet_month(0, accounts=1, days=2)
    flow = month.flow("1" * 12, "f1")
    flow.runs[40] = 100_000
    flow.callers["arn:aws:iam::1:role/new"] = np.eye(1, month.hours, 46, dtype=int)[0]
    hours = month.table()
    day_and_a_bit = START + timedelta(hours=47)
    early = [row["hour"] < day_and_a_bit.replace(tzinfo=None) for row in hours.to_pylist()]
    assert detect(hours.filter(pa.array(early))) == ()


def test_an_archive_of_three_hours_gives_no_anomaly() -> None:
    hours = quiet_month(0, accounts=1, days=1).table()
    early = [row["hour"].hour < 3 for row in hours.to_pylist()]
    assert detect(hours.filter(pa.array(early))) == ()


def test_an_empty_rollup_gives_no_anomaly() -> None:
    assert detect(SCHEMA.empty_table()) == ()


def test_the_order_of_rows_does_not_matter_and_the_highest_score_is_first() -> None:
    month = quiet_month(3)
    month.flow(ACCOUNT, "f1").runs[400:403] += 100_000
    hours = month.table()
    shuffled = hours.take(pa.array(np.random.default_rng(0).permutation(hours.num_rows)))
    found = detect(hours)
    assert detect(shuffled) == found
    assert [a.score for a in found] == sorted((a.score for a in found), reverse=True)


def test_names_out_of_records_reach_an_explanation_without_control_characters() -> None:
    month = quiet_month(0)
    flow = month.flow(ACCOUNT, "f1")
    flow.callers["role/\x1b[31mred\n"] = np.eye(1, month.hours, 600, dtype=int)[0]
    (arrival,) = _found(month, "new_caller", flow.arn)
    assert arrival.explanation.startswith(
        "role/\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER} started"
    )


def test_an_aware_and_a_naive_hour_column_mean_the_same() -> None:
    hours = quiet_month(3).table()
    aware = hours.set_column(0, "hour", hours["hour"].cast(pa.timestamp("us", tz="UTC")))
    found = detect(aware)
    assert found == detect(hours)
    assert all(isinstance(a.window.start, datetime) and a.window.start.tzinfo for a in found)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reports.cron import Cron
from stormtrail.errors import UsageError

THURSDAY = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def following(expression: str, count: int, timezone: str = "UTC") -> list[str]:
    cron, at, found = Cron(expression, timezone), THURSDAY, []
    for _ in range(count):
        following = cron.after(at)
        assert following is not None
        at = following
        found.append(f"{at.astimezone(UTC):%a %d %b %H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 7 * * 1", ["Mon 05 Jan 07:00", "Mon 12 Jan 07:00"]),
        ("0 7 * * 0", ["Sun 04 Jan 07:00", "Sun 11 Jan 07:00"]),
        ("0 7 * * 7", ["Sun 04 Jan 07:00", "Sun 11 Jan 07:00"]),
        ("0 7 * * mon", ["Mon 05 Jan 07:00", "Mon 12 Jan 07:00"]),
        ("0 7 * * 1-5", ["Fri 02 Jan 07:00", "Mon 05 Jan 07:00"]),
        ("0 7 * * 5-1", ["Fri 02 Jan 07:00", "Sat 03 Jan 07:00"]),
        ("0 7 * * 6,0", ["Sat 03 Jan 07:00", "Sun 04 Jan 07:00"]),
        ("*/30 * * * *", ["Thu 01 Jan 12:30", "Thu 01 Jan 13:00"]),
        ("0 0 1 * *", ["Sun 01 Feb 00:00", "Sun 01 Mar 00:00"]),
        ("0 0 13 * 5", ["Fri 02 Jan 00:00", "Fri 09 Jan 00:00", "Tue 13 Jan 00:00"]),
        ("@daily", ["Fri 02 Jan 00:00", "Sat 03 Jan 00:00"]),
    ],
)
def test_expressions_mean_what_crontab_says(expression: str, expected: list[str]) -> None:
    assert following(expression, len(expected)) == expected


def test_an_expression_is_of_its_time_zone_in_summer_and_winter() -> None:
    cron = Cron("0 7 * * *", "Europe/Berlin")
    winter = cron.after(datetime(2026, 1, 1, tzinfo=UTC))
    summer = cron.after(datetime(2026, 7, 1, tzinfo=UTC))
    assert winter == datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert summer == datetime(2026, 7, 1, 5, tzinfo=UTC)


def test_nothing_is_due_before_its_time() -> None:
    assert Cron("0 13 * * *").due(THURSDAY, THURSDAY + timedelta(minutes=59)) is None


def test_a_due_time_is_due_once() -> None:
    cron, at = Cron("0 13 * * *"), THURSDAY + timedelta(hours=1)
    assert cron.due(THURSDAY, at) == at
    assert cron.due(at, at) is None


@pytest.mark.parametrize("days", [1, 10, 100, 1000])
def test_however_many_were_missed_the_newest_alone_is_due(days: int) -> None:
    now = THURSDAY + timedelta(days=days, hours=2)
    assert Cron("0 13 * * *").due(THURSDAY, now) == now - timedelta(hours=1)


def test_a_rare_time_is_found_long_after() -> None:
    now = THURSDAY + timedelta(days=700)
    assert Cron("0 0 29 2 *").due(THURSDAY - timedelta(days=900), now) == datetime(
        2024, 2, 29, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "61 * * * *",
        "0 7 * * 8",
        "0 7 * * xyz",
        "a b c d e",
        "0 7 1-x * *",
        "0 7 30 2 *",
    ],
)
def test_a_wrong_expression_is_a_usage_error(expression: str) -> None:
    with pytest.raises(UsageError):
        Cron(expression)


def test_an_unknown_time_zone_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no time zone is called 'Mars'"):
        Cron("@daily", "Mars")

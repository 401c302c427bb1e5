from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from stormtrail.errors import UsageError
from stormtrail.settings import SqlLimits, load
from stormtrail.verbs._common import analysis_options, moment


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_the_store_is_a_folder_here() -> None:
    assert load().store == Path("stormtrail-store")


def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stormtrail.toml").write_text('store = "file"\nprofile = "file"\nstrict = true\n')
    monkeypatch.setenv("STORMTRAIL_STORE", "environment")
    monkeypatch.setenv("STORMTRAIL_PROFILE", "environment")
    found = load(store=Path("flag"), profile=None)
    assert (found.store, found.profile, found.strict) == (Path("flag"), "environment", True)


def test_a_nested_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMTRAIL_SQL__SECONDS", "5")
    assert load().sql == SqlLimits(seconds=5.0)


def test_tables_of_the_file_reach_the_analysis_and_the_prices(tmp_path: Path) -> None:
    (tmp_path / "stormtrail.toml").write_text(
        '[analysis]\nmin_batch = 5\n[prices]\n"siem.gb" = 1.5\n'
    )
    found = load()
    assert (found.analysis, found.prices) == ({"min_batch": 5}, {"siem.gb": 1.5})


def test_times_without_a_zone_are_utc() -> None:
    assert load(since=datetime(2026, 1, 2)).since == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ('stor = "x"', "stormtrail.toml: no such setting: stor; did you mean store?"),
        (
            "[sql]\nsecond = 3",
            "stormtrail.toml: no such setting: sql.second; did you mean seconds?",
        ),
        (
            "strict = 'maybe'",
            "setting strict: input should be a valid boolean, unable to interpret input",
        ),
        ("[sql]\nmemory = 'lots'", "setting sql.memory: string should match pattern"),
        ("store = ", "stormtrail.toml: not valid TOML"),
        ("\xff", "stormtrail.toml: not valid TOML"),
        ("store = 5", "setting store: should be a folder or an s3:// address"),
        ("since = 2026-06-05\nuntil = 2026-06-01", "since is after until"),
    ],
)
def test_a_wrong_file_is_named_in_one_clear_line(tmp_path: Path, file: str, says: str) -> None:
    (tmp_path / "stormtrail.toml").write_text(file, encoding="latin-1")
    with pytest.raises(UsageError) as caught:
        load()
    assert caught.value.line().startswith(says)
    assert "\n" not in caught.value.line()


def test_a_folder_where_the_file_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "stormtrail.toml").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        load()


def test_a_table_in_the_environment_that_is_not_json_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORMTRAIL_ANALYSIS", "hunter2")
    with pytest.raises(UsageError, match="analysis") as caught:
        load()
    assert "hunter2" not in caught.value.line()


@pytest.mark.parametrize("value", [-1, "5", True, float("nan"), float("inf")])
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match=r"analysis\.min_batch: should be a number, 0 or more"):
        analysis_options(load(analysis={"min_batch": value}))


def test_an_unknown_variable_of_ours_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMTRAIL_STROE", "x")
    with pytest.raises(UsageError) as caught:
        load()
    assert caught.value.line() == (
        "environment variable STORMTRAIL_STROE: no such setting; did you mean store?"
    )


def test_a_wrong_value_is_not_repeated_because_it_may_be_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORMTRAIL_STRICT", "hunter2")
    with pytest.raises(UsageError) as caught:
        load()
    assert "hunter2" not in caught.value.line()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-06-03", datetime(2026, 6, 3, tzinfo=UTC)),
        ("2026-06-03T01:00", datetime(2026, 6, 3, 1, tzinfo=UTC)),
        ("2026-06-03T01:00:00.000Z", datetime(2026, 6, 3, 1, tzinfo=UTC)),
        ("2026-06-03T01:00:00+02:00", datetime(2026, 6, 2, 23, tzinfo=UTC)),
    ],
)
def test_a_flag_takes_the_times_that_the_environment_takes(
    text: str, time: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(since=moment(text)).since == time
    monkeypatch.setenv("STORMTRAIL_SINCE", text)
    assert load().since == time


def test_what_is_no_time_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'yesterday' is no time"):
        moment("yesterday")

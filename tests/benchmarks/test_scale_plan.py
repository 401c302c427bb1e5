"""The plan for ten billion entries a day: the page holds what the calculator gives, and it adds up."""

from __future__ import annotations

import re

import pytest

from benchmarks.scale_inputs import Input, inputs
from benchmarks.scale_plan import PAGE, Plan, sections
from benchmarks.scale_skew import World, rows_of_a_minute, simulate

SECTIONS = sections()
ROUND = {
    "entries a day": 1e9,
    "archive, an entry": 100,
    "Parquet, an entry": 50,
    "decode, an entry": 10,
    "rollups on Spark, an entry": 6,
    "rollups on DuckDB, an entry": 2,
    "a file, beside its records": 1_000,
    "rollups of a function's minute": 4,
    "rollups of a function's hour": 60,
    "rollups of a function's day": 300,
    "rollups of an account and region's minute": 10,
    "accounts": 10,
    "regions with entries": 2,
    "records a file": 1_000,
    "input of a task": 1e8,
    "decode on Spark, of decode here": 2,
    "a core of theirs, of one here": 1,
    "cores at work": 50,
    "memory a core": 4e9,
    "time for a day": 5,
    "EMR Serverless, x86": 0.05,
    "EMR Serverless, memory": 0.005,
    "Athena": 5,
    "Athena, the least of a question": 1e7,
    "s3.get": 0.0004,
    "s3.put": 0.005,
}
WORLD = World(10_000_000, 2_000, 100, 0.1, 0.95)


def plan() -> Plan:
    """A plan of round numbers."""
    return Plan({name: Input(value, "", "") for name, value in ROUND.items()})


def written(name: str) -> str:
    """What the page holds between the marks of a section."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- begin {name} -->\n(.*?)\n<!-- end {name} -->", text, re.S)
    assert found is not None, name
    return found[1]


@pytest.mark.parametrize("name", SECTIONS)
def test_the_page_holds_what_the_calculator_gives(name: str) -> None:
    assert written(name) == SECTIONS[name].strip()


def test_every_figure_of_the_page_is_the_calculators() -> None:
    text = PAGE.read_text(encoding="utf-8")
    kept = re.sub(r"<!-- begin (\w+) -->.*?<!-- end \1 -->|```.*?```|`[^`]*`", "", text, flags=re.S)
    assert re.findall(r"\S*\d\S*", kept) == []


def test_every_figure_says_how_it_was_got() -> None:
    ways = (
        *(
            "`python -m benchmarks.scale_measure`",
            "assumed",
            "chosen",
            "the question",
            "the median",
            "`make bench-scale`",
        ),
        *("AWS pric", "EMR Serverless's workers"),
    )
    assert [name for name, one in inputs().items() if not one.how.startswith(ways)] == []


def test_prices_are_dated_and_say_where_they_are_from_memory() -> None:
    usd = {name: one.how for name, one in inputs().items() if one.unit.startswith("USD")}
    assert all(re.search(r"20\d\d-\d\d", how) for how in usd.values())
    memory = {name for name, how in usd.items() if "from memory" in how}
    assert memory == {"EMR Serverless, x86", "EMR Serverless, memory", "Athena"}


def test_a_plan_of_round_numbers_is_what_is_worked_out_by_hand() -> None:
    found = plan()
    assert (found.archive_bytes, found.parquet_bytes) == (1e11, 5e10)
    assert (found.files, found.tasks, found.entries_a_task) == (1e6, 1_000, 1e6)
    # 1e9 entries × 20 µs + 1e6 files × 1 ms = 21,000 s; rollups 6,000 s; half of the time is waiting
    assert found.decode_hours == pytest.approx(21_000 / 3_600)
    assert found.core_hours == pytest.approx(2 * 27_000 / 3_600)
    assert found.cores == 3
    assert found.alone_hours == pytest.approx((12_000 + 1_000) / 3_600)
    assert found.emr_usd == pytest.approx(15 * 0.05 + 15 * 4 * 0.005)
    assert found.requests_usd(1e6) == pytest.approx(0.4 + 0.005)
    assert found.athena_usd(30, 20) == pytest.approx(30 * 0.05 * 0.2 * 5)
    assert found.read_usd(1) == pytest.approx(5e-5)
    minutes, hours, days = 7 * 1_440 * 4, 7 * 24 * 60, 7 * 300
    assert found.rollup_bytes(7) == minutes + hours + days + 20 * 1_440 * 10


def test_a_storm_is_one_task_by_account_and_hour_and_spread_by_bytes_or_ids() -> None:
    found = {one.way: one for one in simulate(WORLD, 50_000)}
    assert found["decode by account and hour"].most == pytest.approx(1e6)
    assert found["runs by function"].most == pytest.approx(950_000)
    for way in ("decode by bytes, file after file", "duplicates by event id", "runs by request id"):
        assert found[way].tasks == pytest.approx(200, abs=2)
        assert found[way].skew < 1.1


def test_no_entry_is_lost_between_files_and_tasks() -> None:
    found = [one for one in simulate(WORLD, 50_000) if one.way != "runs by function"]
    assert [one.tasks * one.mean for one in found] == pytest.approx([WORLD.entries] * len(found))


def test_the_same_seed_gives_the_same_figures() -> None:
    assert list(simulate(WORLD, 50_000)) == list(simulate(WORLD, 50_000))


def test_rows_of_a_storm_grow_with_the_tasks_and_not_with_its_entries() -> None:
    assert rows_of_a_minute(WORLD, 50_000) == pytest.approx(1e6 / 50_000, abs=1)
    larger = World(20_000_000, 2_000, 100, 0.1, 0.95)
    assert rows_of_a_minute(larger, 100_000) == rows_of_a_minute(WORLD, 50_000)

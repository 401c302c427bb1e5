"""`python -m benchmarks.scale_plan`: the plan for ten billion entries a day, worked out and printed.

`--write` puts its tables into docs/scale.md, each between its marks; a test holds the page to them.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.results import write_section
from benchmarks.scale_inputs import ROLLUPS_OF, Input, inputs
from benchmarks.scale_skew import World, rows_of_a_minute, simulate

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
_MINUTES, _HOURS = 1_440, 24  # of a day
_MONTH_DAYS = 30
_KEYS_A_LIST = 1_000
_KEY_BYTES = 16  # of an entry's hash, by which duplicates are found (ingest/dedupe.py)
_FUNCTIONS = (100, 1_000, 10_000, 100_000)
_CORES = (100, 400, 1_600)


class Plan:
    """The figures that follow from the inputs; a day's, unless said."""

    def __init__(self, given: Mapping[str, Input]) -> None:
        self._given = given
        self.entries = self("entries a day")
        self.archive_bytes = self.entries * self("archive, an entry")
        self.parquet_bytes = self.entries * self("Parquet, an entry")
        self.files = self.entries / self("records a file")
        self.tasks = math.ceil(self.archive_bytes / self("input of a task"))
        self.entries_a_task = self.entries / self.tasks
        self.decode_us = self("decode, an entry") * self("decode on Spark, of decode here")
        self.decode_hours = self._cpu_hours(self.decode_us, self.files)
        self.rollup_hours = self._cpu_hours(self("rollups on Spark, an entry"), 0)
        self.core_hours = (self.decode_hours + self.rollup_hours) / (self("cores at work") / 100)
        self.cores = math.ceil(self.core_hours / self("time for a day"))

    def __call__(self, name: str) -> float:
        """The value of an input."""
        return self._given[name].value

    def _cpu_hours(self, us_an_entry: float, files: float) -> float:
        work = self.entries * us_an_entry + files * self("a file, beside its records")
        return work / 1e6 / 3_600 * self("a core of theirs, of one here")

    @property
    def alone_hours(self) -> float:
        """Core-hours of the same work in this program's own processes and DuckDB."""
        us = self("decode, an entry") + self("rollups on DuckDB, an entry")
        return self._cpu_hours(us, self.files)

    @property
    def emr_usd(self) -> float:
        """EMR Serverless for ingest and rollups."""
        gigabytes = self.core_hours * self("memory a core") / 1e9
        return self.core_hours * self("EMR Serverless, x86") + gigabytes * self(
            "EMR Serverless, memory"
        )

    def requests_usd(self, files: float) -> float:
        """S3's requests for reading so many files: each is got once and listed once."""
        return (files * self("s3.get") + files / _KEYS_A_LIST * self("s3.put")) / 1_000

    def athena_usd(self, days: float, share: float) -> float:
        """One question over so many days that reads so many per cent of the bytes."""
        return self.read_usd(days * self.parquet_bytes * share / 100)

    def read_usd(self, size: float) -> float:
        """One question that reads so many bytes."""
        return max(size, self("Athena, the least of a question")) / 1e12 * self("Athena")

    def rollup_bytes(self, functions: float, most: str = "") -> float:
        """Rollups of a day in which so many functions run in every minute."""
        accounts = self("accounts") * self("regions with entries")
        numbers = {
            "function_minutes": functions * _MINUTES,
            "function_hours": functions * _HOURS,
            "functions": functions,
            "account_minutes": accounts * _MINUTES,
        }
        return sum(
            number * self(f"rollups of {ROLLUPS_OF[name]}{most}")
            for name, number in numbers.items()
        )


def sections() -> dict[str, str]:
    """The tables of the page by the names of their marks, in Markdown."""
    given = inputs()
    plan = Plan(given)
    made = {
        "inputs": _inputs(given),
        "day": _day(plan),
        "cost": _cost(plan),
        "time": _time(plan),
        "files": _files(plan),
        "rollups": _rollups(plan),
        "skew": _skew(plan),
        "athena": _athena(plan),
    }
    return {name: "\n".join(lines) for name, lines in made.items()}


def _inputs(given: Mapping[str, Input]) -> Iterator[str]:
    yield "| figure | value | how it was got |"
    yield "|---|---|---|"
    for name, one in given.items():
        value = f"{one.value:g}" if one.unit.startswith("USD") else _number(one.value)
        yield f"| {name} | {value} {one.unit} | {one.how} |"


def _day(plan: Plan) -> Iterator[str]:
    yield "| a day | figure | follows from |"
    yield "|---|---|---|"
    yield f"| entries a second | {_number(plan.entries / 86_400)} | entries ÷ 86,400 |"
    yield f"| archive | {_bytes(plan.archive_bytes)} | entries × archive, an entry |"
    yield f"| Parquet | {_bytes(plan.parquet_bytes)} | entries × Parquet, an entry |"
    yield f"| files of the archive | {_number(plan.files)} | entries ÷ records a file |"
    yield f"| tasks | {_number(plan.tasks)} | archive ÷ input of a task |"
    yield f"| entries a task | {_number(plan.entries_a_task)} | entries ÷ tasks |"
    seconds = plan.entries_a_task * plan.decode_us / 1e6
    yield f"| time of a task | {_number(seconds)} s | entries a task × decode × on Spark |"
    yield f"| Parquet a task | {_bytes(plan.parquet_bytes / plan.tasks)} | Parquet ÷ tasks |"
    used = plan("memory of a decoding process") / plan("memory a core")
    yield (
        f"| memory of a task | {_bytes(plan('memory of a decoding process'))}, {used:.0%} of a core's "
        "| measured; the decoder's pieces bound it, not the task |"
    )
    yield f"| keys of the entries | {_bytes(plan.entries * _KEY_BYTES)} | entries × {_KEY_BYTES} bytes |"
    keys = plan.entries * _KEY_BYTES / plan.tasks
    yield f"| keys a task, by hash of the event id | {_bytes(keys)} | keys ÷ tasks |"
    yield f"| rollups | {_bytes(plan.rollup_bytes(plan('functions that run in every minute')))} | below |"


def _cost(plan: Plan) -> Iterator[str]:
    gets = plan.requests_usd(plan.files)
    puts = plan.tasks * plan("s3.put") / 1_000
    kept = plan.parquet_bytes / 1e9 * plan("days kept") * plan("s3.storage")
    asked = plan("questions a day") * plan.athena_usd(1, plan("read by a question, middle"))
    yield "| what | USD a day | USD a month | follows from |"
    yield "|---|---|---|---|"
    yield _money(
        "EMR Serverless, ingest and rollups", plan.emr_usd, "core-hours × (vCPU + memory a core)"
    )
    yield _money("S3, reading the archive", gets, "files × GET, files ÷ 1,000 × LIST")
    yield _money("S3, writing Parquet", puts, "tasks × PUT")
    yield _money(
        "Athena, people's questions", asked, "questions × Parquet × read by a question, middle"
    )
    yield (
        f"| S3, keeping the store | {kept / _MONTH_DAYS:,.2f} | {kept:,.2f} | Parquet × days kept × s3.storage, "
        "its first tier |"
    )
    total = plan.emr_usd + gets + puts + asked + kept / _MONTH_DAYS
    yield _money("all", total, "the sum")
    per_million = plan.emr_usd / plan.entries * 1e6
    yield f"\nA million entries cost {per_million:.5f} USD on EMR Serverless."


def _money(what: str, usd: float, how: str) -> str:
    return f"| {what} | {usd:,.2f} | {usd * _MONTH_DAYS:,.2f} | {how} |"


def _time(plan: Plan) -> Iterator[str]:
    yield "| work of a day | core-hours | follows from |"
    yield "|---|---|---|"
    yield f"| decode and write | {_number(plan.decode_hours)} | entries × decode × on Spark + files × a file |"
    yield f"| rollups | {_number(plan.rollup_hours)} | entries × rollups on Spark |"
    yield f"| both, with cores that wait | {_number(plan.core_hours)} | ÷ cores at work |"
    yield (
        f"| both on one machine, if it held the keys | {_number(plan.alone_hours)} "
        "| entries × (decode + rollups on DuckDB) + files × a file, no core waiting |"
    )
    yield (
        f"\n{_number(plan.cores)} cores do it in {_number(plan('time for a day'))} hours "
        f"({_number(math.ceil(plan.cores / 4))} workers of 4).\n"
    )
    yield "| cores | hours for a day's entries |"
    yield "|---|---|"
    for cores in _CORES:
        yield f"| {cores:,} | {_number(plan.core_hours / cores)} |"


def _files(plan: Plan) -> Iterator[str]:
    yield "| records a file | files, each a GET | LIST | both, USD | CPU of the files, core-hours | archive |"
    yield "|---|---|---|---|---|---|"
    for records in (plan("records a file"), 100.0, plan("records a tiny file")):
        files = plan.entries / records
        hours = files * plan("a file, beside its records") / 1e6 / 3_600
        tiny = records == plan("records a tiny file")
        size = files * plan("a file of five records") if tiny else None
        yield (
            f"| {_number(records)} | {_number(files)} | {_number(files / _KEYS_A_LIST)} "
            f"| {plan.requests_usd(files):,.2f} | {_number(hours)} "
            f"| {_bytes(size) if size else '–'} |"
        )


def _rollups(plan: Plan) -> Iterator[str]:
    yield "| functions that run in every minute | rollups a day | at most | a month | of the Parquet |"
    yield "|---|---|---|---|---|"
    for functions in _FUNCTIONS:
        size, most = plan.rollup_bytes(functions), plan.rollup_bytes(functions, ", at most")
        yield (
            f"| {functions:,} | {_bytes(size)} | {_bytes(most)} | {_bytes(size * _MONTH_DAYS)} "
            f"| {size / plan.parquet_bytes:.2%} |"
        )


def _skew(plan: Plan) -> Iterator[str]:
    world = World(
        plan.entries,
        int(plan("accounts")),
        plan("records a file"),
        plan("of the day in one account's hour") / 100,
        plan("of that hour in one function") / 100,
    )
    yield "| tasks by | tasks | mean, entries | largest, entries | largest ÷ mean | time of the largest |"
    yield "|---|---|---|---|---|---|"
    for found in simulate(world, plan.entries_a_task):
        minutes = found.most * plan.decode_us / 60e6
        yield (
            f"| {found.way} | {found.tasks:,} | {_number(found.mean)} | {_number(found.most)} "
            f"| {_number(found.skew)} | {_number(minutes)} min |"
        )
    rows = rows_of_a_minute(world, plan.entries_a_task)
    yield (
        f"\nOf the storm's function, {_number(rows)} rows a minute at most reach whoever adds them up: one from "
        "each task that read it."
    )


def _athena(plan: Plan) -> Iterator[str]:
    yield "| a question that reads | one day, read | USD | thirty days, read | USD |"
    yield "|---|---|---|---|---|"
    for place in ("least", "middle", "most"):
        share = plan(f"read by a question, {place}")
        size = plan.parquet_bytes * share / 100
        yield (
            f"| {_number(share)} % of the bytes ({place}) | {_bytes(size)} | {plan.athena_usd(1, share):,.2f} "
            f"| {_bytes(size * _MONTH_DAYS)} | {plan.athena_usd(_MONTH_DAYS, share):,.2f} |"
        )
    day = plan.rollup_bytes(plan("functions that run in every minute"))
    month = day * _MONTH_DAYS
    yield (
        f"| all of the rollups instead | {_bytes(day)} | {plan.read_usd(day):,.4f} "
        f"| {_bytes(month)} | {plan.read_usd(month):,.4f} |"
    )


def _number(value: float) -> str:
    """Three figures that count; whole above a hundred."""
    if value == 0 or value >= 100:
        return f"{value:,.0f}" if value < 1e5 else f"{float(f'{value:.3g}'):,.0f}"
    return f"{float(f'{value:.3g}'):g}"


def _bytes(value: float) -> str:
    """In decimal units, as S3 bills."""
    for unit, size in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} bytes"


def main() -> None:
    """Prints the tables; with --write, puts them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    write = parser.parse_args().write
    for name, text in sections().items():
        print(f"{text}\n")
        if write:
            write_section(name, text, PAGE)


if __name__ == "__main__":
    main()

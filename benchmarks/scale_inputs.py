"""What the plan for ten billion entries a day starts from: figures with how each was got."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analytics import prices
from benchmarks.scale_measure import MEASURED

_MEASURE = "`python -m benchmarks.scale_measure`"
_MEMORY = "AWS pricing page, us-east-1, from memory, 2024-07"

ROLLUPS_OF = {
    "function_minutes": "a function's minute",
    "function_hours": "a function's hour",
    "functions": "a function's day",
    "account_minutes": "an account and region's minute",
}
"""What rollups grow with: the name in what was measured, and in words."""


@dataclass(frozen=True)
class Input:
    """A figure: its value, unit, and how it was got (measured, assumed, or a price with its date)."""

    value: float
    unit: str
    how: str


def inputs() -> dict[str, Input]:
    """Every figure by name, in the order of the document."""
    return dict([*_asked(), *_measured(), *_assumed(), *_prices()])


def _asked() -> Iterator[tuple[str, Input]]:
    yield "entries a day", Input(10e9, "entries", "the question")


def _measured() -> Iterator[tuple[str, Input]]:
    told: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    large = told["entries"]["large"]
    day = f"{_MEASURE}: a simulated day of {large:,} entries"
    slope = (
        f"{_MEASURE}: CPU-seconds of {large:,} less those of {told['entries']['small']:,} entries"
    )
    yield (
        "archive, an entry",
        Input(told["archive_bytes_an_entry"], "bytes", f"{day}, gzip as CloudTrail's"),
    )
    yield (
        "Parquet, an entry",
        Input(told["parquet_bytes_an_entry"], "bytes", f"{day}, the store's files"),
    )
    yield "decode, an entry", Input(told["decode_cpu_us_an_entry"], "CPU-µs", f"{slope}, `ingest`")
    yield (
        "rollups on DuckDB, an entry",
        Input(told["rollup_cpu_us_an_entry"], "CPU-µs", f"{slope}, `refresh`"),
    )
    yield (
        "rollups on Spark, an entry",
        Input(
            told["spark_rollup_cpu_us_an_entry"],
            "CPU-µs",
            f"{slope}, `refresh` on `local[2]`, the JVM with it",
        ),
    )
    files = f"{_MEASURE}: the same records, five a file"
    yield "a file, beside its records", Input(told["file_cpu_us"], "CPU-µs", files)
    yield "a file of five records", Input(told["tiny_file_bytes"], "bytes", files)
    yield (
        "memory of a decoding process",
        Input(told["decode_worker_bytes"], "bytes", f"{day}, the largest process"),
    )
    yield "memory of the rollups", Input(told["rollup_memory_bytes"], "bytes", f"{day}, `refresh`")
    sizes = f"{_MEASURE}: bytes of {len(told['organizations'])} simulated days"
    for name, unit in ROLLUPS_OF.items():
        spread = told["rollups"][name]
        yield f"rollups of {unit}", Input(spread["middle"], "bytes", f"{sizes}, the middle one")
        yield f"rollups of {unit}, at most", Input(spread["most"], "bytes", f"{sizes}, the largest")
    shares = f"{_MEASURE}: the columns that each saved question reads, of the bytes of all"
    for place in ("least", "middle", "most"):
        yield (
            f"read by a question, {place}",
            Input(told["read_share"][place] * 100, "% of the bytes", shares),
        )


def _assumed() -> Iterator[tuple[str, Input]]:
    yield "accounts", Input(1_000, "accounts", "assumed")
    yield "regions with entries", Input(5, "an account", "assumed")
    yield (
        "functions that run in every minute",
        Input(10_000, "functions", "assumed; most do not run in every minute"),
    )
    yield (
        "records a file",
        Input(1_000, "records", "assumed: busy trails fill their files; AWS documents no size"),
    )
    yield "records a tiny file", Input(5, "records", "the median of a real archive (a quiet one)")
    yield "of the day in one account's hour", Input(10, "%", "assumed")
    yield "of that hour in one function", Input(95, "%", "the question")
    yield (
        "input of a task",
        Input(64e6, "bytes", "chosen: some seconds' work, and less than a minute to lose"),
    )
    yield (
        "decode on Spark, of decode here",
        Input(
            2.0,
            "times",
            "`make bench-scale` and a little more: slopes of 14.8 and 12.3 s a million, all in Python: 2.5 s beside 3",
        ),
    )
    yield "a core of theirs, of one here", Input(1.0, "times", "assumed: a vCPU there is one here")
    yield "cores at work", Input(70, "% of the time", "assumed")
    yield "memory a core", Input(4e9, "bytes", "EMR Serverless's workers of 4 vCPU and 16 GB")
    yield (
        "time for a day",
        Input(4, "hours", "chosen: done before breakfast, with room for a second try"),
    )
    yield "days kept", Input(30, "days", "assumed")
    yield "questions a day", Input(100, "questions", "assumed, each about one day")


def _prices() -> Iterator[tuple[str, Input]]:
    yield "EMR Serverless, x86", Input(0.052624, "USD a vCPU-hour", _MEMORY)
    yield "EMR Serverless, memory", Input(0.0057785, "USD a GB-hour", _MEMORY)
    yield "Athena", Input(5.0, "USD a TB read", _MEMORY)
    yield "Athena, the least of a question", Input(10e6, "bytes", _MEMORY)
    book = prices.load()
    for name, unit in (
        ("s3.get", "USD a 1,000 GET"),
        ("s3.put", "USD a 1,000 PUT or LIST"),
        ("s3.storage", "USD a GB-month"),
    ):
        first = book.tiers(name)[0]
        yield (
            name,
            Input(first.usd, unit, f"{first.source}, {first.date} (`stormtrail prices show`)"),
        )

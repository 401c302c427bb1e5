"""`python -m benchmarks.scale_measure`: measures what the plan of `scale_plan` is worked out from.

Writes `scale_measured.json` beside this file. CPU-seconds and bytes only: other work on the machine
does not change them much. Each command runs in a process of its own.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import statistics
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from analytics.rollups import refresh
from benchmarks.process import measure
from benchmarks.results import machine
from ingest.inflate import inflate
from ingest.schema import COLUMNS
from queries import saved
from stormtrail.cluster import spark_session
from stormtrail.layout import Layout

MEASURED = Path(__file__).with_name("scale_measured.json")
STORMTRAIL = (sys.executable, "-m", "stormtrail.cli")
_ENTRIES_AT_SCALE_1 = 265_000  # of a day of the kind `articles`
_SMALL, _LARGE = 265_000, 1_060_000
_TINY_RECORDS = 5
_OTHER_KINDS = ("no_storm_busy", "cross_account_chain")
_SUBREAPER = (
    36  # prctl's PR_SET_CHILD_SUBREAPER: Spark's JVM outlives its driver, and is to be counted
)


@dataclass(frozen=True)
class Used:
    """What a command used with all that it started: CPU-seconds; bytes of its largest process."""

    cpu_seconds: float
    memory: int
    output: str


def main() -> None:
    """Measures all and writes it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refresh", type=Path, help="only make the rollups of this store")
    parser.add_argument("--spark", action="store_true", help="… on a Spark of two local cores")
    options = parser.parse_args()
    if options.refresh:
        _refresh(Layout(options.refresh), spark=options.spark)
        return
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="scale-measure-") as folder:
        found = _measure(Path(folder))
    told = {"machine": machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}", **found}
    MEASURED.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(MEASURED.read_text(encoding="utf-8"))


def _refresh(layout: Layout, *, spark: bool) -> None:
    from analytics.engines.spark import on_spark

    with spark_session("local[2]") if spark else nullcontext() as session:
        refresh(layout, opened=on_spark(session)) if session else refresh(layout)


def _measure(folder: Path) -> dict[str, Any]:
    small = _day(folder / "small", "articles", _SMALL / _ENTRIES_AT_SCALE_1)
    large = _day(folder / "large", "articles", _LARGE / _ENTRIES_AT_SCALE_1)
    tiny = _tiny(folder / "small" / "archive", folder / "tiny")
    others = [_day(folder / kind, kind, 1.0) for kind in _OTHER_KINDS]
    few = small["files"]
    return {
        "entries": {"small": small["entries"], "large": large["entries"]},
        "archive_bytes_an_entry": large["archive_bytes"] / large["entries"],
        "parquet_bytes_an_entry": large["parquet_bytes"] / large["entries"],
        "decode_cpu_us_an_entry": _slope(small, large, "ingest_cpu"),
        "decode_worker_bytes": large["ingest_memory"],
        "file_cpu_us": (tiny["cpu"] - small["ingest_cpu"]) / (tiny["files"] - few) * 1e6,
        "tiny_file_bytes": tiny["bytes"] / tiny["files"],
        "rollup_cpu_us_an_entry": _slope(small, large, "rollup_cpu"),
        "rollup_memory_bytes": large["rollup_memory"],
        "spark_rollup_cpu_us_an_entry": _slope(small, large, "spark_cpu"),
        "rollups": _rollups([small, large, *others]),
        "organizations": [one["counts"] for one in (small, large, *others)],
        "read_share": _read_shares(folder / "large" / "store"),
    }


def _slope(small: dict[str, Any], large: dict[str, Any], name: str) -> float:
    """Microseconds for one entry more: what starting costs is in both, and falls out."""
    return float((large[name] - small[name]) / (large["entries"] - small["entries"]) * 1e6)


def _day(folder: Path, kind: str, scale: float) -> dict[str, Any]:
    """A day of an organization: its archive and store measured, its rollups made on both engines."""
    store, layout = folder / "store", Layout(folder / "store")
    what = ["--kind", kind, "--seed", "1", "--hours", "24", "--scale", str(scale)]
    _run([*STORMTRAIL, "simulate", *what, "--out", str(folder)])
    archive = folder / "archive"
    loaded = _run([*STORMTRAIL, "ingest", str(archive), "--store", str(store), "--json"])
    told = json.loads(loaded.output)
    found = {
        "entries": told["inserted"],
        "files": told["files"],
        "archive_bytes": _bytes(archive, "*.json.gz"),
        "parquet_bytes": _bytes(layout.events, "*.parquet"),
        "ingest_cpu": loaded.cpu_seconds,
        "ingest_memory": loaded.memory,
    }
    again = [sys.executable, "-m", "benchmarks.scale_measure", "--refresh", str(store)]
    if kind == "articles":
        found["spark_cpu"] = _run([*again, "--spark"]).cpu_seconds
        shutil.rmtree(layout.rollups)
    rolled = _run(again)
    found |= {"rollup_cpu": rolled.cpu_seconds, "rollup_memory": rolled.memory}
    return found | {"counts": _counts(layout, kind)}


def _counts(layout: Layout, kind: str) -> dict[str, Any]:
    """What the rollups' rows depend on, and the rows and bytes that they have."""
    with duckdb.connect() as connection:
        events = connection.read_parquet(str(layout.events / "*" / "*.parquet")).create_view("e")
        assert events is not None  # noqa: S101 - the view lives as long as it
        (row,) = (
            connection.sql("""
            select
              count(*) as entries,
              count(distinct function_arn) as functions,
              count(distinct (function_arn, date_trunc('minute', event_time)))
                filter (where function_arn is not null) as function_minutes,
              count(distinct (function_arn, date_trunc('hour', event_time)))
                filter (where function_arn is not null) as function_hours,
              count(distinct (account_id, aws_region, date_trunc('minute', event_time)))
                as account_minutes,
              count(distinct (account_id, aws_region)) as accounts
            from e
        """)
            .to_arrow_table()
            .to_pylist()
        )
    rollups = {
        path.name: {
            "rows": sum(pq.read_metadata(file).num_rows for file in path.rglob("*.parquet")),
            "bytes": _bytes(path, "*.parquet"),
        }
        for path in sorted(layout.rollups.iterdir())
        if path.is_dir()
    }
    return {"kind": kind, **row, "rollups": rollups}


_BY = {
    "function_minutes": ("run_minutes", "call_minutes"),
    "function_hours": ("subject_hours",),
    "functions": ("edge_days", "function_days"),
    "account_minutes": (
        "traffic_minutes",
        "delivery_minutes",
        "changes",
        "file_days",
        "bucket_days",
    ),
}
"""What the rows of each rollup grow with."""


def _rollups(days: list[dict[str, Any]]) -> dict[str, Any]:
    """Bytes of the rollups for one more of what they grow with: least, middle and most of the days."""
    return {
        grown: _spread(
            [
                sum(day["counts"]["rollups"][name]["bytes"] for name in names)
                / day["counts"][grown]
                for day in days
            ]
        )
        for grown, names in _BY.items()
    }


def _read_shares(store: Path) -> dict[str, float]:
    """Which part of an entry's bytes the saved questions read: Athena reads the columns it needs."""
    sizes = _column_bytes(store)
    total = sum(sizes.values())
    shares = []
    for question in saved.every():
        tree = sqlglot.parse_one(question.text, read="duckdb")
        if not any(table.name == "events" for table in tree.find_all(exp.Table)):
            continue
        wanted = {column.name for column in tree.find_all(exp.Column)} & sizes.keys()
        every = any(isinstance(one, exp.Star) for one in tree.expressions)
        shares.append(sum(sizes[name] for name in (sizes if every else wanted)) / total)
    return _spread(shares)


def _column_bytes(store: Path) -> dict[str, int]:
    sizes = dict.fromkeys((column.name for column in COLUMNS), 0)
    for path in store.glob("events/*/*.parquet"):
        held = pq.read_metadata(path)
        for group in range(held.num_row_groups):
            for place in range(held.num_columns):
                column = held.row_group(group).column(place)
                sizes[column.path_in_schema] += column.total_compressed_size
    return sizes


def _spread(values: list[float]) -> dict[str, float]:
    return {"least": min(values), "middle": statistics.median(values), "most": max(values)}


def _tiny(archive: Path, folder: Path) -> dict[str, Any]:
    """The same records five a file, loaded: what a file costs beside its records."""
    from isal import igzip

    place = folder / "archive"
    place.mkdir(parents=True)
    for path in archive.rglob("*.json.gz"):
        records = json.loads(inflate(path.read_bytes(), 1 << 28).data)["Records"]
        for start in range(0, len(records), _TINY_RECORDS):
            text = json.dumps({"Records": records[start : start + _TINY_RECORDS]})
            name = f"{path.name.removesuffix('.json.gz')}-{start}.json.gz"
            (place / name).write_bytes(igzip.compress(text.encode()))
    loaded = _run([*STORMTRAIL, "ingest", str(place), "--store", str(folder / "store"), "--json"])
    files = json.loads(loaded.output)["files"]
    return {"cpu": loaded.cpu_seconds, "files": files, "bytes": _bytes(place, "*.json.gz")}


def _run(command: list[str]) -> Used:
    """Runs to the end of the command and of everything that it started."""
    found = measure(command)
    cpu = found.cpu_seconds
    while True:
        try:
            _, _, left = os.wait3(0)  # what was left behind comes to this process, the subreaper
        except ChildProcessError:
            break
        cpu += left.ru_utime + left.ru_stime
    if found.code:
        raise SystemExit(f"{' '.join(command)}: {found.errors[-1_000:]}")
    return Used(cpu, found.memory, found.output)


def _bytes(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.rglob(pattern))


if __name__ == "__main__":
    main()

"""`make bench-scale`: ingest and cold analysis on one machine and on Spark, and where they cross."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.month import STORMTRAIL, kept
from benchmarks.process import measure
from benchmarks.results import machine, write_section
from benchmarks.scale_model import PRICES, Cluster, Line, crossing, ec2_usd, emr_usd
from benchmarks.sessions import watched
from tests.spark.standalone import Cluster as Processes
from tests.spark.standalone import standalone

_KIND, _SEED, _HOURS = "articles", 1, 24
_ENTRIES_AT_SCALE_1 = 272_000
_CORES = len(os.sched_getaffinity(0))
_PROJECTED = (4, 16, 64)
_STEPS = ("ingest", "analyze")
# As a cluster is, not as the tests' is: Java's best code, Spark's own number of partitions. The
# driver plans many short queries, for which Java's quick compiler is the cheaper (docs/spark.md).
_SETTINGS = {
    "spark_driver_memory": "2g",
    "spark_driver_extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark_executor_memory": "2g",
    "spark_executor_extraJavaOptions": "-Xshare:auto",
    "spark_sql_shuffle_partitions": "200",
    "spark_sql_codegen_wholeStage": "true",
}


@dataclass(frozen=True)
class Point:
    """One run: CPU-seconds of the driver (of all, on one machine) and of the executors."""

    step: str
    workers: int
    entries: int
    seconds: float
    driver: float
    executors: float = 0.0

    @property
    def cpu_seconds(self) -> float:
        """Of all processes."""
        return self.driver + self.executors


def main() -> None:
    """Makes the archives where they are absent, runs both engines, writes the section of RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--records", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000]
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", type=Path, default=kept(), help="where the archives are kept")
    options = parser.parse_args()
    points: list[Point] = []
    for records in options.records:
        archive = _archive(records, options.keep)
        points += _one_machine(archive)
        for workers in options.workers:
            points += _cluster(archive, workers)
        for point in points:
            print(point, file=sys.stderr)
        text = "\n".join(_report(points, options.workers))  # so far: the next size may take hours
        write_section("scale", f"## One machine or a cluster\n\n{text}")
    print(text)


def _archive(records: int, folder: Path) -> Path:
    """A day of about so many records, simulated where it is not there yet."""
    place = folder / f"day-{records}"
    if not (place / "archive").exists():
        fresh = folder / f"day-{records}-new"
        shutil.rmtree(fresh, ignore_errors=True)
        what = ["--kind", _KIND, "--seed", str(_SEED), "--hours", str(_HOURS)]
        size = ["--scale", f"{records / _ENTRIES_AT_SCALE_1:.4g}"]
        command = [*STORMTRAIL, "simulate", *what, *size, "--out", str(fresh)]
        subprocess.run(command, check=True)
        fresh.rename(place)
    return place / "archive"


def _commands(archive: Path, store: Path) -> Iterator[tuple[str, list[str]]]:
    yield "ingest", [*STORMTRAIL, "ingest", str(archive), "--store", str(store), "--json"]
    yield "analyze", [*STORMTRAIL, "analyze", "--store", str(store), "--format", "json"]


def _entries(answer: dict[str, Any]) -> int:
    """Those that the command speaks of."""
    found: int = answer["entries"]["total"] if "entries" in answer else answer["inserted"]
    return found


def _one_machine(archive: Path) -> Iterator[Point]:
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="store-") as folder:
        for step, command in _commands(archive, Path(folder)):
            run = measure(command)
            _require(run.code, run.errors)
            yield Point(step, 0, _entries(json.loads(run.output)), run.seconds, run.cpu_seconds)


def _cluster(archive: Path, workers: int) -> Iterator[Point]:
    with (
        tempfile.TemporaryDirectory(dir=archive.parent, prefix="store-") as folder,
        standalone(Path(folder) / "cluster", workers, cores=1, memory="3g", **_SETTINGS) as running,
    ):
        for step, command in _commands(archive, Path(folder) / "store"):
            yield _on_cluster(step, [*command, "--engine", "spark"], running)


def _on_cluster(step: str, command: list[str], running: Processes) -> Point:
    workers = [worker.pid for worker in running.workers]
    start = time.monotonic()
    with tempfile.TemporaryFile() as errors, watched(*workers) as sessions:
        with subprocess.Popen(
            [*command, "--master", running.url],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | running.environment,
            start_new_session=True,
        ) as driver:
            output, _ = driver.communicate()
        seconds = time.monotonic() - start
        errors.seek(0)
        _require(driver.returncode, errors.read().decode(errors="replace"))
    entries = _entries(json.loads(output))
    used = sessions.cpu_seconds(driver.pid), sessions.cpu_seconds(*workers)
    return Point(step, len(workers), entries, seconds, *used)


def _require(code: int, errors: str) -> None:
    if code:
        raise SystemExit(f"a run ended with {code}: {errors[-500:]}")


def _report(points: Sequence[Point], workers: Sequence[int]) -> Iterator[str]:
    yield f"{machine()}\n"
    yield (
        "An archive of one day (`articles`) in a folder, `stormtrail ingest`, then `stormtrail analyze` with nothing "
        "rolled up, each in processes of its own; Spark 4.3 standalone, workers of one core and one executor each, "
        "on this same machine. CPU-seconds are of all processes, of which the driver's stand apart.\n"
    )
    yield (
        "| entries | step | engine | seconds | CPU-seconds | of these the driver's | CPU-s a million "
        "| USD a million |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_row, sorted(points, key=lambda p: (p.entries, _STEPS.index(p.step), p.workers)))
    yield f"\nPrices: {PRICES}. Every core is taken as busy: what waits costs as much and is not counted.\n"
    yield from _model(points, max(workers))


def _row(point: Point) -> str:
    millions = point.entries / 1e6
    usd = (emr_usd if point.workers else ec2_usd)(point.cpu_seconds) / millions
    driver = f"{point.driver:.1f}" if point.workers else "–"
    return (
        f"| {point.entries:,} | {point.step} | {_engine(point.workers)} | {point.seconds:.1f} "
        f"| {point.cpu_seconds:.1f} | {driver} | {point.cpu_seconds / millions:.1f} | {usd:.5f} |"
    )


def _engine(workers: int) -> str:
    return f"Spark, {workers} worker{'s' * (workers > 1)}" if workers else "one machine"


def _model(points: Sequence[Point], workers: int) -> Iterator[str]:
    yield (
        "Model (`benchmarks/scale_model.py`): `fixed + slope × n` CPU-seconds, fitted to the points above; one machine "
        "shares its slope over its cores, a cluster the executors' slope over theirs; fixed costs and the driver's "
        "are counted in full.\n"
    )
    lines = {step: _lines(points, step, workers) for step in _STEPS}
    for step, (alone, together) in lines.items():
        yield (
            f"- {step}: one machine {_line(alone)}; Spark's driver {_line(together.driver)}, "
            f"its {workers} executors {_line(together.executors)}."
        )
    yield "\n| projected | " + " | ".join(f"{n} executor cores" for n in _PROJECTED) + " |"
    yield "|---|" + "---|" * len(_PROJECTED)
    for step, (alone, together) in lines.items():
        for cores in (_CORES, 16):
            found = [_told(crossing(alone, cores, together, n)) for n in _PROJECTED]
            yield (
                f"| {step}: a machine of {cores} cores is faster up to | "
                + " | ".join(found)
                + " |"
            )


def _lines(points: Sequence[Point], step: str, workers: int) -> tuple[Line, Cluster]:
    alone = [(p.entries, p.cpu_seconds) for p in points if (p.step, p.workers) == (step, 0)]
    there = [p for p in points if (p.step, p.workers) == (step, workers)]
    driver = Line.through([(p.entries, p.driver) for p in there])
    executors = Line.through([(p.entries, p.executors) for p in there])
    return Line.through(alone), Cluster(driver, executors, workers)


def _line(line: Line) -> str:
    return f"{line.fixed:.1f} s + {line.slope * 1e6:.2f} s a million"


def _told(entries: float | None) -> str:
    return "any number" if entries is None else f"{entries / 1e6:,.1f} million"


if __name__ == "__main__":
    main()

"""`make bench-ingest`: how fast ingest is, beside its peers and the floor, on one archive."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ingest_contenders import CONTENDERS
from benchmarks.many_objects import many_objects
from benchmarks.process import measure
from benchmarks.results import machine, write_section
from ingest.inflate import inflate
from simulation import make

_KIND, _SEED = "articles", 1
_ENTRIES_AT_SCALE_1 = 265_000
_TINY_RECORDS = 5


@dataclass(frozen=True)
class Run:
    """One measured process: `cpu_seconds` and `memory` (bytes, largest process) with its children."""

    name: str
    records: int
    seconds: float
    cpu_seconds: float
    memory: int
    parquet: int

    @property
    def per_cpu_second(self) -> float:
        """Records for each second of processor time."""
        return self.records / self.cpu_seconds

    @property
    def per_second(self) -> float:
        """Records for each second of the clock."""
        return self.records / self.seconds


@dataclass(frozen=True)
class Archive:
    """What is read: files, records, and bytes when unpacked."""

    folder: Path
    files: int
    records: int
    plain: int


def main() -> None:
    """Makes the archive, runs every contender, prints the tables and writes them to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_060_000)
    parser.add_argument("--repeat", type=int, default=2, help="runs of each; the best counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as folder:
        text = "\n".join(_report(Path(folder), options.records, options.repeat))
    print(text)
    write_section("ingest", f"## Ingest\n\n{text}")


def _report(folder: Path, records: int, repeat: int) -> Iterator[str]:
    large = _simulated(folder / "large", records)
    tiny = _tiny(_simulated(folder / "quarter", records // 4), folder / "tiny")
    yield f"{machine()}\nload average before: {os.getloadavg()[0]:.1f}\n"
    yield (
        f"{large.records:,} records in {large.files:,} files, {large.plain / 1e6:,.0f} MB unpacked; "
        f"best of {repeat} runs.\n"
    )
    runs = {name: _best(name, large, folder, repeat) for name in CONTENDERS}
    yield from _table(runs)
    ours = runs["ours"]
    floor = runs["floor"]
    fourfold = _best("ours", _simulated(folder / "fourfold", 4 * records), folder, repeat)
    many = _best("ours", tiny, folder, repeat)
    if ours and fourfold and many:
        growth = ours.per_cpu_second / fourfold.per_cpu_second
        if floor:
            yield f"\n- Ours is {ours.per_cpu_second / floor.per_cpu_second:.0%} of the floor."
        yield f"- Parquet is {ours.parquet / large.plain:.1%} of the unpacked records."
        yield (
            f"- CPU a record at {fourfold.records:,} records, {fourfold.memory / 1e6:,.0f} MB in the largest "
            f"process, is {growth:.2f} times that at a quarter of them."
        )
        yield f"- {tiny.files:,} files of {_TINY_RECORDS}: {tiny.files / many.seconds:,.0f} files/s."
    yield from many_objects(tiny.folder, folder)


def _table(runs: dict[str, Run | None]) -> Iterator[str]:
    yield "| reader | records/s | records/CPU-s | ours is | largest process, MB | Parquet, MB |"
    yield "|---|---|---|---|---|---|"
    ours = runs["ours"]
    for name, run in runs.items():
        if run is None or ours is None:
            yield f"| {name} | could not run | | | | |"
            continue
        yield (
            f"| {name} | {run.per_second:,.0f} | {run.per_cpu_second:,.0f} "
            f"| {ours.per_cpu_second / run.per_cpu_second:.2f} x | {run.memory / 1e6:,.0f} "
            f"| {run.parquet / 1e6:,.1f} |"
        )


def _simulated(folder: Path, records: int) -> Archive:
    make(_KIND, _SEED, folder, scale=records / _ENTRIES_AT_SCALE_1)
    return _measured(folder / "archive")


def _measured(folder: Path) -> Archive:
    paths = list(folder.rglob("*.json.gz"))
    texts = [inflate(path.read_bytes(), 1 << 28).data for path in paths]
    records = sum(len(json.loads(text)["Records"]) for text in texts)
    return Archive(folder, len(paths), records, sum(map(len, texts)))


def _tiny(archive: Archive, folder: Path) -> Archive:
    """The same records, five a file."""
    from isal import igzip

    folder.mkdir()
    number = 0
    for path in archive.folder.rglob("*.json.gz"):
        records = json.loads(inflate(path.read_bytes(), 1 << 28).data)["Records"]
        for start in range(0, len(records), _TINY_RECORDS):
            content = json.dumps({"Records": records[start : start + _TINY_RECORDS]})
            (folder / f"{number:07}.json.gz").write_bytes(igzip.compress(content.encode()))
            number += 1
    return Archive(folder, number, archive.records, archive.plain)


def _best(name: str, archive: Archive, folder: Path, repeat: int) -> Run | None:
    runs = [run for _ in range(repeat) if (run := _run(name, archive, folder / "out"))]
    return min(runs, key=lambda run: run.cpu_seconds, default=None)


def _run(name: str, archive: Archive, out: Path) -> Run | None:
    """Runs one contender in a process of its own; None where it is not installed or fails."""
    _remove(out)
    command = [sys.executable, "-m", "benchmarks.ingest_contenders", name]
    run = measure([*command, str(archive.folder), str(out)])
    if run.code:
        print(f"{name}: {run.errors[-300:]}", file=sys.stderr)
        return None
    told = json.loads(run.output.splitlines()[-1])
    cpu = told.get("cpu", run.cpu_seconds)
    size = sum(path.stat().st_size for path in _parquet_files(out))
    return Run(name, archive.records, run.seconds, cpu, told["memory"], size)


def _parquet_files(out: Path) -> list[Path]:
    return [out] if out.is_file() else list(out.rglob("*.parquet"))


def _remove(out: Path) -> None:
    if out.is_dir():
        shutil.rmtree(out)
    out.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

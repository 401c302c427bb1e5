"""`make bench-analyze`: a month analysed cold, again, and with one more day; small and large."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.month import STORMTRAIL, Month, kept, month
from benchmarks.process import Measured, measure
from benchmarks.results import machine, write_section


@dataclass(frozen=True)
class Runs:
    """`stormtrail analyze` of one month: nothing rolled up, all rolled up, a day more than that."""

    entries: int
    cold: Measured
    again: Measured
    day_more: Measured


def main() -> None:
    """Makes the months where they are absent, analyses them, writes the table to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--keep", type=Path, default=kept(), help="where the months are kept")
    options = parser.parse_args()
    runs = [_runs(month(size, options.keep), options.repeat) for size in options.records]
    text = "\n".join(_report(runs, options.repeat))
    print(text)
    write_section("analyze", f"## Analysis of a month\n\n{text}")


def _runs(made: Month, repeat: int) -> Runs:
    with tempfile.TemporaryDirectory(prefix="bench-analyze-", dir=made.store.parent) as folder:
        store = Path(folder) / "store"
        cold = _median([_analyze(_copied(made.store, store))[0] for _ in range(repeat)])
        again = _median([_analyze(store)[0] for _ in range(repeat)])
        load = [*STORMTRAIL, "ingest", str(made.next_day), "--store", str(store)]
        subprocess.run(load, check=True)
        day_more, entries = _analyze(store)
    return Runs(entries, cold, again, day_more)


def _copied(made: Path, store: Path) -> Path:
    """The store as ingest left it, at this place: its first question publishes its database there."""
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(made, store)
    ask = [*STORMTRAIL, "sql", "select count(*) from sources", "--store", str(store)]
    subprocess.run(ask, check=True, stdout=subprocess.DEVNULL)
    return store


def _analyze(store: Path) -> tuple[Measured, int]:
    run = measure([*STORMTRAIL, "analyze", "--store", str(store), "--format", "json"])
    if run.code:
        raise SystemExit(f"analyze ended with {run.code}: {run.errors[-500:]}")
    return run, json.loads(run.output)["entries"]["total"]


def _median(runs: list[Measured]) -> Measured:
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def _report(runs: list[Runs], repeat: int) -> Iterator[str]:
    yield f"{machine()}\n"
    yield (
        "`stormtrail analyze --format json`, each in a process of its own; thirty days, then one day "
        f"more. Cold: as `ingest` left the store, nothing rolled up. Median of {repeat} (the day more: one run).\n"
    )
    yield "| entries | run | seconds | CPU-seconds | memory, MB | of cold |"
    yield "|---|---|---|---|---|---|"
    for found in runs:
        named = {"cold": found.cold, "again": found.again, "one day more": found.day_more}
        for name, run in named.items():
            yield (
                f"| {found.entries:,} | {name} | {run.seconds:.1f} | {run.cpu_seconds:.1f} "
                f"| {run.memory / 1e6:,.0f} | {run.seconds / found.cold.seconds:.2f} |"
            )
    growth = runs[-1].again.seconds / runs[0].again.seconds
    yield (
        f"\n- Rolled up, {runs[-1].entries:,} entries take {growth:.2f} times as long as "
        f"{runs[0].entries:,}."
    )


if __name__ == "__main__":
    main()

"""Accuracy: every kind of simulated organization, with seeds that nothing was tuned on.

    make bench-accuracy

runs every kind with each seed from the archive to the findings, compares these with the truth, and
writes the table into benchmarks/RESULTS.md after every seed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from math import isfinite
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import simulation
from analytics.analysis import analyze
from analytics.findings import Entries, Findings, Window
from benchmarks.results import machine, write_section
from benchmarks.scoring import Score, Tally, score, total
from ingest.pipeline import IngestOptions, ingest
from simulation.truth import Truth
from stormtrail.layout import Layout

SEEDS = tuple(range(211, 221))
TUNED_ON = range(1, 61)
PROCESSES = len(os.sched_getaffinity(0))
STORM_FREE = ("no_storm", "no_storm_busy", "quiet_month", "anomalies")
QUIET = "quiet_month"
PUT_IN = "anomalies"

Results = dict[tuple[str, int], tuple[Truth, Score, str]]


def run_case(kind: str, seed: int) -> tuple[Truth, Score, str]:
    """One case from archive to score; the third is what went wrong, in a few words."""
    with tempfile.TemporaryDirectory(prefix="stormtrail-accuracy-") as folder:
        truth = simulation.make(kind, seed, Path(folder))
        layout = Layout(Path(folder) / "store")
        ingest([str(Path(folder) / "archive")], layout, IngestOptions(workers=0))
        try:
            found = score(truth, analyze(layout))
        except Exception as error:  # a case that breaks the analysis is one that it got all wrong
            nothing = Findings(Window(None, None), Entries())
            return truth, score(truth, nothing), f"failed: {type(error).__name__}: {error}"
    return truth, found, _complaint(found)


def _complaint(found: Score) -> str:
    parts = [
        f"{name} {_fault(counted)}"
        for name, counted in (
            ("log processors", found.functions),
            ("loops", found.loops),
            ("links", found.links),
            ("causes", found.causes),
            ("state", found.states),
        )
        if counted.wrong or counted.missed
    ]
    parts += [f"s off by {error:.1%}" for error in found.s_errors if error > 0.1]
    parts += [f"onset off by {error:.0f} min" for error in found.onset_errors if error > 10]
    parts += ["s outside its interval"] * found.covered.count(False)
    parts += ["cause wrong at confidence >= 0.9"] * found.sure_and_wrong
    return "; ".join(parts)


def _fault(counted: Tally) -> str:
    return f"{counted.missed} missed, {counted.wrong} wrong"


def run(kinds: Sequence[str], seeds: Sequence[int]) -> None:
    """All kinds, seed by seed; the section of RESULTS.md is written anew after each case, so that a run
    that is stopped leaves what it measured, and says how much that is."""
    results: Results = {}
    began = time.monotonic()
    cases = [(kind, seed) for seed in seeds for kind in kinds]
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        running = pool.map(run_case, *zip(*cases, strict=True))
        for (kind, seed), found in zip(cases, running, strict=True):
            results[kind, seed] = found
            print(f"{kind} {seed}: {found[2] or 'right'}", file=sys.stderr, flush=True)
            write_section("accuracy", report(results, kinds, seeds, time.monotonic() - began))
    print(report(results, kinds, seeds, time.monotonic() - began))


def report(results: Results, kinds: Sequence[str], seeds: Sequence[int], seconds: float) -> str:
    """The whole section as Markdown."""
    asked = len(kinds) * len(seeds)
    left_out = sorted(set(simulation.KINDS) - set(kinds))
    return "\n".join(
        [
            "## Accuracy",
            "",
            f"`make bench-accuracy`: {len(kinds)} kinds of simulated organizations × seeds "
            f"{', '.join(map(str, seeds))} (tuning used {TUNED_ON.start} to {TUNED_ON[-1]}), from archive to "
            f"findings. {len(results)} of {asked} cases run, {seconds / 60:.0f} minutes in {PROCESSES} processes."
            + (f" Left out: {', '.join(left_out)}." if left_out else ""),
            "",
            f"Machine: {machine()}. Written {datetime.now(UTC):%Y-%m-%d}.",
            "",
            *_requirements(results),
            "",
            *_totals(results),
            "",
            *_by_kind(results, list(dict.fromkeys(kind for kind, _ in results))),
            "",
            *_wrong_cases(results),
        ]
    )


def _scores(results: Results, wanted: Callable[[Truth], bool]) -> Score:
    return total(found for truth, found, _ in results.values() if wanted(truth))


def _requirements(results: Results) -> list[str]:
    told = _scores(results, lambda truth: truth.links_recorded)
    untold = _scores(results, lambda truth: not truth.links_recorded)
    every = _scores(results, lambda _: True)
    free = _scores(results, lambda truth: truth.kind in STORM_FREE)
    quiet = _scores(results, lambda truth: truth.kind == QUIET)
    days = sum(_days(truth) for truth, _, _ in results.values() if truth.kind == QUIET)
    middle, tail = _quantile(told.s_errors, 0.5), _quantile(told.s_errors, 0.95)
    coverage = _share(every.covered)
    near = _share([error <= 10 for error in every.onset_errors])
    rows = [
        ("log processors F1, links recorded", "≥ 0.99", told.functions.f1, _at_least(0.99)),
        ("loops F1, links recorded", "≥ 0.99", told.loops.f1, _at_least(0.99)),
        ("log processors F1, links inferred", "≥ 0.9", untold.functions.f1, _at_least(0.9)),
        ("loops F1, links inferred", "≥ 0.9", untold.loops.f1, _at_least(0.9)),
        ("s, median relative error, links recorded", "≤ 0.05", middle, _at_most(0.05)),
        ("s, 95th percentile, links recorded", "≤ 0.10", tail, _at_most(0.10)),
        ("s within its 95 % interval", "0.92–0.98", coverage, lambda x: 0.92 <= x <= 0.98),
        ("causes found", "≥ 0.95", every.causes.recall, _at_least(0.95)),
        ("wrong causes at confidence ≥ 0.9", "0", float(every.sure_and_wrong), _at_most(0)),
        ("onsets within 10 minutes", "≥ 0.95", near, _at_least(0.95)),
        ("loops found in storm-free cases", "0", float(free.loops.wrong), _at_most(0)),
        (
            "false anomalies a day in a quiet month",
            "≤ 1",
            quiet.anomalies.wrong / days if days else None,
            _at_most(1),
        ),
    ]
    return [
        "| required | threshold | found | |",
        "|---|---|---|---|",
        *(
            f"| {name} | {wanted} | {_figure(value)} | {_verdict(value, test)} |"
            for name, wanted, value, test in rows
        ),
    ]


def _at_least(limit: float) -> Callable[[float], bool]:
    return lambda value: value >= limit


def _at_most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit


def _verdict(value: float | None, test: Callable[[float], bool]) -> str:
    if value is None:
        return "not measured"
    return "met" if test(value) else "**not met**"


def _days(truth: Truth) -> float:
    start, end = (datetime.fromisoformat(truth.window[name]) for name in ("start", "end"))
    return (end - start).total_seconds() / 86_400


_COLUMNS = (
    "cases | log processors P / R | loops P / R | links P / R | causes P / R | state right | "
    "s error median | s error 95 % | s in interval | ρ error median | ρ error 95 % | ρ in interval | "
    "onset error median | worst"
)


def _head(first: str) -> list[str]:
    names = f"{first} | {_COLUMNS}"
    return [f"| {names} |", "|" + "---|" * (names.count("|") + 1)]


def _totals(results: Results) -> list[str]:
    groups: Mapping[str, Callable[[Truth], bool]] = {
        "links recorded": lambda truth: truth.links_recorded,
        "links not recorded": lambda truth: not truth.links_recorded,
        "storm-free": lambda truth: truth.kind in STORM_FREE,
        "all": lambda _: True,
    }
    rows = []
    for name, wanted in groups.items():
        cases = sum(wanted(truth) for truth, _, _ in results.values())
        rows.append(_row(name, cases, _scores(results, wanted)))
    put_in = _scores(results, lambda truth: truth.kind == PUT_IN).anomalies
    return [
        *_head("total"),
        *rows,
        "",
        f"Anomalies that were put in (kind `{PUT_IN}`): precision {_figure(put_in.precision)}, recall "
        f"{_figure(put_in.recall)} of {put_in.right + put_in.missed}.",
    ]


def _by_kind(results: Results, kinds: Sequence[str]) -> list[str]:
    rows = []
    for kind in kinds:
        found = [found for (name, _), (_, found, _) in results.items() if name == kind]
        rows.append(_row(f"`{kind}`", len(found), total(found)))
    return [
        "Errors of s and ρ are relative, of the onset in minutes; `–` is nothing to measure, `missed` no "
        "value at all.",
        "",
        *_head("kind"),
        *rows,
    ]


def _row(name: str, cases: int, found: Score) -> str:
    cells = [
        name,
        str(cases),
        _both(found.functions),
        _both(found.loops),
        _both(found.links),
        _both(found.causes),
        _figure(found.states.recall),
        _figure(_quantile(found.s_errors, 0.5)),
        _figure(_quantile(found.s_errors, 0.95)),
        _figure(_share(found.covered)),
        _figure(_quantile(found.radius_errors, 0.5)),
        _figure(_quantile(found.radius_errors, 0.95)),
        _figure(_share(found.radius_covered)),
        _figure(_quantile(found.onset_errors, 0.5), 1),
        _figure(_quantile(found.onset_errors, 1.0), 1),
    ]
    return f"| {' | '.join(cells)} |"


def _wrong_cases(results: Results) -> list[str]:
    wrong = [
        f"- `{kind}` {seed}: {complaint}"
        for (kind, seed), (_, _, complaint) in sorted(results.items())
        if complaint
    ]
    return [f"Cases with something wrong: {len(wrong)} of {len(results)}.", "", *wrong]


def _both(counted: Tally) -> str:
    return f"{_figure(counted.precision)} / {_figure(counted.recall)}"


def _figure(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "–"
    return f"{value:.{digits}f}" if isfinite(value) else "missed"


def _quantile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of all do not exceed; a missing one is the worst of all."""
    if not values:
        return None
    return float(np.sort(values)[max(0, int(np.ceil(share * len(values))) - 1)])


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kinds", nargs="*", default=list(simulation.KINDS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    chosen = parser.parse_args()
    print(machine(), file=sys.stderr)
    run(chosen.kinds, chosen.seeds)


if __name__ == "__main__":
    main()

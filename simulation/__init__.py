"""Seeded organizations whose log storms, and everything else about them, are known exactly."""

from __future__ import annotations

import shutil
from pathlib import Path

from simulation.archive import write_archive
from simulation.run import SimulatedRecord, Simulation, simulate
from simulation.scenarios import KINDS, build, describe
from simulation.truth import Truth
from stormtrail.errors import UsageError

__all__ = [
    "KINDS",
    "SimulatedRecord",
    "Simulation",
    "Truth",
    "build",
    "describe",
    "make",
    "simulate",
    "write_archive",
]


def make(kind: str, seed: int, out: Path, hours: float | None = None, scale: float = 1.0) -> Truth:
    """Simulates a kind: writes `out/archive/AWSLogs/...` and `out/truth.json`, gives the truth.

    `hours` is the window's length (None: the kind's own), `scale` multiplies ordinary work and
    what bounds the storms. An earlier simulation in `out` is replaced. UsageError where the kind is not known
    or `out` holds another archive.
    """
    simulation = simulate(build(kind, seed, hours=hours, scale=scale), seed)
    _clear(out)
    write_archive(simulation, out / "archive")
    simulation.truth.write(out / "truth.json")
    return simulation.truth


def _clear(out: Path) -> None:
    """Takes an earlier simulation away: two archives in one folder have the truth of neither."""
    archive, truth = out / "archive", out / "truth.json"
    if not any(archive.rglob("*")):
        return
    if not truth.exists():
        what = "this archive is no simulated one"
        raise UsageError(what, where=str(archive), hint="give another --out, or delete it first")
    truth.unlink()
    shutil.rmtree(archive)

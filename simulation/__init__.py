"""Seeded organizations whose log storms, and everything else about them, are known exactly."""

from __future__ import annotations

from pathlib import Path

from simulation.archive import write_archive
from simulation.run import SimulatedRecord, Simulation, simulate
from simulation.scenarios import KINDS, build, describe
from simulation.truth import Truth

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
    what bounds the storms. UsageError where the kind is not known.
    """
    simulation = simulate(build(kind, seed, hours=hours, scale=scale), seed)
    write_archive(simulation, out / "archive")
    simulation.truth.write(out / "truth.json")
    return simulation.truth

"""Simulated organizations, from archive to findings, each once a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import simulation
from analytics.analysis import analyze
from analytics.findings import Findings, Source
from ingest.pipeline import IngestOptions, ingest
from simulation import Truth
from stormtrail.layout import Layout
from tests.once import once


@dataclass(frozen=True)
class Analyzed:
    """What is true of an organization, and what was found of it."""

    truth: Truth
    found: Findings

    @property
    def sources(self) -> dict[str, Source]:
        return {source.arn: source for source in self.found.sources}


Analyze = Callable[[str, int], Analyzed]


@pytest.fixture(scope="session")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> Analyze:
    known: dict[tuple[str, int], Analyzed] = {}

    def one(kind: str, seed: int) -> Analyzed:
        if (kind, seed) not in known:
            known[kind, seed] = once(
                tmp_path_factory, f"{kind}-{seed}", lambda folder: _analyzed(kind, seed, folder)
            )
        return known[kind, seed]

    return one


def _analyzed(kind: str, seed: int, folder: Path) -> Analyzed:
    truth = simulation.make(kind, seed, folder)
    layout = Layout(folder / "store")
    ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
    return Analyzed(truth, analyze(layout))

"""Simulated organizations, from archive to findings, each once a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

import simulation
from analytics.analysis import analyze
from analytics.findings import Findings, Source
from ingest.pipeline import IngestOptions, ingest
from simulation import Truth
from stormtrail.layout import Layout


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
            folder = tmp_path_factory.mktemp(f"{kind}-{seed}")
            truth = simulation.make(kind, seed, folder)
            layout = Layout(folder / "store")
            ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
            known[kind, seed] = Analyzed(truth, analyze(layout))
        return known[kind, seed]

    return one

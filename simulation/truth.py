"""The truth of a simulation, counted from what happened, in the words of the findings.

`s` of a source is the second-order entries that processing its entries caused, divided by the
entries processed: what is delivered and still waiting, or being processed, at the window's end
counts on neither side. A loop's feedback and radius are those since its onset. Entries of
accounts that the archive lacks count nowhere; a gap in the archive takes from `entries`, not
from the ratios.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec


@dataclass(frozen=True)
class SourceTruth:
    """A log source; `s` is null where it hands on no entries but log lines."""

    arn: str
    kind: str
    entries_delivered: int
    second_order_entries: int
    invocations: int
    s: float | None
    s_invocations: float | None
    feedback: dict[str, float]
    runs_by_order: dict[int, int]
    trails: list[str]
    functions: list[str]


@dataclass(frozen=True)
class FunctionTruth:
    """A log-processing function; `entries` are records of its runs, `call_entries` of its calls."""

    arn: str
    depth: int
    sources: list[str]
    in_loop: bool
    invocations: int
    entries: int
    call_entries: int


@dataclass(frozen=True)
class LoopTruth:
    """A loop over sources; `onset` is the time of the first entry that came back."""

    sources: list[str]
    functions: list[str]
    onset: str
    state: str
    spectral_radius: float | None
    cause_event_id: str | None


@dataclass(frozen=True)
class AnomalyTruth:
    """Something unusual that was put in."""

    detector: str
    subject: str
    start: str
    end: str


@dataclass(frozen=True)
class Truth:
    """All of it; `entries` and `second_order_entries` are those that the archive holds."""

    kind: str
    seed: int
    window: dict[str, str]
    entries: int
    second_order_entries: int
    duplicates: int
    links_recorded: bool
    sources: list[SourceTruth] = field(default_factory=list)
    functions: list[FunctionTruth] = field(default_factory=list)
    loops: list[LoopTruth] = field(default_factory=list)
    anomalies: list[AnomalyTruth] = field(default_factory=list)

    def write(self, path: Path) -> Path:
        """Writes the truth as JSON and returns the path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(self)), indent=1) + b"\n")
        return path

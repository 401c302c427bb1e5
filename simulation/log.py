"""What happened, in columns: the engine writes them, everything else reads them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from math import inf


@dataclass
class Tally:
    """Log lines of runs that one source caused and another is fed: how many, from, to."""

    entries: int = 0
    first: float = inf
    last: float = -inf


@dataclass
class Log:
    """What happened, in columns: one row an entry, one row a batch."""

    times: array[float] = field(default_factory=lambda: array("d"))
    templates: array[int] = field(default_factory=lambda: array("i"))
    runs: array[int] = field(default_factory=lambda: array("q"))
    batches: array[int] = field(default_factory=lambda: array("i"))
    orders: array[int] = field(default_factory=lambda: array("i"))
    batch_times: array[float] = field(default_factory=lambda: array("d"))
    batch_sources: array[int] = field(default_factory=lambda: array("h"))
    batch_entries: array[int] = field(default_factory=lambda: array("i"))
    change_rows: list[int] = field(default_factory=list)
    lines: dict[tuple[int, int], Tally] = field(default_factory=dict)
    missed: dict[int, list[int]] = field(default_factory=dict)
    """By source, rows of log processing that came when it was not linked."""

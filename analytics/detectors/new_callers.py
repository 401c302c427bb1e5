"""A role, user or function that starts a function it never started before."""

from __future__ import annotations

import pyarrow as pa

from analytics.detectors import newcomers
from analytics.detectors.base import Limits, Spell
from analytics.detectors.panel import Panel

DETECTOR = "new_caller"


def find(hours: pa.Table, panel: Panel, limits: Limits) -> tuple[Spell, ...]:
    """First calls by callers of the rollup `hours`; see `newcomers.find`."""
    return newcomers.find(hours, panel, "caller", DETECTOR, limits)

"""What an analysis may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from analytics.usage import Assumptions


@dataclass(frozen=True)
class AnalysisOptions:
    """What an analysis may be told: the window (aware or UTC), thresholds, prices, assumptions."""

    since: datetime | None = None
    until: datetime | None = None
    min_batch: int = 10
    latency_budget_seconds: int = 60
    prices: Mapping[str, float] = field(default_factory=dict)
    assumptions: Assumptions = field(default_factory=Assumptions)


USUAL = AnalysisOptions()
"""Nothing told."""

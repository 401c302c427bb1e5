"""Anomaly detectors, one a file: what was unusual, how far from usual, shown by entries.

`detect(hours)` reads the rollup of subject-hours (`queries/rollup_hours.sql`) and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from analytics.detectors import (
    bursts,
    evidence,
    new_callers,
    new_sources,
    panel,
    season,
    shapes,
    shifts,
    silences,
)
from analytics.detectors.base import Limits, Spell
from analytics.detectors.fold import fold, links
from analytics.detectors.panel import Panel
from analytics.detectors.season import Baseline
from analytics.findings import Anomaly

COLUMNS = (
    "hour",
    "account_id",
    "subject_kind",
    "subject",
    "function_arn",
    "trigger_arn",
    "entries",
    "runs",
    "first_event_id",
    "last_event_id",
)

Detector = Callable[[Panel, Baseline, Limits], tuple[Spell, ...]]

__all__ = ["COLUMNS", "Limits", "detect", "prepare"]


def prepare() -> None:
    """Imports what takes half a second and only some archives need."""
    shapes.covariance()


def detect(hours: pa.Table, limits: Limits | None = None) -> tuple[Anomaly, ...]:
    """The anomalies of an archive, the highest score (-log10 of its chance) first.

    `hours` has the COLUMNS, `hour` a timestamp (UTC), in any order of rows.
    Chance raises about `limits.false_per_day` false alarms a day over all subjects and hours
    together. With less than two days of history nothing is usual yet, so nothing is unusual.
    """
    if not hours.num_rows:
        return ()
    bounds = limits or Limits()
    whole = panel.build(hours, bounds.active_hours)
    spells = (
        *new_callers.find(hours, whole, bounds),
        *new_sources.find(hours, whole, bounds),
        *_by_block(whole, bounds, (bursts.find, silences.find, shifts.find)),
        *_by_block(panel.build(shapes.breadth(hours), bounds.active_hours), bounds, (shapes.find,)),
    )
    return evidence.anomalies(hours, whole, fold(spells, links(hours)))


def _by_block(whole: Panel, limits: Limits, detectors: tuple[Detector, ...]) -> Iterator[Spell]:
    """What the detectors find in each block of the panel, by the hours of the whole."""
    for block in whole.blocks():
        baseline = season.learn(block, limits)
        for find in detectors:
            for spell in find(block, baseline, limits):
                yield spell.later(block.offset)

"""One analysis: rollups in, Findings out."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from analytics import aside, rollups
from analytics.aside import Detection
from analytics.engines.base import Opener
from analytics.findings import Findings
from analytics.options import USUAL, AnalysisOptions
from analytics.warehouse import Warehouse
from stormtrail.arrow import without_pandas
from stormtrail.layout import Layout

Progress = Callable[[str], None]


def analyze(
    layout: Layout,
    options: AnalysisOptions = USUAL,
    progress: Progress | None = None,
    opened: Opener = Warehouse.bare,
    detection: Detection | None = None,
) -> Findings:
    """The findings of a store; brings its rollups up to date first, on the engine that `opened` opens.
    A `detection` that was begun before is used. Raises StoreError."""
    say = progress or (lambda _: None)
    without_pandas()
    with nullcontext(detection) if detection else aside.detection(layout) as detecting:
        detecting.start()
        say("rolling up")
        with ThreadPoolExecutor(1) as beside:
            # most of a second of imports, while the engine works
            beside.submit(importlib.import_module, "analytics.examination")
            rollups.refresh(layout, opened=opened)
        from analytics import examination

        say("tracing chains")
        case = examination.examined(layout, options, detecting)
        if case is None:
            return examination.nothing(layout)
        say("telling")
        return examination.told(layout, case, options, detecting)

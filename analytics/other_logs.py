"""Logs of something else in a trail's log group: they start its functions too, and are no entries."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from analytics.series import Floats, Span
from analytics.topology import Topology

LEAST_MINUTES = 60  # of other logs alone, that tell how many there are


def runs_without(node: str, runs: Floats, topology: Topology, span: Span) -> Floats:
    """A log group's runs a minute less those that its other logs start: as many a minute as there were before a
    trail was linked to it, which are taken to go on. All of them where no such time is recorded."""
    since = topology.reached_since([node])
    if ":log-group:" not in node or since == datetime.min or not runs.any():
        return runs
    linked, first = span.clipped(since), int(np.flatnonzero(runs)[0])
    after = float(runs[linked:].sum())
    if linked - first < LEAST_MINUTES or not after:
        return runs
    others = float(runs[first:linked].mean()) * (span.minutes - linked)
    own = runs * max(0.0, 1.0 - others / after)
    own[:linked] = 0.0
    return own

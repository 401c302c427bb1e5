"""Storms of a trail that is older than the window: no change tells what it records."""

from __future__ import annotations

from simulation.organization import Batching, Organization, Stage
from simulation.scenarios import changes
from simulation.scenarios.draft import Draft
from simulation.scenarios.pipelines import group_source, stream_source


def older_trail(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A subscription to the log group of a trail that is older than the window closes the loop; with odd seeds an
    UpdateTrail tells of the group, and not what the trail records."""
    draft = Draft("older_trail", seed, hours, scale)
    draft.work(500, "workload")
    draft.work(250, "log-archive", "security")
    trail = draft.trail("audit", "workload", older=True)
    if seed % 2:
        draft.add(changes.update_trail(trail, draft.next_setup(), draft.actor()))
    feeder = Stage(draft.function("siem-feeder", "log-archive"))
    router = Stage(draft.function("log-router", "workload"), next=(feeder,))
    onset = hours * draft.between(0.3, 0.6)
    group_source(draft, trail, (router,), batching=draft.cap(0.3), hour=onset)
    draft.decoys(onset)
    return draft.finish()


def stream_of_older_trail(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A stream, read three to twenty entries a run, behind the log group of a trail that is older than the window; an
    UpdateTrail tells of the group."""
    draft = Draft("stream_of_older_trail", seed, hours, scale)
    draft.work(1000, "workload")
    draft.work(250, "log-archive", "security")
    trail = draft.trail("audit", "workload", older=True)
    draft.add(changes.update_trail(trail, draft.next_setup(), draft.actor()))
    stage = Stage(draft.function("forwarder", "workload"))
    batching = Batching(size=int(draft.rng.integers(3, 21)), window=draft.between(20, 60))
    onset = hours * draft.between(0.3, 0.6)
    stream_source(draft, trail, stage, batching, hour=onset)
    draft.decoys(onset)
    return draft.finish()

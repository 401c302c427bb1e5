"""The articles' storm, their arithmetic, and the plainest cases without one."""

from __future__ import annotations

from simulation.organization import (
    LAMBDA,
    MANAGEMENT,
    Batching,
    Organization,
    Relay,
    Stage,
)
from simulation.scenarios import changes, links, ordinary
from simulation.scenarios.draft import Draft
from simulation.scenarios.pipelines import group_source, steady, stream_source


def articles(seed: int, hours: float = 24.0, scale: float = 1.0) -> Organization:
    """A workload account's trail feeds a router, which starts two functions in the log archive.

    Half way the loop is closed: with even seeds by the subscription filter, with odd ones by
    recording functions' runs in the trail. Growth is exponential until the router's concurrency.
    """
    draft = Draft("articles", seed, hours, scale, accounts=4)
    draft.work(900, "workload")
    draft.work(250, "log-archive", "security", "shop")
    onset = hours * draft.between(0.47, 0.53)
    siem = Stage(draft.function("siem-feeder", "log-archive"), retries=0.002)
    archive = Stage(draft.function("log-archiver", "log-archive"), retries=0.002)
    router = Stage(
        draft.function("log-router", "workload"), next=(archive, siem), lost_accepts=0.001
    )
    if seed % 2:
        trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
        source = group_source(draft, trail, (router,), batching=draft.cap(0.9), closes=False)
        draft.widen(trail, LAMBDA, onset, source)
    else:
        trail = draft.trail("audit", "workload")
        group_source(draft, trail, (router,), batching=draft.cap(0.9), hour=onset)
    draft.decoys(onset)
    return draft.finish()


def _growing(draft: Draft, stage: Stage, minutes: float) -> Organization:
    """One entry a run, closed so many minutes before the window's end: growth without bound."""
    draft.work(150, "workload")
    draft.work(600, *(a.name for a in draft.accounts[1:]))
    trail = draft.trail("audit", "workload")
    onset = draft.hours - minutes / 60
    group_source(draft, trail, (stage,), hour=onset)
    draft.decoys(onset)
    return draft.finish()


def one_function(seed: int, hours: float = 4.0, scale: float = 1.0) -> Organization:
    """One function, one run an entry: s_invocations is 1; its two records make 2 of each entry."""
    draft = Draft("one_function", seed, hours, scale)
    stage = Stage(draft.function("forwarder", "workload"))
    return _growing(draft, stage, draft.between(28, 34))


def three_stages(seed: int, hours: float = 4.0, scale: float = 1.0) -> Organization:
    """A chain of three functions, one run an entry each: s_invocations is 3."""
    draft = Draft("three_stages", seed, hours, scale)
    last = Stage(draft.function("siem-feeder", "log-archive"))
    middle = Stage(draft.function("enricher", "log-archive"), next=(last,))
    first = Stage(draft.function("forwarder", "workload"), next=(middle,))
    return _growing(draft, first, draft.between(26, 31))


def queue_trap(seed: int, hours: float = 2.0, scale: float = 1.0) -> Organization:
    """One run an entry fills a queue, emptied 200 at a time: s_invocations is 1 + 1/200.

    The trail records management entries only, so the runs do not come back.
    """
    draft = Draft("queue_trap", seed, hours, scale)
    draft.work(6000, "workload", kinds=ordinary.PEOPLE)
    draft.work(200)
    draft.flatten(0.0, 0.1)
    trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
    home = draft.account("workload")
    queue = f"arn:aws:sqs:{draft.region}:{home}:{draft.tag('log-buffer')}"
    consumer = Stage(draft.function("drainer", "workload"))
    batching = Batching(size=200, window=300.0)
    filler = Stage(draft.function("filler", "workload"), relays=(Relay(queue, consumer, batching),))
    if consumer.function:
        hour = draft.next_setup()
        actor = draft.actor()
        draft.add(links.map_events(queue, consumer.function, hour, actor, size=200, window=300))
    group_source(draft, trail, (filler,), closes=False)
    return draft.finish()


def stream_cure(seed: int, hours: float = 3.0, scale: float = 1.0) -> Organization:
    """The log group hands its entries to a stream read 200 at a time: s_invocations is 1/200."""
    draft = Draft("stream_cure", seed, hours, scale)
    draft.work(6000, "workload")
    draft.work(200, "log-archive", "security")
    draft.flatten(0.0, 0.1)
    trail = draft.trail("audit", "workload")
    stage = Stage(draft.function("forwarder", "workload"))
    stream_source(draft, trail, stage, Batching(size=200, window=300.0))
    return draft.finish()


def no_storm(seed: int, hours: float = 12.0, scale: float = 1.0) -> Organization:
    """Log processing whose runs the trail does not record: nothing comes back."""
    draft = Draft("no_storm", seed, hours, scale)
    draft.work(400)
    trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
    siem = Stage(draft.function("siem-feeder", "log-archive"))
    router = Stage(draft.function("log-router", "workload"), next=(siem,))
    group_source(draft, trail, (router,), closes=False)
    draft.decoys(hours / 2)
    return draft.finish()


def nothing_recorded(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A loop whose records name no source, and whose changes are not in the archive.

    With every third seed it runs when the window begins.
    """
    draft = Draft("nothing_recorded", seed, hours, scale, recorded=False)
    draft.shape = changes.bare(draft.shape)
    onset = 0.0 if seed % 3 == 2 else hours * draft.between(0.35, 0.65)
    return steady(draft, onset=onset)


def organization_unrecorded(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """An organization's trail feeds a router one to twenty entries a run, since before the window; no change tells
    of it, and with odd seeds no record names the log group."""
    draft = Draft("organization_unrecorded", seed, hours, scale, accounts=4, recorded=False)
    if seed % 2:
        draft.shape = changes.bare(draft.shape)
    draft.work(draft.between(100, 600))
    draft.work(draft.between(100, 600), "workload", "shop")
    trail = draft.trail("org-audit", "security", organization=True)
    stage = Stage(draft.function("log-router", "security"))
    size = int(draft.rng.integers(1, 21))
    group_source(draft, trail, (stage,), batching=Batching(size=size, window=20.0))
    return draft.finish()

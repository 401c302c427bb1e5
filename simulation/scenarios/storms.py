"""Storms of more than one part, ones that end, and archives that are not what one would wish."""

from __future__ import annotations

from dataclasses import replace

from simulation.organization import (
    LAMBDA,
    MANAGEMENT,
    Anomaly,
    Archiving,
    Batching,
    Call,
    Function,
    Organization,
    Relay,
    Selector,
    Stage,
    Workload,
)
from simulation.scenarios import changes, links, ordinary
from simulation.scenarios.draft import Draft
from simulation.scenarios.pipelines import bucket_source, group_source, steady, stream_source


def three_functions_all_routed(seed: int, hours: float = 4.0, scale: float = 1.0) -> Organization:
    """Three synchronous runs for each entry, all recorded and routed: 3, then 9, then 27."""
    draft = Draft("three_functions_all_routed", seed, hours, scale)
    draft.work(60, "workload")
    draft.work(500, "log-archive", "security")
    trail = draft.trail("audit", "workload")
    last = Stage(draft.function("third", "workload"), mode="sync")
    middle = Stage(draft.function("second", "workload"), mode="sync", next=(last,))
    first = Stage(draft.function("first", "workload"), next=(middle,))
    onset = hours - draft.between(22, 26) / 60
    stream_source(draft, trail, first, Batching(), hour=onset)
    draft.decoys(onset)
    return draft.finish()


def two_storms(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """Two accounts, each with a trail, a log group and a loop of its own."""
    draft = Draft("two_storms", seed, hours, scale, accounts=4)
    draft.work(350)
    for name, low in (("workload", 0.15), ("shop", 0.5)):
        trail = draft.trail(f"audit-{name}", name)
        feeder = Stage(draft.function(f"{name}-feeder", "log-archive"))
        router = Stage(draft.function(f"{name}-router", name), next=(feeder,))
        onset = hours * draft.between(low, low + 0.2)
        group_source(draft, trail, (router,), batching=draft.cap(0.25), hour=onset)
        draft.decoys(onset, name)
    return draft.finish()


def cross_account_chain(seed: int, hours: float = 6.0, scale: float = 1.0) -> Organization:
    """An organization's trail and a chain over three accounts; calls across are recorded twice."""
    draft = Draft("cross_account_chain", seed, hours, scale, accounts=4)
    draft.shape = replace(draft.shape, cross_account_copies=True)
    draft.work(200)
    trail = draft.trail("org-audit", "security", organization=True)
    role = f"arn:aws:iam::{draft.account('log-archive')}:role/log-writer"
    assume = Call("sts.amazonaws.com", "AssumeRole", MANAGEMENT, role, 0.3)
    last = Stage(draft.function("siem-feeder", "shop"), mode="sync")
    middle = Stage(draft.function("archiver", "log-archive"), next=(last,))
    first = Stage(draft.function("org-router", "security"), next=(middle,), calls=(assume,))
    onset = hours * draft.between(0.3, 0.6)
    group_source(draft, trail, (first,), batching=draft.cap(0.25), hour=onset)
    draft.decoys(onset, "security")
    return draft.finish()


def several_functions_one_group(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """Two or three subscription filters on one log group."""
    draft = Draft("several_functions_one_group", seed, hours, scale)
    draft.work(500, "workload")
    draft.work(200, "log-archive", "security")
    trail = draft.trail("audit", "workload")
    names = ("forwarder", "alerter", "indexer")[: 2 + seed % 2]
    stages = tuple(Stage(draft.function(name, "workload")) for name in names)
    onset = hours * draft.between(0.3, 0.6)
    group_source(draft, trail, stages, batching=draft.cap(0.3), hour=onset)
    draft.decoys(onset)
    return draft.finish()


def queue_in_loop(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """The queue trap where its runs come back: the router fills a queue, a drainer empties it."""
    draft = Draft("queue_in_loop", seed, hours, scale)
    router = _queueing_router(draft, size=int(draft.rng.integers(5, 50)), window=60)
    return steady(draft, onset=hours * draft.between(0.3, 0.6), router=router)


def message_an_entry(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A storm as old as the window: a router is given many entries a run and puts each on a queue, by calls
    that no trail records; what empties the queue is given one to ten messages a run."""
    draft = Draft("message_an_entry", seed, hours, scale)
    draft.work(400)
    trail = draft.trail("audit", "workload")
    router = _queueing_router(draft, size=int(draft.rng.integers(1, 11)), window=20)
    group_source(draft, trail, (router,), batching=Batching(size=200, window=25.0))
    return draft.finish()


def _queueing_router(draft: Draft, *, size: int, window: int) -> Stage:
    """A router that puts each entry on a queue, and what empties that, `size` messages a run or those of `window`
    seconds."""
    home = draft.account("workload")
    queue = f"arn:aws:sqs:{draft.region}:{home}:{draft.tag('log-buffer')}"
    function = draft.function("drainer", "workload")
    draft.add(
        links.map_events(
            queue, function, draft.next_setup(), draft.actor(), size=size, window=window
        )
    )
    relay = Relay(queue, Stage(function), Batching(size=size, window=float(window)))
    return Stage(draft.function("log-router", "workload"), relays=(relay,))


def two_sources_one_loop(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A trail's log group and its bucket both start functions: each feeds the other and itself."""
    draft = Draft("two_sources_one_loop", seed, hours, scale)
    draft.work(300)
    trail = draft.trail("audit", "workload")
    onset = hours * draft.between(0.3, 0.6)
    router = Stage(draft.function("log-router", "workload"))
    group_source(draft, trail, (router,), batching=draft.cap(0.3), hour=onset)
    reader = Stage(draft.function("file-reader", "workload"))
    bucket_source(draft, trail, "s3", reader, hour=onset * 0.5)
    draft.decoys(onset)
    return draft.finish()


def moved_behind_stream(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A loop that was cured as recommended: the router now reads a stream in batches."""
    draft = Draft("moved_behind_stream", seed, hours, scale)
    onset, moved = hours * draft.between(0.15, 0.25), hours * draft.between(0.5, 0.6)
    organization = steady(draft, onset=onset, until=moved)
    (trail,), (group,) = organization.trails, organization.sources
    batching = Batching(size=200, window=60.0)
    stream_source(draft, trail, group.stages[0], batching, hour=moved)
    return draft.finish()


def flaky(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """Runs that fail and are executed again, accept records that are missing, throttling."""
    draft = Draft("flaky", seed, hours, scale)
    feeder = Stage(draft.function("siem-feeder", "log-archive"), retries=0.1, lost_accepts=0.02)
    router = Stage(
        draft.function("log-router", "workload"),
        next=(feeder,),
        retries=0.15,
        lost_accepts=0.03,
        throttles=0.2,
    )
    return steady(draft, onset=hours * draft.between(0.3, 0.6), router=router)


def single_account(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """One account with everything in it."""
    draft = Draft("single_account", seed, hours, scale, accounts=1)
    feeder = Stage(draft.function("siem-feeder", "workload"), mode="sync")
    router = Stage(draft.function("log-router", "workload"), next=(feeder,))
    return steady(draft, onset=hours * draft.between(0.3, 0.6), router=router)


def ended(seed: int, hours: float = 10.0, scale: float = 1.0) -> Organization:
    """A loop that was cured: its subscription filter was deleted."""
    draft = Draft("ended", seed, hours, scale)
    onset = hours * draft.between(0.15, 0.25)
    return steady(draft, onset=onset, until=hours * draft.between(0.5, 0.7))


def grows_stronger(seed: int, hours: float = 12.0, scale: float = 1.0) -> Organization:
    """A subscription closes a weak loop of calls that are management entries; later the trail records runs too,
    which makes it strong. With odd seeds the trail is older than the window."""
    draft = Draft("grows_stronger", seed, hours, scale)
    draft.work(400)
    trail = draft.trail("audit", "workload", records=(MANAGEMENT,), older=bool(seed % 2))
    calls = (_decrypt(draft, draft.between(0.1, 0.8)),)
    router = Stage(draft.function("log-router", "workload"), calls=calls)
    onset = hours * draft.between(0.2, 0.4)
    group_source(draft, trail, (router,), batching=draft.cap(0.3), hour=onset)
    draft.widen(trail, LAMBDA, hours * draft.between(0.5, 0.75), None)
    draft.decoys(onset)
    return draft.finish()


def _decrypt(draft: Draft, per_run: float) -> Call:
    """A call that is a management entry."""
    key = "key/0b7e2f64-51c8-4f0a-8a36-1f2d9c83e7a4"
    arn = f"arn:aws:kms:{draft.region}:{draft.account('workload')}:{key}"
    return Call("kms.amazonaws.com", "Decrypt", MANAGEMENT, arn, per_run)


def runs_recorded_later(seed: int, hours: float = 12.0, scale: float = 1.0) -> Organization:
    """No trail records functions' runs until one begins to, hours after its log group was subscribed: of what ran
    before there are calls, with even seeds, or nothing."""
    draft = Draft("runs_recorded_later", seed, hours, scale)
    draft.work(400)
    later = hours * draft.between(0.45, 0.75)
    draft.archived = (Selector(MANAGEMENT), Selector(LAMBDA, later))
    trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
    calls = () if seed % 2 else (_decrypt(draft, draft.between(0.2, 0.8)),)
    router = Stage(draft.function("log-router", "workload"), calls=calls)
    early = hours * draft.between(0.1, 0.3)
    source = group_source(
        draft, trail, (router,), batching=draft.cap(0.3), hour=early, closes=bool(calls)
    )
    draft.widen(trail, LAMBDA, later, None if calls else source)
    draft.decoys(early if calls else later)
    return draft.finish()


def missing_fields(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """Records name no source and no caller; the changes are in the archive."""
    draft = Draft("missing_fields", seed, hours, scale)
    draft.shape = changes.bare(draft.shape)
    return steady(draft, onset=hours * draft.between(0.3, 0.6))


def older_records(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """Records of eventVersion 1.08: sources are named, callers only by their session."""
    draft = Draft("older_records", seed, hours, scale)
    draft.shape = replace(draft.shape, event_version="1.08", in_scope=False)
    return steady(draft, onset=hours * draft.between(0.3, 0.6), closes="selectors")


def _archived(
    kind: str, seed: int, hours: float, scale: float, archiving: Archiving
) -> Organization:
    draft = Draft(kind, seed, hours, scale)
    draft.archiving = archiving
    closes = "selectors" if seed % 2 else "subscription"
    return steady(draft, onset=hours * draft.between(0.3, 0.5), closes=closes)


def gap(seed: int, hours: float = 12.0, scale: float = 1.0) -> Organization:
    """Hours of the archive are missing while the loop runs."""
    gaps = ((hours * 0.65, hours * 0.8),)
    return _archived("gap", seed, hours, scale, Archiving(gaps=gaps))


def duplicates(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """A fifth of the records stand in a second file too."""
    return _archived(
        "duplicates", seed, hours, scale, Archiving(duplicates=0.21, prefix="audit/logs")
    )


def late_files(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """One file in twelve comes hours late."""
    archiving = Archiving(late=0.08, late_hours=5.0, organization_id=None)
    return _archived("late_files", seed, hours, scale, archiving)


def missing_account(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """The archive lacks the account in which the feeder runs."""
    draft = Draft("missing_account", seed, hours, scale)
    draft.archiving = Archiving(missing_accounts=frozenset({draft.account("log-archive")}))
    return steady(draft, onset=hours * draft.between(0.3, 0.6))


def onset_at_edge(seed: int, hours: float = 8.0, scale: float = 1.0) -> Organization:
    """The loop is closed in the window's first minutes, or some before its end."""
    draft = Draft("onset_at_edge", seed, hours, scale)
    onset = 0.16 if seed % 2 else hours - draft.between(0.4, 0.6)
    return steady(draft, onset=onset)


def no_storm_busy(seed: int, hours: float = 24.0, scale: float = 1.0) -> Organization:
    """Busy functions that follow the day, and with odd seeds log processing that does not loop."""
    draft = Draft("no_storm_busy", seed, hours, scale, accounts=5)
    draft.work(500, kinds=ordinary.FUNCTIONS)
    draft.work(60, kinds=ordinary.PEOPLE)
    draft.flatten(0.85, 0.98)
    if seed % 2:
        trail = draft.trail("audit", "workload", records=(MANAGEMENT,))
        forwarder = Stage(draft.function("forwarder", "workload"))
        group_source(draft, trail, (forwarder,), closes=False)
    return draft.finish()


def quiet_month(seed: int, hours: float = 720.0, scale: float = 1.0) -> Organization:
    """Thirty days of five accounts in which nothing unusual happens."""
    draft = Draft("quiet_month", seed, hours, scale, accounts=5)
    draft.work(40)
    return draft.finish()


def anomalies(seed: int, hours: float = 72.0, scale: float = 1.0) -> Organization:
    """Three quiet days with a burst, a silence and a caller that was never there before."""
    draft = Draft("anomalies", seed, hours, scale)
    draft.work(150)
    at = {name: hours * draft.between(0.6, 0.9) for name in ("burst", "silence", "new_caller")}
    steady_kinds = {"burst": "api_gateway", "silence": "queue"}
    for detector, kind in steady_kinds.items():
        index = next(i for i, w in enumerate(draft.workloads) if w.kind == kind)
        work, begin = draft.workloads[index], at[detector]
        end, factor = (begin + 1, 15.0) if detector == "burst" else (begin + 5, 0.0)
        surge = ((begin, end, factor),)
        draft.workloads[index] = replace(work, per_hour=60 * scale, rhythm=0.3, surges=surge)
        arn = Function(work.name, work.account, work.region).arn
        draft.anomalies.append(Anomaly(detector, arn, begin, end))
    home = draft.account("workload")
    quiet = ((0.0, at["new_caller"], 0.0),)
    draft.workloads.append(
        Workload("intruder", home, draft.region, "vault-export", 20.0, 0.0, surges=quiet)
    )
    draft.workloads.append(Workload("api_gateway", home, draft.region, "vault-export", 15.0, 0.3))
    arn = Function("vault-export", home, draft.region).arn
    draft.anomalies.append(Anomaly("new_caller", arn, at["new_caller"], hours))
    return draft.finish()

"""Log sources: which nodes are ones, what they deliver, and what one of their entries causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import chdtri

from analytics import (
    amplification,
    arns,
    effects,
    feeds,
    filters,
    flows,
    inference,
    inferred_feeds,
    known_feeds,
    lags,
    names,
    rule_feeds,
    selectors,
)
from analytics.amplification import Estimate
from analytics.flows import Flow, Graph, Start
from analytics.inference import Response
from analytics.inferred_feeds import Reader
from analytics.rollup_data import RollupData
from analytics.series import Floats
from analytics.topology import Topology

# Runs, and runs per entry of the account, below which a log group is taken for an application's: where
# no trail's log group is known, and where another one is.
THIN, SPARSE, PLENTY = 60, 0.2, 0.4
LEAST_BATCHES = 10
UNDECIDED = "undecided"
FILE_KINDS = ("s3", "sns")  # what a notification of a log file starts functions through
NAMED_KINDS = ("kinesis", "firehose", "sns")
QUEUE_KINDS = ("sqs", "event_source_mapping")  # … or gathers such notifications
WITH_FILES = 0.3  # correlation; of forty queues of a business none had 0.1
LEAST_FILES, LEAST_PARTS = 30, 3
FILE_MINUTES = 20  # four of CloudTrail's five-minute deliveries
BY_CHANCE = 0.003  # of runs that have nothing to do with the files are as even beside them
FILES_ASTRAY = 0.15  # of all files: digests, and files at the edges, start functions too
EVEN = 0.35
FILLED_AFTER = 0.05  # of a queue's runs, after who fills it has ended
PLAIN, LIKELY = 0.6, 0.3  # correlation with who fills a queue: by itself; with a common beginning
TESTED_KINDS = ("sqs", "sns", "kinesis", "firehose", "s3", "event_source_mapping")
RULE_MATCHES = 0.9  # confidence in what calls explain a rule's runs one by one


@dataclass(frozen=True)
class Verdict:
    """A node taken for a log source: how that is known, and what a rule was found to match."""

    node: str
    kind: str
    link: str
    confidence: float
    matched: feeds.Mask | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Judgement:
    """The log sources; the relays with who fills them; log groups and delivery streams of which nothing tells
    what feeds them."""

    verdicts: dict[str, Verdict]
    relays: dict[str, tuple[str, ...]]
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """A source with what it delivers and causes; `second_order` counts the entries of its flow."""

    verdict: Verdict
    feed: feeds.Feed
    estimate: Estimate | None
    direct_runs: Floats
    total_delivered: float = 0.0

    def a_run(self, caused: Floats) -> float:
        """What was caused (a count a minute) by each run that the source started directly: of the window's last
        minutes some is not in the archive yet."""
        end = lags.complete_until(self.direct_runs)
        runs = float(self.direct_runs[:end].sum())
        return float(caused[:end].sum()) / runs if runs else 0.0

    def an_entry(self, caused: Floats) -> float:
        """What was caused (a count a minute) by each entry delivered.

        How many runs an entry starts directly is measured where the delay aligns them; what such a run
        causes further follows within moments, so that its counts need no alignment.
        """
        return self.a_run(caused) * self.estimate.ratio if self.estimate else 0.0


def nodes(graph: Graph) -> dict[str, Start]:
    """Every node that starts functions, other than functions, by its id."""
    return {
        start.node: start
        for ways in graph.starts.values()
        for start in ways
        if start.kind != "function"
    }


def direct_runs(node: str, graph: Graph, data: RollupData) -> Floats:
    """Runs a minute that this node starts."""
    mine = [
        place for (_, start), places in graph.keys.items() if start.node == node for place in places
    ]
    return data.runs.series("runs", data.runs.only(mine))


def own_entries(functions: Sequence[str], graph: Graph, data: RollupData) -> Floats:
    """Entries a minute of the runs and calls of these functions and all that they call, or start through
    state machines: those run within seconds, as a called function does."""
    reached = _reached(functions, graph, data)
    runs = data.runs.series("entries", data.runs.where(lambda key: key[0] in reached))
    return runs + data.calls.series("entries", data.calls.where(lambda key: key[0] in reached))


def _own_delivered(verdict: Verdict, feed: feeds.Feed, graph: Graph, data: RollupData) -> Floats:
    """Those of the source's own entries that its feed delivers, by the minute of the run that wrote them."""
    bucket = arns.part(verdict.node, 5)
    reached = _reached(graph.functions_of(verdict.node), graph, data)
    tables = [
        (data.runs, data.run_cells, data.runs.where(lambda key: key[0] in reached)),
        (data.calls, data.call_cells, data.calls.where(lambda key: key[0] in reached)),
    ]
    if not reached:
        mine = data.deliveries.where(lambda key: key[4] == bucket)
        tables = [(data.deliveries, data.delivery_cells, mine)]
    parts = [
        effects.covered(counts, mine.astype(float), cells, feed, data)
        for counts, cells, mine in tables
    ]
    return np.asarray(np.sum(parts, axis=0))


def _reached(functions: Sequence[str], graph: Graph, data: RollupData) -> set[str]:
    """These functions and all that they call, or start through state machines."""
    machines = [start for start in nodes(graph).values() if start.kind == "step_functions"]
    filled = flows.recorded_relays(data.calls, machines) if machines else {}
    reached = set(functions)
    while True:
        more = {
            arn
            for arn, ways in graph.starts.items()
            if any(
                start.node in reached
                if start.kind == "function"
                else not reached.isdisjoint(filled.get(start.node, ()))
                for start in ways
            )
        } - reached
        if not more:
            return reached
        reached |= more


def judge(graph: Graph, topology: Topology, data: RollupData) -> Judgement:
    """The nodes that are log sources, and the relays that log-processing functions fill.

    What a record or a relay explains is explained. Only where no record tells of any source are queues and
    the like judged by how the counts move: a storm that explodes moves with everything for a few minutes,
    and a busy bucket of the business may start as many runs as there are log files.
    """
    starts = sorted(nodes(graph).items())
    judged = {
        node: verdict
        for node, start in starts
        if (verdict := _judge_node(start, graph, topology, data))
    }
    found = {node: verdict for node, verdict in judged.items() if verdict.link != UNDECIDED}
    undecided = tuple(node for node in judged if node not in found)
    if any(verdict.link in ("recorded", "configured") for verdict in found.values()):
        return Judgement(found, relays(graph, found, data), undecided)
    known_relays = relays(graph, found, data)
    for node, start in starts:
        if (
            node not in found
            and node not in known_relays
            and start.kind in TESTED_KINDS
            and not _told(node, topology)
        ):
            verdict = (
                _judge_by_files(start, graph, data)
                or _judge_by_counts(start, graph, topology, data)
                or _judge_by_name(start)
            )
            if verdict:
                found[node] = verdict
    filled = relays(graph, found, data)
    # what a delivery stream has transformed are logs of some kind
    streams = (start for node, start in starts if start.kind == "firehose" and node not in found)
    undecided += tuple(
        start.node
        for start in streams
        if start.node not in filled and direct_runs(start.node, graph, data).sum() >= THIN
    )
    return Judgement(found, filled, undecided)


def _told(node: str, topology: Topology) -> bool:
    """Whether a rule's pattern is known, and so what starts it."""
    return any(selectors.pattern(link.pattern) for link in topology.out_of(node))


def _judge_node(start: Start, graph: Graph, topology: Topology, data: RollupData) -> Verdict | None:
    node, kind = start.node, start.kind
    trails = topology.feeding_trails(node)
    if trails:
        origins = {link.origin for _, way in trails for link in way}
        link = "configured" if "configured" in origins else "recorded"
        return Verdict(node, kind, link, 1.0)
    if _told(node, topology):
        reads = _reads_cloudtrail(node, topology)
        return Verdict(node, kind, "recorded", 1.0) if reads else None
    if kind == "eventbridge":
        return _judge_rule(start, graph, data)
    upstream = [place for place, _ in topology.upstream(node)]
    if any(_holds_log_files(place, data) for place in upstream):
        return Verdict(node, kind, "recorded", 0.9)
    groups = [place for place in upstream if ":log-group:" in place]
    if groups or kind == "cloudwatch_logs":
        return _judge_group(start, groups[-1] if groups else node, graph, topology, data)
    return None


def _judge_rule(start: Start, graph: Graph, data: RollupData) -> Verdict | None:
    """A rule whose pattern is nowhere: whether calls of its account explain its runs one by one."""
    verdict = Verdict(start.node, start.kind, "inferred", RULE_MATCHES)

    def own(mask: feeds.Mask) -> Floats:
        return _own_delivered(verdict, _fed_all_along(mask, data), graph, data)

    place = arns.account(start.node), arns.region(start.node)
    runs = _busiest_runs(start.node, graph, data)
    mask = rule_feeds.matched(*place, runs, own, data.traffic)
    return None if mask is None else replace(verdict, matched=mask)


def _fed_all_along(mask: feeds.Mask, data: RollupData) -> feeds.Feed:
    """A feed of these cells that nothing recorded tells of."""
    return feeds.Feed((feeds.Part(0, data.span.minutes, mask),), (), "unknown", 0.0)


def _reads_cloudtrail(node: str, topology: Topology) -> bool:
    patterns = [selectors.pattern(link.pattern) for link in topology.out_of(node)]
    return any(pattern.reads_cloudtrail for pattern in patterns if pattern)


def _holds_log_files(place: str, data: RollupData) -> bool:
    """Whether a bucket is a trail's: CloudTrail was seen to write into it, the archive was read from it, or
    it has the name that the console gives such buckets."""
    if arns.service(place) != "s3":
        return False
    bucket = arns.part(place, 5)
    return bucket in data.trail_buckets or bucket in data.archive_buckets or "cloudtrail" in bucket


def _judge_by_files(start: Start, graph: Graph, data: RollupData) -> Verdict | None:
    told = _by_files(start.kind, direct_runs(start.node, graph, data), data)
    return Verdict(start.node, start.kind, "inferred", 0.8) if told else None


def _by_files(kind: str, runs: Floats, data: RollupData) -> bool:
    """Whether the archive's log files start these runs: one each, or some together where a queue gathers them."""
    if kind in FILE_KINDS and _one_a_file(runs, data):
        return True
    if kind not in QUEUE_KINDS or runs.sum() < LEAST_FILES:
        return False
    files = float(data.delivered_files[slice(*lags.active_span(runs))].sum())
    fewer = runs.sum() <= (1 + FILES_ASTRAY) * files
    return bool(fewer and amplification.follows(runs, data.delivered_files) >= WITH_FILES)


def _one_a_file(runs: Floats, data: RollupData) -> bool:
    """Whether there was a run for every log file of the archive while they ran: a notification a file.

    Runs that have nothing to do with the files scatter about them by their own mean at least (a Poisson
    process; index of dispersion, Fisher 1925); those that the files start, hardly.
    """
    first, last = lags.active_span(runs)
    files, started = data.delivered_files[first:last], runs[first:last]
    ends = np.arange(FILE_MINUTES, len(files) + 1, FILE_MINUTES)
    if started.sum() < LEAST_FILES or len(ends) < LEAST_PARTS:
        return False
    files, started = (np.diff(np.cumsum(part)[ends - 1], prepend=0) for part in (files, started))
    ratio = float(started.sum() / max(files.sum(), 1.0))
    astray = float(((started - ratio * files) ** 2).sum() / started.mean())
    even = astray < chdtri(len(ends) - 1, 1 - BY_CHANCE)
    return bool(even and abs(ratio - 1) <= FILES_ASTRAY)


def _judge_group(
    start: Start, group: str, graph: Graph, topology: Topology, data: RollupData
) -> Verdict | None:
    """A log group that no known trail feeds: a trail's all the same, an application's, or its own function's."""
    functions = graph.functions_of(start.node)
    own = arns.own_log_group_of(start.node)
    if own is not None and own in {arns.function_name(arn) for arn in functions}:
        return Verdict(start.node, start.kind, "recorded", 1.0)
    found = _responds(start, graph, topology, data)
    processes = found.told(inference.OF_A_GROUP)
    if processes:
        return _by_counts(start, found)
    if _one_by_one(start, graph, topology, data):
        return Verdict(start.node, start.kind, "inferred", inferred_feeds.TOLD)
    if names.TRAIL_NAMES.search(group) and not names.SERVICE_GROUPS.search(group):
        return Verdict(start.node, start.kind, "unknown", 0.5)
    if processes is False or names.SERVICE_GROUPS.search(group):
        return None
    known = any(topology.out_of(arn) for arn in topology.trails)
    runs = direct_runs(start.node, graph, data)
    share = _share_of_account(runs, functions, data)
    enough = runs.sum() >= THIN and share >= (PLENTY if known else SPARSE)
    if enough:
        return Verdict(start.node, start.kind, "unknown", 0.3)
    return Verdict(start.node, start.kind, UNDECIDED, 0.0) if runs.sum() >= THIN else None


def _share_of_account(runs: Floats, functions: Sequence[str], data: RollupData) -> float:
    """Runs per entry of the functions' account, while they ran."""
    place = arns.account(functions[0]) if functions else None
    entries = data.traffic.series("entries", data.traffic.where(lambda key: key[0] == place))
    total = float(entries[slice(*lags.active_span(runs))].sum())
    return float(runs.sum()) / total if total else 0.0


def _judge_by_counts(
    start: Start, graph: Graph, topology: Topology, data: RollupData
) -> Verdict | None:
    found = _responds(start, graph, topology, data)
    return _by_counts(start, found) if found.processes else None


def _one_by_one(start: Start, graph: Graph, topology: Topology, data: RollupData) -> bool:
    """Whether the functions that a node starts plainly run once for every entry of a trail."""
    accounts, cells, reader = _reading(start, graph, topology, data)
    return bool(reader.runs.sum() >= THIN) and inferred_feeds.one_by_one(
        accounts, cells, reader, data.traffic
    )


def _responds(start: Start, graph: Graph, topology: Topology, data: RollupData) -> Response:
    """How the functions that a node starts follow the entries of minutes before."""
    return inferred_feeds.follows(*_reading(start, graph, topology, data), data.traffic)


def _reading(
    start: Start, graph: Graph, topology: Topology, data: RollupData
) -> tuple[list[str], tuple[selectors.Cell, ...], Reader]:
    """The accounts of a node or else of its functions, all kinds of entry, and who reads it."""
    functions = graph.functions_of(start.node)
    place = arns.account(start.node) if start.recorded else None
    accounts = [place] if place else [arns.account(arn) or "" for arn in functions]
    return accounts, feeds.cells(data.traffic), _reader(start.node, graph, topology, data)


def _reader(node: str, graph: Graph, topology: Topology, data: RollupData) -> Reader:
    functions = graph.functions_of(node)
    way = filters.on_the_way(node, functions, topology)
    return Reader(
        direct_runs(node, graph, data),
        own_entries(functions, graph, data),
        max(len(functions), 1),
        filters.takes(way, feeds.cells(data.traffic)) if way else None,
    )


def _by_counts(start: Start, found: Response) -> Verdict:
    sure = 1 - 1 / max(found.sigmas, 1.0)
    return Verdict(start.node, start.kind, "inferred", round(min(0.95, sure), 2))


def _judge_by_name(start: Start) -> Verdict | None:
    """A stream or topic that is called after the trail it carries; a queue of that name may be a buffer on
    the way."""
    named = (
        start.kind in NAMED_KINDS
        and start.recorded
        and names.TRAIL_NAMES.search(arns.part(start.node, 5))
    )
    return Verdict(start.node, start.kind, "unknown", 0.4) if named else None


def relays(
    graph: Graph, verdicts: Mapping[str, Verdict], data: RollupData
) -> dict[str, tuple[str, ...]]:
    """Nodes that log-processing functions fill, with who fills them; found step by step along the chain."""
    candidates = [
        start
        for node, start in nodes(graph).items()
        if node not in verdicts and start.kind in flows.RELAY_KINDS
    ]
    filled = flows.recorded_relays(data.calls, candidates)
    found: dict[str, tuple[str, ...]] = {}
    while True:
        flow = flows.trace(graph, [*verdicts, *found], found)
        fresh = {
            node: tuple(arn for arn in fillers if arn in flow.shares)
            for node, fillers in filled.items()
            if node not in found and any(arn in flow.shares for arn in fillers)
        }
        fresh |= _moving_together(graph, flow, candidates, {**found, **fresh}, data)
        fresh = {node: fillers for node, fillers in fresh.items() if fillers}
        if not fresh:
            return found
        found |= fresh


def _moving_together(
    graph: Graph,
    flow: Flow,
    candidates: Sequence[Start],
    known: Mapping[str, object],
    data: RollupData,
) -> dict[str, tuple[str, ...]]:
    """Queues and state machines whose fillings are not recorded: filled by the log processor whose runs
    explain theirs, where that is plain; of several functions behind one, by its busiest."""
    found: dict[str, tuple[str, ...]] = {}
    for start in candidates:
        if start.node in known or start.kind not in (
            "sqs",
            "sns",
            "event_source_mapping",
            "step_functions",
            "kinesis",
            "dynamodb",
            "destination",
        ):
            continue
        runs = _busiest_runs(start.node, graph, data)
        if runs.sum() < LEAST_BATCHES:
            continue  # a few runs at the right minute are no evidence
        fillers = {
            arn: _function_runs(arn, data)
            for arn in flow.shares
            if start.node not in _triggers(graph, arn)
        }
        scores = {arn: _follows(runs, filler) for arn, filler in fillers.items()}
        best = max(scores, key=lambda arn: scores[arn], default=None)
        even = [
            arn
            for arn, filler in fillers.items()
            if start.kind == "sqs" and _fills_evenly(runs, filler)
        ]
        together = [
            arn
            for arn, filler in fillers.items()
            if _begins_with(runs, filler, _recorded_since(arn, data))
        ]
        if best is not None and (
            scores[best] >= PLAIN or (scores[best] >= LIKELY and best in together)
        ):
            found[start.node] = (best,)
        elif start.kind == "sqs" and len(together) == 1:
            found[start.node] = (together[0],)
        elif even:
            found[start.node] = (even[0],)
    return found


def _busiest_runs(node: str, graph: Graph, data: RollupData) -> Floats:
    """Runs a minute of the function that this node starts most often: each message or execution may start
    every one of its functions, so that all together run more often than who fills it."""
    found: dict[str, Floats] = {}
    for (arn, start), places in graph.keys.items():
        if start.node == node:
            mine = data.runs.series("runs", data.runs.only(places))
            found[arn] = found.get(arn, 0.0) + mine
    return max(found.values(), key=lambda runs: float(runs.sum()))


def _begins_with(runs: Floats, filler: Floats, since: int) -> bool:
    """Whether both began within minutes of each other, an hour or more after runs are recorded at all, and the
    one did not go on when the other ended."""
    (first, _), (other, end) = lags.active_span(runs), lags.active_span(filler)
    begun = other - since >= amplification.MINIMUM_MINUTES and -1 <= first - other <= lags.LAGS
    after = float(runs[end + lags.LAGS :].sum())
    return bool(begun and after <= FILLED_AFTER * runs.sum())


def _recorded_since(arn: str, data: RollupData) -> int:
    """The first minute in which a run of the function's account is in the archive."""
    place = arns.account(arn)
    every = data.runs.series(
        "runs", data.runs.where(lambda key: arns.account(str(key[0])) == place)
    )
    return lags.active_span(every)[0]


def _fills_evenly(runs: Floats, filler: Floats) -> bool:
    """Whether the n-th run comes when the filler has run n times a fixed number: a batch that starts when
    it is full. Runs that know nothing of the filler stray from that line as a random walk does, by
    √(n / 15) intervals (a Brownian bridge less its trend); a third of it is evidence."""
    at = np.repeat(np.arange(len(runs)), runs.astype(int))
    if at.size < LEAST_BATCHES:
        return False
    filled = np.cumsum(filler)[at]
    number = np.arange(at.size)
    interval = np.diff(filled).mean()
    if interval < 2:
        return False
    astray = (filled - np.polyval(np.polyfit(number, filled, 1), number)).std() / interval
    return bool(astray < EVEN * np.sqrt(at.size / 15))


def _triggers(graph: Graph, arn: str) -> set[str]:
    return {start.node for start in graph.starts[arn]}


def _function_runs(arn: str, data: RollupData) -> Floats:
    return data.runs.series("runs", data.runs.where(lambda key: key[0] == arn))


def _follows(runs: Floats, filler: Floats) -> float:
    return 0.0 if runs.sum() > filler.sum() * 1.05 else amplification.follows(runs, filler)


def measure(
    verdict: Verdict,
    graph: Graph,
    topology: Topology,
    data: RollupData,
) -> Measured:
    """What a source delivers and how many runs that starts."""
    runs = direct_runs(verdict.node, graph, data)
    if verdict.kind == "s3" and not runs.any():
        bucket = arns.part(verdict.node, 5)
        runs = data.deliveries.series(
            "entries", data.deliveries.where(lambda key: key[4] == bucket)
        )
    way = filters.on_the_way(verdict.node, graph.functions_of(verdict.node), topology)
    fed = _feed(verdict, graph, topology, data, runs)
    fed = filters.narrowed(fed, way, feeds.cells(data.traffic), runs, data.traffic, data.span)
    feed = _while_it_starts(fed, runs)
    delivered = feed.series(data.traffic)
    own = _own_delivered(verdict, feed, graph, data)
    estimate = amplification.estimate(runs, delivered, own) if delivered.any() else None
    if estimate and feed.others:
        estimate = _over_all(estimate, verdict, feed.others, runs, graph, data)
    total = (
        float(lags.later(delivered, estimate.kernel)[slice(*lags.active_span(runs))].sum())
        if estimate
        else 0.0
    )
    return Measured(verdict, feed, estimate, runs, total)


def _while_it_starts(feed: feeds.Feed, runs: Floats) -> feeds.Feed:
    """The feed while the source starts functions: what is written long before the first run, or in the minute
    of the last one, is handed to nothing; unless more may be under way when the window ends."""
    first, last = lags.active_span(runs)
    if last == first:
        return feed
    ended = last <= len(runs) - lags.LAGS
    return feed.within(first - lags.LAGS, last - 1 if ended else len(runs))


def _over_all(
    estimate: Estimate,
    verdict: Verdict,
    masks: Sequence[feeds.Mask],
    runs: Floats,
    graph: Graph,
    data: RollupData,
) -> Estimate:
    """The estimate with an interval that holds those of every feed that cannot be ruled out."""
    found = []
    for mask in masks:
        feed = _fed_all_along(mask, data)
        own = _own_delivered(verdict, feed, graph, data)
        found.append(amplification.estimate(runs, feed.series(data.traffic), own))
    intervals = [estimate.interval, *(other.interval for other in found if other)]
    return replace(
        estimate,
        interval=(min(low for low, _ in intervals), max(high for _, high in intervals)),
    )


def _feed(
    verdict: Verdict, graph: Graph, topology: Topology, data: RollupData, runs: Floats
) -> feeds.Feed:
    functions = graph.functions_of(verdict.node)
    if arns.own_log_group_of(verdict.node) in {arns.function_name(arn) for arn in functions}:
        return feeds.Feed((), (), "recorded", 1.0)
    if verdict.kind == "s3" and not functions and not topology.feeding_trails(verdict.node):
        return feeds.everything(data.traffic, _only_trail(topology), "recorded")
    if verdict.matched is not None:
        fed = feeds.fed_by(None, feeds.cells(data.traffic), verdict.matched)
        feed = _fed_all_along(verdict.matched, data)
        return replace(feed, fed_by=(fed,), link=verdict.link, confidence=verdict.confidence)
    place = arns.account(verdict.node) or _unknown_part(verdict.node, 2)
    accounts = [place] if place else [arns.account(arn) or "" for arn in functions]
    known = known_feeds.known(verdict.node, verdict.kind, runs, data.traffic, topology, data.span)
    if known is not None:
        return known
    if _by_files(verdict.kind, runs, data):
        return feeds.everything(data.traffic, _only_trail(topology), "inferred")
    reader = _reader(verdict.node, graph, topology, data)
    group = verdict.kind == "cloudwatch_logs"
    alone, whole = (
        group and all(told(account) for account in accounts)
        for told in (data.delivered_by.alone, data.delivered_by.whole)
    )
    return inferred_feeds.infer(
        accounts,
        feeds.cells(data.traffic),
        reader,
        data.traffic,
        alone=alone,
        whole=whole,
        behind=not group,
    )


def _only_trail(topology: Topology) -> str | None:
    """The one trail known, where no link tells which bucket it writes into."""
    arn, *others = topology.trails or [None]
    return None if others or (arn and topology.out_of(arn)) else arn


def _unknown_part(node: str, place: int) -> str | None:
    parts = node.split(":")
    return parts[place] if parts[0] == "unknown" and len(parts) > place else None

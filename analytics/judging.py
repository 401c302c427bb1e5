"""Which nodes are log sources: what a record or a file tells, and what the counts do where none does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analytics import (
    arns,
    event_patterns,
    feeds,
    filters,
    inference,
    inferred_feeds,
    lags,
    log_files,
    names,
    relays,
    rule_feeds,
    started,
)
from analytics.feed_candidates import Reader
from analytics.inference import Response
from analytics.rollup_data import RollupData
from analytics.selectors import Cell
from analytics.series import Floats
from analytics.starts import Graph, Start
from analytics.topology import Topology

# Runs, and runs per entry of the account, below which a log group is taken for an application's: where
# no trail's log group is known, and where another one is.
THIN, SPARSE, PLENTY = 60, 0.2, 0.4
UNDECIDED = "undecided"
NAMED_KINDS = ("kinesis", "firehose", "sns")
TESTED_KINDS = ("sqs", "sns", "kinesis", "firehose", "s3", "event_source_mapping")
UNTOLD_KINDS = ("sqs", "sns", "kinesis", "event_source_mapping", "eventbridge", "unknown")
MATTERS = 0.05  # of the entries
NOTIFIED_KINDS = ("s3", "sns", "sqs", "event_source_mapping")
READS, LEAST_READ = 0.8, 30  # confidence in what reads so many log files
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
    """The log sources; the relays with who fills them; log groups, delivery streams and the like of which nothing
    tells what feeds them."""

    verdicts: dict[str, Verdict]
    relays: dict[str, tuple[str, ...]]
    undecided: tuple[str, ...] = ()


def judge(graph: Graph, topology: Topology, data: RollupData) -> Judgement:
    """The nodes that are log sources, and the relays that log-processing functions fill.

    What a record or a relay explains is explained. Only where no record tells of any source are queues and
    the like judged by how the counts move: a storm that explodes moves with everything for a few minutes,
    and a busy bucket of the business may start as many runs as there are log files.
    """
    starts = sorted(started.nodes(graph).items())
    judged = {
        node: verdict
        for node, start in starts
        if (verdict := _judge_node(start, graph, topology, data))
    }
    found = {node: verdict for node, verdict in judged.items() if verdict.link != UNDECIDED}
    undecided = tuple(node for node in judged if node not in found)
    if any(verdict.link in ("recorded", "configured") for verdict in found.values()):
        found |= _with_files(starts, found, graph, data)
        undecided += _strangers(graph, data)
        return Judgement(found, relays.find(graph, found, data), undecided)
    known_relays = relays.find(graph, found, data)
    for node, start in starts:
        known = node in found or node in known_relays or _told(node, topology)
        if start.kind in TESTED_KINDS and not known:
            verdict = (
                _judge_by_files(start, graph, data)
                or _judge_by_counts(start, graph, topology, data)
                or _judge_by_name(start)
            )
            if verdict:
                found[node] = verdict
    filled = relays.find(graph, found, data)
    left = (
        node
        for node, start in starts
        if not (node in found or node in filled or node in undecided or _told(node, topology))
        and _untold(start, graph, topology, data)
    )
    return Judgement(found, filled, (*undecided, *left, *_strangers(graph, data)))


def _with_files(
    starts: Sequence[tuple[str, Start]],
    found: Mapping[str, Verdict],
    graph: Graph,
    data: RollupData,
) -> dict[str, Verdict]:
    """Buckets whose files start functions that a source starts as well: no function of the business runs for both."""
    processing = {arn for node in found for arn in graph.functions_of(node)}
    return {
        node: verdict
        for node, start in starts
        if node not in found
        and processing & {*graph.functions_of(node)}
        and (verdict := _judge_by_files(start, graph, data))
    }


def _strangers(graph: Graph, data: RollupData) -> tuple[str, ...]:
    """Functions of which the archive has no record, as of an account that it lacks, that start others which matter:
    what starts them is not known, and may be a log processor."""
    starting: dict[str, list[str]] = defaultdict(list)
    for arn, ways in graph.starts.items():
        for start in ways:
            if start.kind == "function" and start.node not in graph.starts:
                starting[start.node].append(arn)
    least = MATTERS * data.traffic.measures["entries"].sum()
    return tuple(
        stranger
        for stranger, called in sorted(starting.items())
        if started.own_entries(called, graph, data).sum() >= least
    )


def _untold(start: Start, graph: Graph, topology: Topology, data: RollupData) -> bool:
    """Whether nothing tells what feeds a node that it would matter of: a delivery stream, for what it has transformed
    are logs of some kind, and what the functions of write a part of all entries and may follow a trail."""
    if started.direct_runs(start.node, graph, data).sum() < THIN:
        return False
    if start.kind == "firehose":
        return True
    if start.kind not in UNTOLD_KINDS:
        return False
    own = started.own_entries(graph.functions_of(start.node), graph, data).sum()
    if own < MATTERS * data.traffic.measures["entries"].sum():
        return False
    return _responds(start, graph, topology, data).processes is not False


def _told(node: str, topology: Topology) -> bool:
    """Whether a rule's pattern is known, and so what starts it."""
    return bool(event_patterns.of_rule(node, topology))


def _judge_node(start: Start, graph: Graph, topology: Topology, data: RollupData) -> Verdict | None:
    node, kind = start.node, start.kind
    trails = topology.feeding_trails(node)
    if trails:
        origins = {link.origin for _, way in trails for link in way}
        link = "configured" if "configured" in origins else "recorded"
        return Verdict(node, kind, link, 1.0)
    upstream = [place for place, _ in topology.upstream(node)]
    if any(_holds_log_files(place, data) for place in upstream):
        return Verdict(node, kind, "recorded", 0.9)
    if kind != "eventbridge" and event_patterns.rule_behind(node, topology):
        return Verdict(node, kind, "recorded", 1.0)
    if kind == "eventbridge" or _told(node, topology):
        return _judge_rule(start, upstream, graph, topology, data)
    group = topology.log_group_behind(node)
    if group or kind == "cloudwatch_logs":
        return _judge_group(start, group or node, graph, topology, data)
    if kind in NOTIFIED_KINDS and _reads_log_files(graph.functions_of(node), data):
        return Verdict(node, kind, "inferred", READS)
    return None


def _judge_rule(
    start: Start, upstream: Sequence[str], graph: Graph, topology: Topology, data: RollupData
) -> Verdict | None:
    """A rule: whether its pattern asks for what CloudTrail records, or for new objects of a bucket that are as many
    as log files; where it is nowhere, whether calls of its account explain its runs one by one."""
    if not _told(start.node, topology):
        return _judge_by_calls(start, graph, data)
    if event_patterns.reads_cloudtrail(start.node, topology):
        return Verdict(start.node, start.kind, "recorded", 1.0)
    of_a_bucket = any(arns.service(place) == "s3" for place in upstream)
    return _judge_by_files(start, graph, data) if of_a_bucket else None


def _judge_by_calls(start: Start, graph: Graph, data: RollupData) -> Verdict | None:
    verdict = Verdict(start.node, start.kind, "inferred", RULE_MATCHES)

    def own(mask: feeds.Mask) -> Floats:
        return started.own_entries_fed(
            verdict.node, feeds.all_along(mask, data.span.minutes), graph, data
        )

    named = start.node if start.recorded else graph.functions_of(start.node)[0]
    place = arns.account(named), arns.region(named)
    runs = started.busiest_runs(start.node, graph, data)
    mask = rule_feeds.matched(*place, runs, own, data.traffic)
    return None if mask is None else replace(verdict, matched=mask)


def _holds_log_files(place: str, data: RollupData) -> bool:
    """Whether a bucket is a trail's: CloudTrail was seen to write into it or to ask whether it may, the archive was
    read from it, or it has the name that the console gives such buckets."""
    if arns.service(place) != "s3":
        return False
    bucket = arns.part(place, 5)
    seen = data.trail_buckets | data.checked_buckets | data.archive.buckets
    return bucket in seen or "cloudtrail" in bucket


def _reads_log_files(functions: Sequence[str], data: RollupData) -> bool:
    """Whether the functions read objects of a bucket of log files, one for every second run at least."""
    runs = sum(float(started.function_runs(arn, data).sum()) for arn in functions)
    read = data.calls.where(
        lambda key: key[0] in functions and key[5] == "GetObject" and _may_hold_logs(key[7], data)
    )
    return float(data.calls.series("entries", read).sum()) >= max(LEAST_READ, 0.5 * runs)


def _may_hold_logs(bucket: object, data: RollupData) -> bool:
    name = str(bucket or "")
    told = bool(names.TRAIL_NAMES.search(name)) or _holds_log_files(f"arn:aws:s3:::{name}", data)
    return told and bool(name)


def _judge_by_files(start: Start, graph: Graph, data: RollupData) -> Verdict | None:
    runs = started.direct_runs(start.node, graph, data)
    accounts = {arns.account(arn) or "" for arn in graph.functions_of(start.node)}
    told = log_files.whose(start.kind, runs, accounts, data)
    return Verdict(start.node, start.kind, "inferred", 0.8) if told else None


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
    runs = started.direct_runs(start.node, graph, data)
    share = _share_of_account(runs, functions, data)
    enough = runs.sum() >= THIN and share >= (PLENTY if known else SPARSE) and not found.too_little
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
    """Whether its runs follow the entries; those of a bucket are as many as its files, however much is in them."""
    if start.kind == "s3":
        return None
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
) -> tuple[list[str], tuple[Cell, ...], Reader]:
    """The accounts of a node or else of its functions, all kinds of entry, and who reads it."""
    functions = graph.functions_of(start.node)
    place = arns.account(start.node) if start.recorded else None
    accounts = [place] if place else [arns.account(arn) or "" for arn in functions]
    return accounts, feeds.cells(data.traffic), reader(start.node, graph, topology, data)


def reader(node: str, graph: Graph, topology: Topology, data: RollupData) -> Reader:
    """The functions that a node starts, as readers of what it delivers."""
    functions = graph.functions_of(node)
    way = filters.on_the_way(node, functions, topology)
    written = started.written(functions, graph, data)
    own = written.series("entries", np.ones(len(written.keys)))
    takes = filters.takes(way, feeds.cells(data.traffic)) if way else None
    runs = started.direct_runs(node, graph, data)
    return Reader(runs, own, max(len(functions), 1), takes, written)


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

"""Log sources measured: what they deliver, and what one of their entries causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics import (
    amplification,
    arns,
    event_patterns,
    feeds,
    filters,
    inferred_feeds,
    judging,
    known_feeds,
    lags,
    log_files,
    other_logs,
    started,
)
from analytics.amplification import Estimate
from analytics.judging import Verdict
from analytics.rollup_data import RollupData
from analytics.series import Floats, Span
from analytics.starts import Graph
from analytics.topology import Topology

ENOUGH = 200  # runs, that tell what one causes
ASTRAY = 0.1  # of a rule's runs: so many more than entries are no longer runs that were tried again


@dataclass(frozen=True)
class Measured:
    """A source with what it delivers and causes; `complete` says that the archive has all of the window's end, and
    `unseen` are the entries that it delivered before the first run that is recorded, as its links tell; `ways` are the
    feeds that cannot be ruled out, each with its estimate, where there are several."""

    verdict: Verdict
    feed: feeds.Feed
    estimate: Estimate | None
    direct_runs: Floats
    total_delivered: float = 0.0
    complete: bool = False
    unseen: float = 0.0
    ways: tuple[tuple[feeds.Feed, Estimate], ...] = ()

    def a_run(self, caused: Floats, since: int = 0) -> float:
        """What was caused (a count a minute) by each run that the source started directly, from a minute on where
        enough of them came after it: of the window's last minutes some is not in the archive yet, and of its first
        ones some may be in files from before it."""
        end = lags.complete_until(self.direct_runs, self.complete)
        if lags.active_span(self.direct_runs)[0] < lags.LAGS:
            since = max(since, lags.LAGS)
        if self.direct_runs[since:end].sum() < ENOUGH:
            since = 0
        return amplification.caused_by(self.direct_runs, caused, (since, end), (since, len(caused)))

    def an_entry(self, caused: Floats) -> float:
        """What was caused (a count a minute) by each entry delivered.

        How many runs an entry starts directly is measured where the delay aligns them; what such a run
        causes further follows within moments, so that its counts need no alignment.
        """
        return self.a_run(caused) * self.estimate.ratio if self.estimate else 0.0


def measure(
    verdict: Verdict,
    graph: Graph,
    topology: Topology,
    data: RollupData,
) -> Measured:
    """What a source delivers and how many runs that starts."""
    all_runs = _runs(verdict, graph, data)
    runs = other_logs.runs_without(verdict.node, all_runs, topology, data.span)
    linked = _linked(verdict, graph, topology, data, runs)
    feed = _while_it_starts(linked, runs)
    complete = data.complete
    begun = _begun(verdict.node, topology, data.span)
    estimate = _estimated(feed, verdict, runs, graph, data, begun)
    if estimate is None:
        return Measured(verdict, feed, None, all_runs, complete=complete)
    if _reads_entries(verdict, topology):
        matched = float(feed.series(data.traffic).sum())
        estimate = _one_an_entry(estimate, verdict.node, graph, float(runs.sum()), matched)
        return Measured(verdict, feed, estimate, runs, float(runs.sum()) / estimate.ratio, complete)
    if functions := graph.functions_of(verdict.node):
        estimate = _once_an_entry(estimate, len(functions))
    ways = _ways(verdict, feed.others, runs, graph, data, begun)
    estimate = _over_all(estimate, ways)
    under_way = lags.later(feed.series(data.traffic), estimate.kernel)
    taken = float(under_way[slice(*lags.taking_span(runs, begun))].sum())
    unseen = _unseen(lags.later(linked.series(data.traffic), estimate.kernel), runs, begun)
    return Measured(verdict, feed, estimate, all_runs, taken, complete, unseen, ways)


def _unseen(handed_on: Floats, runs: Floats, begun: int) -> float:
    """Entries handed to functions before the first run that is recorded: from the recorded link on (minute `begun`),
    which starts functions whether or not a trail records that they run."""
    first, _ = lags.taking_span(runs, begun)
    return float(handed_on[begun:first].sum()) if 0 < begun < first - lags.LAGS else 0.0


def _begun(node: str, topology: Topology, span: Span) -> int:
    """The minute of the first recorded link of a source to a function, or of the last link from the first trail that
    feeds it, or else of what reaches it, if that came later; 0 where no link to a function is recorded: it may have
    been made at any time."""
    links = [link for link in topology.out_of(node) if arns.service(link.target) == "lambda"]
    if not links:
        return 0
    linked = min((span.clipped(link.since) for link in links if link.since), default=0)
    ways = [way for _, way in topology.feeding_trails(node)] or [
        way for place, way in topology.upstream(node) if not topology.into(place)
    ]
    fed = min(
        (max((span.clipped(link.since) for link in way if link.since), default=0) for way in ways),
        default=0,
    )
    return max(linked, fed)


def batch_size(function: str, item: Measured, graph: Graph, data: RollupData) -> float | None:
    """Entries that a run of this function takes: those that the source delivered while it ran, of which each function
    is handed every one; None where they are not known."""
    runs = data.runs.series("runs", started.keys_of(function, item.verdict.node, graph, data))
    if item.estimate is None or not runs.any():
        return None
    delivered = lags.later(item.feed.series(data.traffic), item.estimate.kernel)
    return max(1.0, float(delivered[slice(*lags.active_span(runs))].sum() / runs.sum()))


def _runs(verdict: Verdict, graph: Graph, data: RollupData) -> Floats:
    """The runs that a source starts; of a bucket CloudTrail's deliveries into it, as long as they start no function."""
    runs = started.direct_runs(verdict.node, graph, data)
    if verdict.kind != "s3":
        return runs
    bucket = arns.part(verdict.node, 5)
    files = data.deliveries.series("entries", data.deliveries.where(lambda key: key[4] == bucket))
    first, last = lags.active_span(runs)
    return np.where(np.arange(len(runs)) < (first if last else len(runs)), files, runs)


def _linked(
    verdict: Verdict, graph: Graph, topology: Topology, data: RollupData, runs: Floats
) -> feeds.Feed:
    """What reaches the source's functions: its feed while links held, less what filters hold back."""
    way = filters.on_the_way(verdict.node, graph.functions_of(verdict.node), topology)
    fed = _feed(verdict, graph, topology, data, runs)
    fed = fed.without(_gaps(verdict.node, runs, topology, data.span))
    return filters.narrowed(fed, way, feeds.cells(data.traffic), runs, data.traffic, data.span)


def _estimated(
    feed: feeds.Feed, verdict: Verdict, runs: Floats, graph: Graph, data: RollupData, begun: int
) -> Estimate | None:
    """Runs an entry of this feed; None where nothing is delivered or ran."""
    delivered = feed.series(data.traffic)
    if not delivered.any():
        return None
    own = started.own_entries_fed(verdict.node, feed, graph, data)
    return amplification.estimate(runs, delivered, own, complete=data.complete, begun=begun)


def _reads_entries(verdict: Verdict, topology: Topology) -> bool:
    """Whether it is a rule on what CloudTrail records, and not on a bucket's new objects."""
    known = event_patterns.reads_cloudtrail(verdict.node, topology)
    return verdict.kind == "eventbridge" and (known or verdict.matched is not None)


def _one_an_entry(
    estimate: Estimate, node: str, graph: Graph, runs: float, matched: float
) -> Estimate:
    """The estimate of a rule: it starts each of its functions once for every entry that it matches (EventBridge user
    guide, "Amazon EventBridge rules"), of which the counts may hold more, where a pattern asks what they do not
    tell, but hardly less."""
    each = float(len(graph.functions_of(node)))
    if runs > (1 + ASTRAY) * each * matched:  # entries that it matches are not in the archive
        return estimate
    interval = ((1 - amplification.TWICE) * each, (1 + amplification.TWICE) * each)
    delivered = estimate.started / each
    return replace(estimate, ratio=each, interval=interval, delivered=delivered, exact=True)


def _once_an_entry(estimate: Estimate, functions: int) -> Estimate:
    """The estimate of what starts functions: a batch, file or message has an entry at least, so that each function is
    started once for an entry at most. Where the counts say more than that beyond doubt, not all that is delivered is
    in the archive, or the batches of a stream were tried again."""
    if estimate.interval[0] > functions:
        return estimate
    return amplification.at_most(estimate, float(functions))


def _gaps(node: str, runs: Floats, topology: Topology, span: Span) -> list[tuple[int, int]]:
    """Minutes in which, between two links of a source to its functions, none held and nothing ran: what was written
    then is handed to nothing, but for as much as was under way when the next was made, and with it what was under way
    when the one before ended."""
    under_way = round(float(np.arange(lags.LAGS) @ lags.usual_kernel()))
    links = [link for link in topology.out_of(node) if arns.service(link.target) == "lambda"]
    held = sorted(
        (span.clipped(link.since), span.clipped(link.until) if link.until else span.minutes)
        for link in links
    )
    gaps: list[tuple[int, int]] = []
    closed = held[0][1] if held else 0
    for since, until in held:
        if since - lags.LAGS > closed and not runs[closed + lags.LAGS : since].any():
            gaps.append((max(closed - under_way, 0), since - under_way))
        closed = max(closed, until)
    return gaps


def _while_it_starts(feed: feeds.Feed, runs: Floats) -> feeds.Feed:
    """The feed while the source starts functions: what is written long before the first run, or in the minute
    of the last one, is handed to nothing; unless more may be under way when the window ends."""
    first, last = lags.active_span(runs)
    if last == first:
        return feed
    ended = last <= len(runs) - lags.LAGS
    return feed.within(first - lags.LAGS, last - 1 if ended else len(runs))


def _ways(
    verdict: Verdict,
    masks: Sequence[feeds.Mask],
    runs: Floats,
    graph: Graph,
    data: RollupData,
    begun: int,
) -> tuple[tuple[feeds.Feed, Estimate], ...]:
    """Every feed that cannot be ruled out, with its estimate."""
    every = (_while_it_starts(feeds.all_along(mask, data.span.minutes), runs) for mask in masks)
    found = ((feed, _estimated(feed, verdict, runs, graph, data, begun)) for feed in every)
    return tuple((feed, estimate) for feed, estimate in found if estimate)


def _over_all(estimate: Estimate, ways: Sequence[tuple[feeds.Feed, Estimate]]) -> Estimate:
    """The estimate with an interval that holds those of all the ways."""
    intervals = [estimate.interval, *(other.interval for _, other in ways)]
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
        feed = feeds.all_along(verdict.matched, data.span.minutes)
        return replace(feed, fed_by=(fed,), link=verdict.link, confidence=verdict.confidence)
    origin = topology.log_group_behind(verdict.node) or verdict.node
    place = arns.account(origin) or _unknown_part(verdict.node, 2)
    accounts = [place] if place else [arns.account(arn) or "" for arn in functions]
    reader = judging.reader(verdict.node, graph, topology, data)
    of_entries = replace(reader, runs=runs)
    by = data.delivered_by
    known = known_feeds.known(verdict.node, of_entries, data.traffic, topology, data.span, by)
    if known is not None:
        return known
    homes = _let_through(verdict.node, functions, topology, data)
    if len(homes) != 1:
        homes = {arns.account(arn) or "" for arn in functions}
    if whose := log_files.whose(verdict.kind, runs, homes, data):
        of_whom = None if whose == log_files.EVERY else whose
        return feeds.everything(data.traffic, _only_trail(topology), "inferred", of_whom)
    batched = verdict.kind != "cloudwatch_logs"
    group = not batched or origin != verdict.node
    alone, whole, shared = (
        group and all(told(account) for account in accounts)
        for told in (by.alone, by.whole, by.shared)
    )
    region = arns.region(origin) or _unknown_part(verdict.node, 3)
    trails = (
        known_feeds.unlinked(place, region, of_entries, data.traffic, topology, data.span)
        if group
        else ()
    )
    return inferred_feeds.infer(
        accounts,
        feeds.cells(data.traffic),
        reader,
        data.traffic,
        region=region,
        alone=alone,
        whole=whole,
        batched=batched,
        behind=not group,
        shared=shared,
        trails=trails,
    )


def _let_through(
    node: str, functions: Sequence[str], topology: Topology, data: RollupData
) -> set[str]:
    """The accounts of whose entries the filters on the way let some pass; none where there is no filter."""
    way = filters.on_the_way(node, functions, topology)
    if not way:
        return set()
    all_cells = feeds.cells(data.traffic)
    taken = filters.takes(way, all_cells)
    return {str(cell.account) for cell, passes in zip(all_cells, taken, strict=True) if passes}


def _only_trail(topology: Topology) -> str | None:
    """The one trail known, where no link tells which bucket it writes into."""
    arn, *others = topology.trails or [None]
    return None if others or (arn and topology.out_of(arn)) else arn


def _unknown_part(node: str, place: int) -> str | None:
    parts = node.split(":")
    return parts[place] if parts[0] == "unknown" and len(parts) > place else None

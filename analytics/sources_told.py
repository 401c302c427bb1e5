"""The log sources of a case as findings, with what the archive cannot tell of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analytics import arns, effects
from analytics.case import Case
from analytics.findings import Interval, Loop, Source
from analytics.judging import Verdict
from analytics.rounding import rounded
from analytics.series import Floats
from analytics.sources import Measured

MOST_UNDECIDED = 5
CALLED = {
    "logs": "log group",
    "cloudwatch_logs": "log group",
    "firehose": "delivery stream",
    "kinesis": "stream",
    "sqs": "queue",
    "sns": "topic",
    "events": "rule",
    "eventbridge": "rule",
    "event_source_mapping": "event source mapping",
}


def source(node: str, case: Case, found_loops: tuple[Loop, ...]) -> Source:
    """One source, with the loop that it is in."""
    item = case.measured[node]
    weights = case.weights[node]
    second, invocations = effects.entries(weights, case.data), effects.runs(weights, case.data)
    expected = case.expected
    ratios = _ratios(item, effects.entries(weights, expected), effects.runs(weights, expected))
    return Source(
        arn=node,
        kind=_kind(item.verdict),
        account=arns.account(node) or _function_part(node, case, arns.account),
        region=arns.region(node) or _function_part(node, case, arns.region),
        fed_by=item.feed.fed_by,
        link=item.verdict.link
        if item.verdict.link in ("recorded", "configured")
        else item.feed.link,
        link_confidence=round(_sure(item) * (1 - item.feed.doubted / 2), 2),
        entries_delivered=None
        if item.estimate is None
        else round(item.total_delivered + item.unseen),
        second_order_entries=round(float(second.sum())),
        invocations=round(float(invocations.sum())),
        s=ratios[0],
        s_interval=ratios[1],
        s_invocations=ratios[2],
        s_invocations_interval=ratios[3],
        feedback={target: round(value, 6) for target, value in case.k[node].items()},
        delivery_delay_seconds=rounded(item.estimate.delay_seconds if item.estimate else None, 1),
        loop=next((loop.id for loop in found_loops if node in loop.sources), None),
        feedback_interval={
            target: (round(back.interval[0], 6), round(back.interval[1], 6))
            for target, back in case.returned[node].items()
            if back.an_entry > 0
        },
    )


def _sure(item: Measured) -> float:
    return max(item.verdict.confidence, item.feed.confidence if item.feed.parts else 0.0)


def _kind(verdict: Verdict) -> str:
    return "sqs" if verdict.kind == "event_source_mapping" else verdict.kind


def _function_part(node: str, case: Case, part: Callable[[str], str | None]) -> str | None:
    return next((part(arn) for arn in case.graph.functions_of(node)), None)


def _ratios(
    item: Measured, second: Floats, runs: Floats
) -> tuple[float | None, Interval | None, float | None, Interval | None]:
    if item.estimate is None:
        return None, None, None, None
    low, high = (end / item.estimate.ratio for end in item.estimate.interval)
    recorded = item.total_delivered / (item.total_delivered + item.unseen) if item.unseen else 1.0
    values = []
    for caused in (second, runs):
        ratio = item.an_entry(caused) * recorded
        values += [round(ratio, 6), (round(ratio * low, 6), round(ratio * high, 6))]
    return values[0], values[1], values[2], values[3]  # type: ignore[return-value]


def notes(
    told: tuple[Source, ...], measured: Mapping[str, Measured], undecided: Sequence[str] = ()
) -> tuple[str, ...]:
    """What no record shows, a sentence each."""
    found = []
    for source in told:
        estimate = measured[source.arn].estimate
        if source.link in ("inferred", "unknown"):
            known = f"its feed is {source.link} (confidence {source.link_confidence})"
            found.append(f"{source.arn}: no record shows which trail feeds it; {known}.")
        if doubted := measured[source.arn].feed.doubted:
            asked = (
                "its trails' selectors, filter or pattern ask for what the counts do not tell apart"
            )
            of_it = f"{doubted:.0%} of the entries that it is taken to deliver"
            found.append(f"{source.arn}: {asked}; {of_it} may not be among them.")
        if unseen := round(measured[source.arn].unseen):
            early = "was linked to a function before the first run that is recorded"
            found.append(
                f"{source.arn}: it {early}; s counts the {unseen:,} entries that it delivered till then."
            )
        if estimate and source.s is not None and source.delivery_delay_seconds is None:
            used = f"one of {estimate.aligned_seconds:.0f} s, near what is usual, aligns s"
            found.append(f"{source.arn}: the counts do not tell the delivery delay; {used}.")
    found.extend(
        f"{node}: nothing tells whether a trail feeds this {_called(node)}, so what it starts is not counted as log "
        "processing; `stormtrail topology pull`, or a link in a topology file, would tell."
        for node in undecided[:MOST_UNDECIDED]
    )
    if len(undecided) > MOST_UNDECIDED:
        found.append(f"{len(undecided) - MOST_UNDECIDED} more like the one before.")
    return tuple(found)


def _called(node: str) -> str:
    service = node.split(":")[1] if node.startswith("unknown:") else arns.service(node)
    return CALLED.get(str(service), "function")

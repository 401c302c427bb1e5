"""What carries entries to functions besides log groups: streams, queues and topics, as metered use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analytics import arns, effects, started
from analytics.usage import GB, ORIGINAL, SECOND, Assumptions, Metered

if TYPE_CHECKING:
    from analytics.case import Case

FIREHOSE_UNIT_BYTES = 5_000


def carried(case: Case, first: int, assumed: Assumptions) -> Iterator[Metered]:
    """The use of every log source and relay that is a carrier, from minute `first` on.

    Shards and requests are in no record: they are assumed. One entry counts as one record. A carrier
    is second-order as far as what it carries is.
    """
    hours = (case.data.span.minutes - first) / 60
    nodes = started.nodes(case.graph)
    for node in sorted({*case.measured, *case.flow.relays}):
        runs = float(started.direct_runs(node, case.graph, case.data)[first:].sum())
        if runs:
            entries, share = _load(node, runs, case, first)
            kind = arns.kind(node) or nodes[node].kind  # what a record names may be any text
            for price, quantity in _use(kind, runs, entries, hours, assumed):
                account = _account(node, case)
                yield Metered(price, account, quantity * (1 - share), ORIGINAL)
                yield Metered(price, account, quantity * share, SECOND)


def _use(
    kind: str, runs: float, entries: float, hours: float, assumed: Assumptions
) -> Iterator[tuple[str, float]]:
    match kind:
        case "kinesis":
            yield "kinesis.shard_hour", hours * assumed.stream_shards
            yield "kinesis.put_unit", entries
        case "firehose":
            units = -(-assumed.bytes_per_entry // FIREHOSE_UNIT_BYTES)
            yield "firehose.ingest", entries * units * FIREHOSE_UNIT_BYTES / GB
        case "sqs":
            yield "sqs.request", runs * assumed.queue_requests_per_run
        case "sns":
            yield "sns.publish", runs


def _load(node: str, runs: float, case: Case, first: int) -> tuple[float, float]:
    """What a source delivers, and the share of it that is second-order; of a relay, whose load is in no
    record, a run's one, with the share of all sources together."""
    item = case.measured.get(node)
    own = item is not None and bool(item.feed.parts)
    feeds = [known.feed for known in ([item] if own and item else case.measured.values())]
    delivered = sum(float(feed.series(case.data.traffic)[first:].sum()) for feed in feeds)
    back = sum(
        float(effects.returning(weights, feed, case.data)[first:].sum())
        for weights in case.weights.values()
        for feed in feeds
    )
    return (delivered if own else runs), min(1.0, back / delivered) if delivered else 0.0


def _account(node: str, case: Case) -> str:
    functions = case.graph.functions_of(node)
    return arns.account(node) or next((arns.account(arn) or "" for arn in functions), "unknown")

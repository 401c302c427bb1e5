"""Which calls fill a queue, topic, stream, bucket, table or state machine that starts functions: a relay."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from analytics import arns
from analytics.series import Counts
from analytics.starts import Start

RELAY_KINDS = (
    "sqs",
    "sns",
    "kinesis",
    "firehose",
    "s3",
    "step_functions",
    "eventbridge",
    "dynamodb",
    "event_source_mapping",
    "destination",
)
# The calls that fill a place of a service; elsewhere any call that does not read or take away does. A
# table's stream tells of what is deleted too.
FILLING = {
    "states": re.compile("Start(Sync)?Execution"),
    "dynamodb": re.compile("(Put|Update|Delete|BatchWrite|TransactWrite)Items?"),
}


def recorded_relays(calls: Counts, candidates: Iterable[Start]) -> dict[str, tuple[str, ...]]:
    """Who fills each of these nodes, by recorded calls; keys of `calls` are
    (caller, account, region, category, event_source, event_name, read_only, target)."""
    fillers: dict[str, set[str]] = defaultdict(set)
    by_name: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key in calls.keys:
        service = str(key[4]).split(".")[0]
        if key[7] is not None and fills(service, str(key[5])):
            by_name[service, _name(service, str(key[7]), key[1:3])].add(str(key[0]))
    for start in candidates:
        service = arns.service(start.node)
        if start.recorded and service:
            fillers[start.node] |= by_name.get((service, _name(service, start.node)), set())
    return {node: tuple(sorted(found)) for node, found in fillers.items() if found}


def fills(service: str, event_name: str) -> bool:
    """Whether such a call hands something on to the place that it names."""
    known = FILLING.get(service)
    return known.fullmatch(event_name) is not None if known else not _reads(event_name)


def _reads(event_name: str) -> bool:
    return event_name.startswith(("Get", "List", "Head", "Receive", "Describe", "Delete"))


def _name(service: str, place: str, at: tuple[object, ...] = ()) -> str:
    """The name of a place that an ARN names, or a call recorded `at` this account and region."""
    if service == "dynamodb":
        return arns.table(place) or ":".join(["table", *map(str, at), place])
    if service == "states":
        place = arns.state_machine(place)
    return place.rstrip("/").replace("/", ":").rsplit(":", 1)[-1]

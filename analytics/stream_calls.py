"""Whether a trail would record the calls on a stream that a cure makes, and hand them to the storm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics import arns
from analytics.selectors import Cell
from analytics.templates import names
from analytics.topology import Trail
from analytics.trail_history import logging
from stormtrail.errors import UsageError

if TYPE_CHECKING:
    from analytics.case import Case

SERVICE = "kinesis.amazonaws.com"
CALLS = (("PutRecord", False), ("GetRecords", True))


def planned_stream(function: str, source: str, pattern: str) -> str:
    """The ARN of the stream that a plan would make; its beginning where it would make none."""
    region, account = arns.region(function), arns.account(function)
    below = f"arn:{arns.part(function, 1)}:kinesis:{region}:{account}:stream/"
    try:
        return below + names.stream(names.log_group(source).name, region or "", pattern)
    except UsageError:
        return below


def recorded(stream: str, source: str, case: Case) -> bool | None:
    """Whether a trail would record the calls on this stream behind a source; None where that is not
    known: the source's trails, or what they record."""
    if any(_records(trail, stream, case) for trail in case.topology.trails.values()):
        return True
    feeding = [trail for trail, _ in case.topology.feeding_trails(source)]
    if feeding and all(trail.selectors for trail in feeding):
        return False
    return True if _seen(stream, case) else None


def delivered(stream: str, case: Case) -> dict[str, float]:
    """The sources that would deliver the entries of those calls, each with their share: all of them."""
    return {
        target: 1.0
        for target in case.measured
        for trail, _ in case.topology.feeding_trails(target)
        if _records(trail, stream, case)
    }


def _records(trail: Trail, stream: str, case: Case) -> bool:
    """Whether the trail, as it is at the window's end, records calls on the stream."""
    place, span = (arns.account(stream), arns.region(stream)), case.data.span
    logs = any(off == span.minutes for _, off in logging(trail, case.topology, span))
    if not (logs and trail.selectors and trail.covers(*place)):
        return False
    cells = (Cell(*place, "Data", SERVICE, name, reads, stream) for name, reads in CALLS)
    return any(trail.selectors[-1][1].matches(cell) for cell in cells)


def _seen(stream: str, case: Case) -> bool:
    """Whether data events of Kinesis in the stream's account are in the archive."""
    wanted = arns.account(stream), "Data", SERVICE
    return any((key[0], key[2], key[3]) == wanted for key in case.data.traffic.keys)

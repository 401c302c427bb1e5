"""From successful configuration changes to a Topology with its history.

Source: the request parameters of CloudTrail management events, DOMAIN section 5. Lambda's names carry
API dates; they are matched by prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from analytics.changes import functions, logs, rules, trails
from analytics.changes.builder import Builder, Handler
from analytics.changes.event import Event, Row, json_object
from analytics.topology import Topology

__all__ = ["HANDLERS", "from_changes"]

HANDLERS: Mapping[str, Handler] = {
    **trails.HANDLERS,
    **logs.HANDLERS,
    **functions.HANDLERS,
    **rules.HANDLERS,
}
"""By the beginning of the call's name; of two that fit, the first."""


def from_changes(rows: Iterable[Row]) -> Topology:
    """The topology that these successful changes (rows of `changes`, any order) leave, with its history. What it
    does not understand it leaves alone."""
    build = Builder()
    for row in sorted(rows, key=lambda row: (row["event_time"], row["event_id"] or "")):
        name = str(row["event_name"])
        handler = next((found for start, found in HANDLERS.items() if name.startswith(start)), None)
        request = json_object(row["request_parameters"])
        if handler is not None and request is not None:
            event = Event(row, request)
            with suppress(RecursionError):  # nested almost as deep as can be read
                build.note(event, handler(build, event))
    return build.topology()

"""Keeps a store up with an archive that grows: by looking again, or by a queue that tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.ledger import Ledger
from ingest.pipeline import (
    IngestOptions,
    IngestSummary,
    Progress,
    ProgressCallback,
    ingest,
    ingest_from,
)
from stormtrail.errors import AccessError, InputError
from stormtrail.layout import Layout

if TYPE_CHECKING:
    from ingest.sources.queue import Message, Queue

_LONGEST_PAUSE = 60.0  # seconds
_CATCH_UP_SECONDS = 3600.0
"""How often a followed archive is listed beside its queue, should a notification be lost."""


def follow(
    sources: Sequence[str],
    layout: Layout,
    wait: Callable[[], bool],
    options: IngestOptions | None = None,
    progress: ProgressCallback | None = None,
) -> Iterator[IngestSummary]:
    """Ingests what is new, again and again; a summary each time, for the caller to publish.

    `wait` is called between two looks and ends the following with False. The store is locked
    only while something is loaded. A source that cannot be listed is tried again, after a note;
    refused credentials raise AccessError, because waiting does not mend them.
    """
    while True:
        yield from _tried(lambda: ingest(sources, layout, options, progress), progress)
        if not wait():
            return


def follow_queue(
    queue: Queue,
    layout: Layout,
    go_on: Callable[[], bool],
    options: IngestOptions | None = None,
    progress: ProgressCallback | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[IngestSummary]:
    """The same by `queue`: what it tells of is loaded at once, and once an hour all is listed.

    `go_on` is called after each round and ends the following with False. A message whose objects
    could not be read stays in the queue and comes again. A queue that fails is asked ever more seldom.
    """
    listed_at = -_CATCH_UP_SECONDS
    failures = 0
    while True:
        if time.monotonic() - listed_at >= _CATCH_UP_SECONDS:
            listed_at = time.monotonic()
            yield from _tried(lambda: ingest(queue.places, layout, options, progress), progress)
        summaries = list(_tried(lambda: _arrived(queue, layout, options, progress), progress))
        yield from summaries
        if not go_on():
            return
        failures = 0 if summaries else failures + 1
        if failures:
            sleep(min(_LONGEST_PAUSE, 2.0 ** (failures - 1)))


def _tried(
    load: Callable[[], IngestSummary], progress: ProgressCallback | None
) -> Iterator[IngestSummary]:
    try:
        yield load()
    except AccessError:
        raise
    except InputError as error:
        if progress:
            progress(Progress(note=f"{error.line()}; trying again"))


def _arrived(
    queue: Queue,
    layout: Layout,
    options: IngestOptions | None,
    progress: ProgressCallback | None,
) -> IngestSummary:
    from ingest.sources.queue import Arrived

    messages = queue.receive()
    if not messages:
        return IngestSummary()
    try:
        summary = ingest_from([Arrived(messages)], layout, options, progress)
    except InputError:  # none could be read; messages may have named what was known
        queue.done(_settled(messages, layout))
        raise
    queue.done(_settled(messages, layout))
    return summary


def _settled(messages: Sequence[Message], layout: Layout) -> list[Message]:
    """Messages of which every object is in the store."""
    ledger = Ledger(layout.ledger)
    try:
        return [
            message
            for message in messages
            if all(ledger.has(found.uri, found.etag) for found in message.objects)
        ]
    finally:
        ledger.close()

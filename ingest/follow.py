"""Keeps a store up with an archive that grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingest.pipeline import IngestOptions, IngestSummary, Progress, ProgressCallback, ingest
from stormtrail.errors import AccessError, InputError
from stormtrail.layout import Layout


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
    report = progress or (lambda _: None)
    while True:
        try:
            yield ingest(sources, layout, options, progress)
        except AccessError:
            raise
        except InputError as error:
            report(Progress(note=f"{error.line()}; trying again"))
        if not wait():
            return

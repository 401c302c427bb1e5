"""A mirror open for writing: commits are published, and count only then."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from ingest.ledger import Batch
from ingest.remote.commits import Added, BatchTimes, Commit, Draft, Rejected, stamp
from ingest.remote.mirror import Mirror, file_hash
from ingest.remote.places import mirror_at
from ingest.remote.rebase import Others, Rebased, rebase
from ingest.store import Store
from stormtrail.layout import EventFile, Layout


class SharedStore(Store):
    """The store that this machine's mirror is of."""

    def __init__(self, mirror: Mirror, staging: Path) -> None:
        super().__init__(mirror.layout, mirror.ledger, staging)
        self._mirror = mirror
        self._others = Others(mirror.ledger, mirror.layout.root)
        mirror.ledger.publish = mirror.publish

    def commit(self, batch: Batch) -> Batch:
        """Publishes the batch; returns what of it no other writer had added before."""
        rebased = Rebased(batch, {})

        def draft() -> Draft | None:
            nonlocal rebased
            self._others.learn()
            folder = self.staging / uuid4().hex[:12]
            ids = self.ledger.next_ids()
            rebased = rebase(batch, self.staged, self._others, ids, folder)
            return _draft_of(rebased) if rebased.batch.sources else None

        self._mirror.publish(draft)
        self._others.own(rebased.staged)
        self._tidy(batch)
        return rebased.batch

    def exchange(self, old: Sequence[str], new: Sequence[EventFile]) -> None:
        """Publishes files in the place of others; does nothing where another machine replaced one."""

        def draft() -> Draft | None:
            if not set(old) <= set(self.ledger.all_files()):
                return None
            staged = {file.path: self.staged(file.path) for file in new}
            added = tuple(_added(file, staged[file.path]) for file in new)
            return Draft(Commit(*stamp(), files=added, removed=tuple(old)), staged)

        if old:
            self._mirror.publish(draft)

    def keys_of_day(self, day: int) -> Iterator[Any]:
        """The same; no other process of this machine replaces a file meanwhile."""
        with self._mirror.held():
            yield from super().keys_of_day(day)

    def _tidy(self, batch: Batch) -> None:
        """Deletes what was staged and not committed: the batch as it was, and earlier drafts."""
        for file in batch.files:
            self.staged(file.path).unlink(missing_ok=True)
        for folder in self.staging.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder)


@contextmanager
def opened(layout: Layout) -> Iterator[Store]:
    """Opens the mirror, up to date. The caller holds the folder's lock for ingests."""
    mirror = mirror_at(layout)
    try:
        mirror.pull()
        for run in layout.staging.iterdir():  # of a run that died: nothing here is committed
            shutil.rmtree(run, ignore_errors=True)
        staging = layout.staging / uuid4().hex[:12]
        staging.mkdir()
        try:
            yield SharedStore(mirror, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        mirror.close()


def _draft_of(rebased: Rebased) -> Draft:
    batch = rebased.batch
    head = stamp()
    rejects = tuple(
        Rejected(source_id, one.record_index, one.reason, one.raw)
        for source_id, found in batch.rejects.items()
        for one in found
    )
    commit = Commit(
        *head,
        batch=BatchTimes(batch.id, batch.started_at, head[2]),
        sources=tuple(batch.sources),
        rejects=rejects,
        formats={name: tuple(missing) for name, missing in batch.formats.items()},
        files=tuple(_added(file, rebased.staged[file.path]) for file in batch.files),
    )
    return Draft(commit, rebased.staged)


def _added(file: EventFile, staged: Path) -> Added:
    return Added(file, staged.stat().st_size, file_hash(staged))

"""A store open for writing: one writer at a time, commits that happen or do not, recovery.

Files are written in `staging/RUN/`, the ledger's transaction commits them, then they are moved
into `events/`. A process that dies before the transaction leaves files that the next one
deletes; one that dies after it leaves files that the next one moves.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pyarrow.parquet as pq

from ingest.dedupe import KEY_COLUMNS, entry_keys
from ingest.ledger import Batch, Ledger
from ingest.writer import day_text, event_path
from stormtrail.errors import StoreError
from stormtrail.layout import EventFile, Layout

_LOCK = "ingest.lock"


class Store:
    """The open store: `ledger`, and `staging`, this run's own folder."""

    def __init__(self, layout: Layout, ledger: Ledger, staging: Path) -> None:
        self.layout = layout
        self.ledger = ledger
        self.staging = staging

    def commit(self, batch: Batch) -> Batch:
        """Makes the batch part of the store; returns what of it was new."""
        self.ledger.commit(batch)
        for file in batch.files:
            place(self.layout, self.staged(file.path))
        return batch

    def staged(self, path: str) -> Path:
        """Where an event file stands until it is committed."""
        return self.staging / _staged_name(path)

    def exchange(self, old: Sequence[str], new: Sequence[EventFile]) -> None:
        """Puts staged files in the place of committed ones."""
        self.ledger.exchange(old, new)
        for file in new:
            place(self.layout, self.staged(file.path))
        remove_removed(self.layout, self.ledger)

    def keys_of_day(self, day: int) -> Iterator[Any]:
        """Entry keys of a day's committed files (days since 1970), file by file."""
        for path in self.ledger.files_of_day(day_text(day)):
            yield file_keys(self.layout.root / path)


@contextmanager
def open_store(layout: Layout, on_wait: Callable[[], None] = lambda: None) -> Iterator[Store]:
    """Opens the store for writing; waits for another writer, after calling `on_wait`."""
    try:
        for folder in (layout.root, layout.events, layout.staging):
            folder.mkdir(parents=True, exist_ok=True)
        with (layout.root / _LOCK).open("a") as lock:
            acquire(lock, on_wait)
            with _opener(layout)(layout) as store:
                yield store
    except OSError as error:
        hint = "free some space" if error.errno == _NO_SPACE else "check the folder's permissions"
        what = f"cannot be written ({error.strerror or error})"
        raise StoreError(what, where=str(layout.root), hint=hint) from error


_NO_SPACE = 28
_Opener = Callable[[Layout], AbstractContextManager[Store]]


def _opener(layout: Layout) -> _Opener:
    """What opens the folder, which may be a mirror of a store that machines share."""
    if not layout.is_mirror:
        return _opened
    from ingest.remote.shared import opened  # needs boto3, which takes long to import

    return opened


@contextmanager
def _opened(layout: Layout) -> Iterator[Store]:
    ledger = Ledger(layout.ledger)
    try:
        recover(layout, ledger)
        staging = layout.staging / uuid4().hex[:12]
        staging.mkdir()
        try:
            yield Store(layout, ledger, staging)
        finally:
            recover(layout, ledger)
    finally:
        ledger.close()


def acquire(lock: IO[str], on_wait: Callable[[], None] = lambda: None) -> None:
    """Takes the lock; waits for another process, after calling `on_wait`."""
    # The kernel drops the lock with the process, so none is ever left behind.
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait()
        fcntl.flock(lock, fcntl.LOCK_EX)


def recover(layout: Layout, ledger: Ledger) -> None:
    """Moves what is committed into place and deletes the rest of staging. Needs the lock."""
    staged = {event_path(path): path for path in layout.staging.glob("*/*.parquet")}
    if staged:
        committed = set(ledger.all_files())
        for path in [path for name, path in staged.items() if name in committed]:
            place(layout, path)
    for run in layout.staging.iterdir():
        shutil.rmtree(run, ignore_errors=True)
    remove_removed(layout, ledger)


def remove_removed(layout: Layout, ledger: Ledger) -> None:
    """Deletes files that the ledger took out of the store; a day's folder goes with its last."""
    if not (removed := ledger.removed_files()):
        return
    for path in [layout.root / name for name in removed]:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # other files of the day are still there
            path.parent.rmdir()
    ledger.forget_removed()


def _staged_name(path: str) -> str:
    """The staged name of an event file's path."""
    folder, _, name = path.rpartition("/")
    return f"{folder.rpartition('=')[2]}.{name}"


def place(layout: Layout, staged: Path) -> None:
    """Moves a staged file to where the ledger says it is."""
    target = layout.root / event_path(staged)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, target)  # noqa: PTH105  (the atomic one)


def file_keys(path: Path) -> Any:
    """Entry keys of a committed file."""
    try:
        table = pq.read_table(path, columns=list(KEY_COLUMNS), partitioning=None)
        if table.column("event_id").null_count:
            table = pq.read_table(path, partitioning=None)
    except FileNotFoundError as error:
        hint = "the ledger lists it: restore the file, or ingest into a new store"
        raise StoreError("event file is missing", where=str(path), hint=hint) from error
    return entry_keys(table)

"""A machine's mirror of a shared store: it takes over commits of the log, and adds its own.

The folder is an ordinary store with `mirrored.json` (of which store) and `arriving/` (what was fetched
and is not committed here yet) beside. `mirror.lock` is held while the ledger or its files change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from ingest.remote import checkpoints, documents
from ingest.remote.bucket import Bucket, NotThereError, pause
from ingest.remote.commits import LOG, Commit, Draft, decode, encode, log_name, log_number
from ingest.remote.ledger import MirrorLedger
from ingest.store import acquire, place, remove_removed
from ingest.writer import event_path
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

_THREADS = 16
_UPLOAD_SECONDS = 6 * 3_600.0
"""An upload that began so long ago is made anew: cleaning up takes what is unreferenced after a day."""
_MOST_REFUSALS = 20  # of a commit's number, without a commit that has it

Report = Callable[[str], None]


class Mirror:
    """One store's mirror in this process; used by one thread at a time."""

    def __init__(self, bucket: Bucket, layout: Layout, report: Report = lambda _: None) -> None:
        self.bucket = bucket
        self.layout = layout
        self._report = report
        self._lock: IO[str] | None = None
        self._proven = False

    @cached_property
    def ledger(self) -> MirrorLedger:
        """The mirror's ledger; made when it is first needed."""
        return MirrorLedger(self.layout.ledger)

    @property
    def _arriving(self) -> Path:
        return self.layout.root / "arriving"

    def close(self) -> None:
        """Ends the ledger's connection."""
        if "ledger" in self.__dict__:
            self.ledger.close()
            del self.__dict__["ledger"]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes of this machine from changing the mirror."""
        if self._lock is not None:
            yield
            return
        with (self.layout.root / "mirror.lock").open("a") as self._lock:
            try:
                acquire(self._lock)
                yield
            finally:
                self._lock = None

    def position(self) -> int:
        """The number of the last commit that is here."""
        return self.ledger.position() if self.layout.ledger.exists() else 0

    def pull(self) -> None:
        """Takes over all commits that are new; killed at any moment, the next pull goes on."""
        with self.held():
            self._arriving.mkdir(exist_ok=True)
            if not self.layout.ledger.exists():
                checkpoints.start_from_last(self.bucket, self.layout, self._arriving)
            if self.layout.ledger.exists():
                self._settle()
            while (numbers := self._new_numbers()) or checkpoints.lacks_files(self._arriving):
                try:
                    self._take(numbers)
                except NotThereError:
                    if self._new_numbers() == numbers:  # else it was replaced meanwhile
                        raise

    def publish(self, make: Callable[[], Draft | None]) -> Commit | None:
        """Adds a commit to the log; `make` drafts it, again each time that others were first.

        It is called when the mirror is up to date, and gives None where nothing is left to commit.
        """
        self._require_conditions()
        refusals = 0
        while True:
            with self.held():
                self.pull()
                draft, number = make(), self.position() + 1
            if draft is None:
                return None
            started = time.time()
            self._upload(draft.uploads)
            with self.held():
                self.pull()
                late = time.time() - started > _UPLOAD_SECONDS  # such as a machine that slept
                if late or self.position() + 1 != number:
                    continue
                if self._created(number, draft) or self.ledger.holds(draft.commit.id):
                    return draft.commit
                refusals = refusals + 1 if self.position() + 1 == number else 0
            self._wait(refusals, number)

    def _created(self, number: int, draft: Draft) -> bool:
        """Whether the commit got its number; it is in the mirror then.

        A request that was tried again may be refused for its own first try: pulling tells.
        """
        content = encode(draft.commit)
        if not self.bucket.create(log_name(number), content):
            self.pull()
            return False
        for path in draft.uploads.values():
            path.replace(self._arriving / path.name)
        self._raw(number).write_bytes(content)
        self._take([number])
        if number % checkpoints.EVERY == 0:
            checkpoints.write(self.bucket, self.ledger, number, self._arriving)
        return True

    def _wait(self, refusals: int, number: int) -> None:
        if refusals > _MOST_REFUSALS:
            where = f"{self.bucket.address.uri}/{log_name(number)}"
            hint = "does it list what was written? try again"
            raise StoreError("the server refuses the next commit", where=where, hint=hint)
        if refusals:
            time.sleep(pause())

    def _require_conditions(self) -> None:
        if not self._proven:
            self.bucket.require_conditions()
            self._proven = True

    def _upload(self, uploads: Mapping[str, Path]) -> None:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self.bucket.put, uploads.keys(), uploads.values()))

    def _new_numbers(self) -> list[int]:
        """Numbers of the commits that are not here, in order; StoreError where one is missing."""
        position = self.position()
        listed = self.bucket.listed(LOG, log_name(position) if position else "")
        found = [number for one in listed if (number := log_number(one.name)) is not None]
        for number, expected in zip(
            found, range(position + 1, position + 1 + len(found)), strict=True
        ):
            if number != expected:
                where = f"{self.bucket.address.uri}/{log_name(expected)}"
                hint = "restore the object: later commits build on it"
                raise StoreError("a commit of the log is missing", where=where, hint=hint)
        return found

    def _take(self, numbers: Sequence[int]) -> None:
        """Brings commits in: first their files, then the ledger, then each file to its place."""
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self._fetch_commit, numbers))
            wanted = self._lacking()
            for number in numbers:
                commit = self._commit(number)
                wanted |= {added.file.path: added.sha256 for added in commit.files}
                for path in commit.removed:
                    wanted.pop(path, None)
            self._report(f"fetching {len(wanted):,} event files of {self.bucket.address.uri}")
            list(pool.map(self._fetch, wanted.keys(), wanted.values()))
        for number in numbers:
            documents.receive(self.layout, self._commit(number).documents)
        self.ledger.play((number, self._commit(number)) for number in numbers)
        self._settle()
        shutil.rmtree(self._arriving)
        self._arriving.mkdir()

    def _lacking(self) -> dict[str, str]:
        """Event files, and their SHA-256, that a checkpoint names and that are not here yet."""
        if not checkpoints.lacks_files(self._arriving):
            return {}
        named = self.ledger.file_hashes().items()
        return {path: sha256 for path, sha256 in named if not (self.layout.root / path).exists()}

    def _settle(self) -> None:
        """Moves what has arrived and is committed into place, and deletes what was replaced."""
        arrived = {event_path(path): path for path in self._arriving.glob("*.parquet")}
        if arrived:
            committed = set(self.ledger.all_files())
            for name in arrived.keys() & committed:
                place(self.layout, arrived[name])
        remove_removed(self.layout, self.ledger)

    def _raw(self, number: int) -> Path:
        return self._arriving / f"{number:010d}.json.gz"

    def _fetch_commit(self, number: int) -> None:
        if not self._raw(number).exists():
            self.bucket.fetch(log_name(number), self._raw(number))

    def _commit(self, number: int) -> Commit:
        where = f"{self.bucket.address.uri}/{log_name(number)}"
        return decode(self._raw(number).read_bytes(), where)

    def _fetch(self, path: str, sha256: str) -> None:
        """Fetches an event file, unless an earlier try did; StoreError where it is not as written."""
        folder, _, name = path.rpartition("/")
        target = self._arriving / f"{folder.rpartition('=')[2]}.{name}"
        if target.exists():
            return
        part = target.with_suffix(".part")
        self.bucket.fetch(path, part)
        if file_hash(part) != sha256:
            part.unlink()
            where = f"{self.bucket.address.uri}/{path}"
            hint = "restore it from a version before, or load its day into a new store"
            raise StoreError("an event file is not as it was written", where=where, hint=hint)
        with part.open("rb") as file:
            os.fsync(file.fileno())  # on disk before the ledger says so
        part.replace(target)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

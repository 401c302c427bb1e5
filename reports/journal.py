"""What a schedule has done, in one small file of the store: so that a restart neither forgets nor repeats.

`schedule/state.json` is replaced whole; `schedule/lock` is held while a schedule runs.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from stormtrail.errors import StoreError
from stormtrail.layout import Layout

SENDING, SENT, FAILED = "sending", "sent", "failed"


@dataclass(frozen=True)
class State:
    """`done`: the last due time that was dealt with. `due`: the one in work, its parcel's files
    being in the outbox once `packed`; `targets`: how far each target's delivery is, by its key."""

    done: str | None = None
    due: str | None = None
    packed: bool = False
    targets: dict[str, str] = field(default_factory=dict)


class Journal:
    """The state of one store's schedule. Only the holder of the lock may write."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.root / "schedule"
        self._path = self._folder / "state.json"
        self.state = self._read()

    @property
    def done(self) -> datetime | None:
        """The last due time that was dealt with."""
        return _moment(self.state.done)

    @property
    def unfinished(self) -> datetime | None:
        """The due time that a crash interrupted."""
        return _moment(self.state.due)

    @property
    def outbox(self) -> Path:
        """Where the parcel in work is kept until it is delivered."""
        return self._folder / "outbox"

    def start(self, now: datetime) -> None:
        """Remembers when this schedule was first started: what is due counts from here."""
        self._write(replace(self.state, done=_text(now)))

    def begin(self, due: datetime) -> None:
        """Work on a due time begins."""
        self._write(replace(self.state, due=_text(due), packed=False, targets={}))

    def packed(self) -> None:
        """The parcel is in the outbox; from now on it is sent, not made again."""
        self._write(replace(self.state, packed=True))

    def target(self, key: str, stage: str) -> None:
        """A delivery is being sent, was sent, or failed for good."""
        self._write(replace(self.state, targets={**self.state.targets, key: stage}))

    def finish(self) -> None:
        """The due time is dealt with."""
        self._write(State(done=self.state.due))

    def _read(self) -> State:
        if not self._path.exists():
            return State()
        try:
            return State(**json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            hint = "remove the file to start the schedule anew"
            raise StoreError(
                f"cannot be read ({error})", where=str(self._path), hint=hint
            ) from error

    def _write(self, state: State) -> None:
        """On disk before anything happens that the state tells of."""
        fresh = self._path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(asdict(state), file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise StoreError(f"cannot be written ({error.strerror})", where=str(fresh)) from error
        self.state = state


@contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """Held while a schedule runs; StoreError where another process holds it."""
    folder = layout.root / "schedule"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "one schedule a store; end the other one first"
            what = "another schedule is running"
            raise StoreError(what, where=str(layout.root), hint=hint) from error
        yield


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

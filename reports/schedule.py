"""A schedule: at every due time a report is made and handed over, once, whatever crashes.

What is due is decided from the journal and a clock, so a process that was away catches up with one
run. A parcel is packed into the outbox before the first delivery, and every delivery is noted before
and after: a restart sends what was not sent. A delivery that a crash interrupted is repeated only
where its target keeps one of two; else it is left, and said.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from reports.cron import Cron
from reports.delivery import Parcel, Target, hand_over
from reports.journal import FAILED, SENDING, SENT, Journal
from stormtrail.errors import StormtrailError

MakeParcel = Callable[[datetime], Parcel]


@dataclass(frozen=True)
class World:
    """What a schedule needs from outside: the time, waiting, and where to say what happens."""

    now: Callable[[], datetime]
    wait: Callable[[float], None]
    say: Callable[[str], None]


class Schedule:
    """One store's schedule: `make` gives the parcel of a due time."""

    def __init__(
        self, journal: Journal, make: MakeParcel, targets: Sequence[Target], world: World
    ) -> None:
        self._journal = journal
        self._make = make
        self._targets = {_key(target): target for target in targets}
        self._world = world

    def run(self, cron: Cron, until: Callable[[], bool] = lambda: False) -> None:
        """Runs for ever (or until told otherwise): finishes what a crash left, then as due."""
        self._surviving(self.finish_interrupted)
        if self._journal.done is None:
            self._journal.start(self._world.now())
        while not until():
            now = self._world.now()
            due = cron.due(self._journal.done or now, now)
            if due is not None:
                self._surviving(partial(self.once, due))
            elif not self._sleep(cron, now):
                return

    def finish_interrupted(self) -> None:
        """Takes up the due time that a crash interrupted."""
        if (due := self._journal.unfinished) is not None:
            self._world.say(f"{due.isoformat()}: interrupted before, taken up again")
            self._deal_with(due)

    def once(self, due: datetime) -> bool:
        """Makes and delivers the report of a due time; whether all deliveries succeeded."""
        self._journal.begin(due)
        return self._deal_with(due)

    def _surviving(self, work: Callable[[], object]) -> None:
        """A due time that fails is said and left; the next one is not lost with it."""
        try:
            work()
        except StormtrailError as error:
            self._world.say(f"failed: {error.line()}")
            self._journal.finish()

    def _sleep(self, cron: Cron, now: datetime) -> bool:
        """Waits for the next due time, an hour at most: clocks are set and machines sleep."""
        following = cron.after(now)
        if following is None:
            return False
        self._world.wait(min(3600.0, max(0.5, (following - now).total_seconds())))
        return True

    def _deal_with(self, due: datetime) -> bool:
        if not self._journal.state.packed:
            pack(self._journal.outbox, self._make(due))
            self._journal.packed()
        parcel = unpack(self._journal.outbox)
        delivered = [self._deliver(key, target, parcel) for key, target in self._targets.items()]
        self._journal.finish()
        return all(delivered)

    def _deliver(self, key: str, target: Target, parcel: Parcel) -> bool:
        stage = self._journal.state.targets.get(key)
        if stage in {SENT, FAILED}:
            return stage == SENT
        if stage == SENDING and not target.repeatable:
            words = f"may have reached {target.label} before the interruption, not sent again"
            self._world.say(f"{parcel.key}: {words}")
            return True
        self._journal.target(key, SENDING)
        sent = hand_over(target, parcel, self._world.wait, self._world.say)
        self._journal.target(key, SENT if sent else FAILED)
        return sent


def pack(outbox: Path, parcel: Parcel) -> None:
    """Puts the parcel into the outbox, whole: an older one is replaced."""
    fresh = outbox.with_name("packing")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "files").mkdir(parents=True)
    for name, content in parcel.files.items():
        (fresh / "files" / name).write_bytes(content)
    head = {"key": parcel.key, "subject": parcel.subject, "lines": list(parcel.lines)}
    (fresh / "parcel.json").write_text(json.dumps(head), encoding="utf-8")
    shutil.rmtree(outbox, ignore_errors=True)
    fresh.rename(outbox)


def unpack(outbox: Path) -> Parcel:
    """The parcel in the outbox."""
    head = json.loads((outbox / "parcel.json").read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in sorted((outbox / "files").iterdir())}
    return Parcel(head["key"], head["subject"], tuple(head["lines"]), files)


def _key(target: Target) -> str:
    """Knows a target again without keeping its address, which may be a secret."""
    return hashlib.sha256(target.identity.encode()).hexdigest()[:16]

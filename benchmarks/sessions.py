"""CPU time of whole process sessions, whoever waits for whose child: read from /proc while they run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

_EVERY_SECONDS = 0.2  # what a process uses in its last moments before it ends is not seen
_TICKS = os.sysconf("SC_CLK_TCK")

_Process = tuple[int, str]  # number and start time: numbers are used again


@dataclass
class Sessions:
    """Watched sessions; a session is named by its first process's number."""

    numbers: set[int]
    _before: dict[_Process, tuple[int, int]] = field(default_factory=dict)
    _last: dict[_Process, tuple[int, int]] = field(default_factory=dict)

    def look(self) -> None:
        """Reads what every process has used up to now."""
        self._last |= _used()

    def cpu_seconds(self, *numbers: int) -> float:
        """CPU-seconds of these sessions (none: of all) since the watch began."""
        wanted = set(numbers) or self.numbers
        return sum(
            (used - self._before.get(process, (0, 0))[1]) / _TICKS
            for process, (session, used) in self._last.items()
            if session in wanted
        )


@contextmanager
def watched(*numbers: int) -> Iterator[Sessions]:
    """Watches sessions while the block runs; more may be added to `numbers`."""
    sessions = Sessions(set(numbers), _used())
    over = Event()

    def watch() -> None:
        while not over.wait(_EVERY_SECONDS):
            sessions.look()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield sessions
    finally:
        over.set()
        thread.join()
        sessions.look()


def _used() -> dict[_Process, tuple[int, int]]:
    """Session and clock ticks of every process that there is."""
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                text = (place / "stat").read_text()
            except OSError:  # ended meanwhile
                continue
            # man 5 proc: the name may hold anything, so the fields are counted from its end
            fields = text.rpartition(") ")[2].split()
            session, used = int(fields[3]), int(fields[11]) + int(fields[12])
            found[int(place.name), fields[19]] = session, used
    return found

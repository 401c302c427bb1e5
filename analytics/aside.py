"""Detection of anomalies in a process of its own, beside the rest of an analysis, which needs it at its end only.

Importing scikit-learn takes a fifth of the time of a store that is rolled up, and a thread that did it would
hold the others up. This module itself imports nothing slow: the process is the first thing to start.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import msgspec

from analytics.findings import Anomaly
from stormtrail.arrow import without_pandas
from stormtrail.layout import Layout

_ROOT = Path(__file__).resolve().parent.parent
WORTH_DAYS = 3  # with less than two days of history nothing is unusual
BEHIND = 10  # of niceness: it takes what the making of rollups and the tracing leave


@dataclass(frozen=True)
class Task:
    """The folder of the rollup of subject-hours, and the window [since, until) (naive UTC)."""

    folder: str
    since: datetime
    until: datetime


class Detection:
    """One detection: its process started at once or by `begin`, which tells it its window; asked by
    `anomalies`. Where `process` is None the work is done in place."""

    def __init__(self, layout: Layout, *, beside: bool) -> None:
        self._folder = str((layout.rollups / "subject_hours").absolute())
        self._beside = beside
        self._task: Task | None = None
        self.process: Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process, where there is to be one and none is."""
        if self._beside and self.process is None:
            self.process = Popen(
                [sys.executable, "-m", "analytics.aside"],
                bufsize=0,  # what cannot be written is not kept to be written again
                cwd=_ROOT,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
            )

    def begin(self, since: datetime, until: datetime) -> None:
        """Begins; the rollups are up to date."""
        self._task = Task(self._folder, since, until)
        self.start()
        if self.process and self.process.stdin:
            with suppress(BrokenPipeError):  # it ended: `anomalies` sees that
                self.process.stdin.write(msgspec.msgpack.encode(self._task))
            self.process.stdin.close()

    def anomalies(self) -> tuple[Anomaly, ...]:
        """The anomalies of the window that was begun; found here where no process tells them."""
        if self._task is None:
            return ()
        if self.process and self.process.stdout:
            told = self.process.stdout.read()
            if self.process.wait() == 0:
                return msgspec.msgpack.decode(told, type=tuple[Anomaly, ...])
        return done(self._task)

    def end(self) -> None:
        """Ends the process, whatever it does."""
        if self.process:
            with self.process:
                self.process.kill()


@contextmanager
def detection(layout: Layout) -> Iterator[Detection]:
    """Detection for a store; the process that it may have ends with the block. Raises StoreError."""
    days = {file.event_day for file in layout.committed_files()}
    found = Detection(layout, beside=len(days) >= WORTH_DAYS and (os.cpu_count() or 1) > 1)
    try:
        yield found
    finally:
        found.end()


def done(task: Task) -> tuple[Anomaly, ...]:
    """The anomalies of the task's window."""
    from analytics import detectors, rollup_files

    folder = Path(task.folder)
    columns = detectors.COLUMNS
    return detectors.detect(rollup_files.read(folder, columns, "hour", task.since, task.until))


def main() -> None:
    """Reads a task, writes its anomalies; what is slow to import is there when the task comes."""
    os.nice(BEHIND)
    from analytics import detectors

    without_pandas()
    detectors.prepare()
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.msgpack.encode(done(task)))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to tidy; libraries' threads may abort an ending interpreter


if __name__ == "__main__":
    main()

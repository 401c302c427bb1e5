"""Detection of anomalies in a process of its own, beside the rest of an analysis, which needs it at its end only.

Importing scikit-learn takes a fifth of the time of a store that is rolled up, and a thread that did it would
hold the others up. This module itself imports nothing slow, so that the process begins first.
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


@dataclass(frozen=True)
class Task:
    """The folder of the rollup of subject-hours, and the window [since, until) (naive UTC)."""

    folder: str
    since: datetime
    until: datetime


class Detection:
    """One detection: told its window by `begin`, asked by `anomalies`."""

    def __init__(self, layout: Layout, process: Popen[bytes] | None) -> None:
        self._folder = str((layout.rollups / "subject_hours").absolute())
        self.process = process
        self._task: Task | None = None

    def begin(self, since: datetime, until: datetime) -> None:
        """Begins, where there is a process; the rollups are up to date."""
        self._task = Task(self._folder, since, until)
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


@contextmanager
def detection(layout: Layout) -> Iterator[Detection]:
    """Detection for a store; the process that it has where days are many ends with the block.
    Raises StoreError."""
    days = {file.event_day for file in layout.committed_files()}
    if len(days) < WORTH_DAYS or (os.cpu_count() or 1) == 1:
        yield Detection(layout, None)
        return
    command = [sys.executable, "-m", "analytics.aside"]
    with Popen(  # noqa: S603 - our own module
        command,
        bufsize=0,  # what cannot be written is not kept to be written again
        cwd=_ROOT,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
    ) as process:
        try:
            yield Detection(layout, process)
        finally:
            process.kill()


def done(task: Task) -> tuple[Anomaly, ...]:
    """The anomalies of the task's window."""
    from analytics import detectors, rollup_files

    folder = Path(task.folder)
    columns = detectors.COLUMNS
    return detectors.detect(rollup_files.read(folder, columns, "hour", task.since, task.until))


def main() -> None:
    """Reads a task, writes its anomalies; what is slow to import is there when the task comes."""
    from analytics import detectors

    without_pandas()
    detectors.prepare()
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.msgpack.encode(done(task)))


if __name__ == "__main__":
    main()

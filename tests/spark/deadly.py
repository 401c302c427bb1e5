"""A source that kills the machine on which one of its files is read first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.sources.base import LogObject, Reader, Selection
from ingest.sources.folder import Folder


@dataclass(frozen=True)
class DeadlyReader:
    """Reads as `reader` does, but for the first read of all: it kills its worker and executor.

    Whom it killed stands in `note` then: the number of the worker's session.
    """

    reader: Reader
    note: Path

    @property
    def concurrency(self) -> int:
        return 1

    def read(self, location: str, limit: int) -> bytes:
        if not self.note.exists():
            self.note.write_text(str(os.getsid(0)))
            os.killpg(os.getsid(0), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)  # Python's processes have a group of their own
        return self.reader.read(location, limit)


@dataclass(frozen=True)
class DeadlyFolder:
    """A folder whose file number `deadly` is read by such a reader."""

    root: Path
    deadly: int
    note: Path

    def objects(self) -> Iterator[LogObject]:
        for number, found in enumerate(Folder(self.root, Selection()).objects()):
            if number == self.deadly:
                yield replace(found, reader=DeadlyReader(found.reader, self.note))
            else:
                yield found

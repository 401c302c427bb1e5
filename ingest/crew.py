"""Who does the work: this process, or one worker process a core.

Workers are one plain `python -m ingest.crew` process and its forks, each on a socket. They never
import the caller's main module, so an ingest can be started from anywhere, and they end when the
caller does.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from ingest.work import Chunk, Prepared, Worker
from stormtrail.arrow import without_pandas
from stormtrail.errors import StoreError
from stormtrail.layout import EventFile

# A worker takes and frees large blocks for ever: kept for reuse, they need no new pages (a
# quarter fewer page faults, an eighth less CPU). A user's own settings win.
_MEMORY = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
}
_GARBAGE_AFTER = 200_000  # objects; records make many and no cycles

Decide = Callable[[Chunk, Prepared], Any]
Result = tuple[Chunk, Prepared, list[EventFile]]


def crew_of(workers: int, chunks: Iterator[Chunk], decide: Decide) -> Iterator[Result]:
    """Does every chunk; `decide` is asked in the order of the chunks which rows are new.

    `workers` processes; 0 is none but this.
    """
    return _together(workers, chunks, decide) if workers else _alone(chunks, decide)


def _alone(chunks: Iterator[Chunk], decide: Decide) -> Iterator[Result]:
    worker = Worker()
    for chunk in chunks:
        prepared = worker.prepare(chunk)
        yield chunk, prepared, worker.finish(decide(chunk, prepared))


@dataclass(eq=False)
class _Member:
    """A worker process and the chunk it has."""

    connection: Connection
    chunk: Chunk | None = field(default=None)
    prepared: Prepared | None = field(default=None)

    def receive(self) -> Any:
        """The worker's next message; its error is raised here."""
        try:
            message = self.connection.recv()
        except (EOFError, ConnectionError) as error:
            hint = "was it out of memory? the same command goes on where this one stopped"
            raise StoreError("a worker process ended", where="ingest", hint=hint) from error
        if isinstance(message, BaseException):
            raise message
        return message


def _start(count: int) -> tuple[subprocess.Popen[bytes], list[_Member]]:
    """A process that becomes `count` workers, and our end of each."""
    pipes = [Pipe() for _ in range(count)]
    theirs = [connection.fileno() for _, connection in pipes]
    command = [sys.executable, "-m", "ingest.crew", *map(str, theirs)]
    process = subprocess.Popen(  # noqa: S603  (our own module)
        command, pass_fds=theirs, start_new_session=True, env=_MEMORY | os.environ
    )
    for _, connection in pipes:
        connection.close()
    return process, [_Member(ours) for ours, _ in pipes]


def _together(count: int, chunks: Iterator[Chunk], decide: Decide) -> Iterator[Result]:
    process, members = _start(count)
    try:
        yield from _Crew(members, chunks, decide).results()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # they may be in the middle of a chunk
        raise
    finally:
        for member in members:
            member.connection.close()
        process.wait()


class _Crew:
    """Keeps every member busy; answers them in the order of their chunks."""

    def __init__(self, members: list[_Member], chunks: Iterator[Chunk], decide: Decide) -> None:
        self._members = members
        self._chunks = chunks
        self._decide = decide
        self._undecided: deque[_Member] = deque()

    def results(self) -> Iterator[Result]:
        while True:
            self._hand_out()
            busy = {m.connection: m for m in self._members if m.chunk is not None}
            if not busy:
                return
            for connection in wait(list(busy)):
                member = busy[connection]  # type: ignore[index]
                yield from self._answer(member, member.receive())

    def _hand_out(self) -> None:
        for member in self._members:
            if member.chunk is None and (chunk := next(self._chunks, None)) is not None:
                member.chunk = chunk
                member.connection.send(chunk)
                self._undecided.append(member)

    def _answer(self, member: _Member, message: Any) -> Iterator[Result]:
        if isinstance(message, Prepared):
            member.prepared = message
            self._decide_in_order()
        elif member.chunk is not None and member.prepared is not None:
            yield member.chunk, member.prepared, message
            member.chunk = member.prepared = None

    def _decide_in_order(self) -> None:
        while self._undecided and (member := self._undecided[0]).prepared is not None:
            if member.chunk is not None:
                member.connection.send(self._decide(member.chunk, member.prepared))
            self._undecided.popleft()


def serve(connection: Connection) -> None:
    """A worker's life: chunk in, keys out, answer in, files out, until the caller is gone."""
    worker = Worker()
    gc.set_threshold(_GARBAGE_AFTER)
    try:
        while True:
            connection.send(worker.prepare(connection.recv()))
            connection.send(worker.finish(connection.recv()))
    except (EOFError, ConnectionError):
        return
    except Exception as error:
        connection.send(error)


def main(descriptors: list[int]) -> None:
    """Becomes a worker for each socket: what is imported once serves them all."""
    without_pandas()
    mine = descriptors[0]
    children: list[int] = []
    for descriptor in descriptors[1:]:
        if (child := os.fork()) == 0:
            mine, children = descriptor, []
            break
        children.append(child)
    for other in descriptors:
        if other != mine:
            os.close(other)
    serve(Connection(mine))
    for child in children:  # waited for, so that what they used is counted
        os.waitpid(child, 0)
    os._exit(0)  # an interpreter's tidying of so much memory takes a while


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]])

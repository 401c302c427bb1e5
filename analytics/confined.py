"""The process that runs a person's SQL: it has little memory, no files to write, and no secrets.

Started by `analytics.sandbox`, which writes a pickled `Task` to its stdin; it answers on stdout with a
line of JSON (`{}` or an error) and, where that is `{}`, an Arrow stream. The kernel keeps it from
writing any file and from more memory than it may have, and ends it when its time is over, also where
DuckDB does not look at the clock: one `repeat('x', 4000000000)` does neither.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from analytics.reading import check_that_it_reads, first_line
from stormtrail.errors import StoreError, StormtrailError, UsageError

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_extension_repositories": "forbidden",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
_GRACE_SECONDS = 1.0
_WATCH_SECONDS = 0.1
_MOST_THREADS = 8
_OWN_BYTES = 3 << 29
"""Address space of Python, DuckDB, Arrow and their threads, beside what the query may use."""


@dataclass(frozen=True)
class Task:
    """What to run: the published database, the folders its views read, SQL, and its limits."""

    database: str
    folders: tuple[str, ...]
    sql: str
    params: Mapping[str, Any]
    seconds: float
    memory: str
    memory_bytes: int
    rows: int
    result_bytes: int


def main() -> None:
    """Reads the task, confines itself, answers."""
    task: Task = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    confine(task)
    out = sys.stdout.buffer
    try:
        _answer(task, out)
    except StormtrailError as error:
        problem = {"what": error.what, "hint": error.hint, "code": int(error.exit_code)}
        out.write(json.dumps(problem).encode() + b"\n")
    out.flush()


def confine(task: Task) -> None:
    """No file can be written, memory ends, and so does time; none of it can be undone."""
    space = task.memory_bytes + _OWN_BYTES
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, task.seconds + _GRACE_SECONDS)


def _answer(task: Task, out: BinaryIO) -> None:
    try:
        with _opened(task) as connection:
            _lock(connection, task.folders)
            check_that_it_reads(connection, task.sql)
            _stream(connection, task, out)
    except duckdb.OutOfMemoryException as error:
        raise too_much_memory(task.memory) from error
    except MemoryError as error:
        raise too_much_memory(task.memory) from error
    except duckdb.Error as error:
        raise UsageError(first_line(error)) from error


def _opened(task: Task) -> duckdb.DuckDBPyConnection:
    config = {**CONFIG, "threads": _threads(), "memory_limit": task.memory}
    try:
        return duckdb.connect(task.database, read_only=True, config=config)
    except duckdb.Error as error:
        hint = "`stormtrail ingest` publishes it anew"
        raise StoreError(f"cannot be opened ({first_line(error)})", hint=hint) from error


def _threads() -> int:
    """Every thread reserves address space, and that is limited."""
    return min(os.cpu_count() or 1, _MOST_THREADS)


def _lock(connection: duckdb.DuckDBPyConnection, folders: tuple[str, ...]) -> None:
    """Cannot be opened up again, not even by a statement that got through."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("set allowed_directories = $folders", {"folders": list(folders)})
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _stream(connection: duckdb.DuckDBPyConnection, task: Task, out: BinaryIO) -> None:
    """The line that says that all is well, then the rows; nothing of them where one fails."""
    given = _bound(connection, task)
    done, late = threading.Event(), threading.Event()
    watch = threading.Thread(target=_interrupt, args=(connection, task.seconds, done, late))
    watch.start()
    try:
        batches = list(_batches(connection, task, given))
    except duckdb.Error:
        if late.is_set():
            raise too_late(task.seconds) from None
        raise
    finally:
        done.set()
        watch.join()
    out.write(b"{}\n")
    schema, *rows = batches
    with pa.ipc.new_stream(out, schema) as writer:
        for batch in rows:
            writer.write_batch(batch)


def _batches(connection: duckdb.DuckDBPyConnection, task: Task, given: dict[str, Any]) -> Any:
    """The schema, then batches; more rows or bytes than allowed are an error, not a cut."""
    reader = connection.sql(task.sql, params=given).to_arrow_reader(50_000)
    yield reader.schema
    rows = size = 0
    for batch in reader:
        rows += batch.num_rows
        size += batch.nbytes
        if rows > task.rows:
            raise UsageError(f"more than {task.rows:,} rows", hint="add a limit or raise sql.rows")
        if size > task.result_bytes:
            raise UsageError(f"a result over {task.result_bytes >> 20} MB", hint="ask for less")
        yield batch


def _bound(connection: duckdb.DuckDBPyConnection, task: Task) -> dict[str, Any]:
    """The statement's parameters with their values; one too few or too many is named."""
    wanted = connection.extract_statements(task.sql)[0].named_parameters
    if missing := sorted(set(wanted) - set(task.params)):
        name = missing[0]
        raise UsageError(f"no value for the parameter {name}", hint=f"add --param {name}=…")
    if unknown := sorted(set(task.params) - set(wanted)):
        hint = f"it knows: {', '.join(sorted(wanted)) or 'none'}"
        raise UsageError(f"the query has no parameter {unknown[0]}", hint=hint)
    return {name: None if value == "" else value for name, value in task.params.items()}


def _interrupt(
    connection: duckdb.DuckDBPyConnection,
    seconds: float,
    done: threading.Event,
    late: threading.Event,
) -> None:
    """Interrupts until the query has ended: one interrupt may fall between two of its steps."""
    if done.wait(seconds):
        return
    late.set()
    while not done.wait(_WATCH_SECONDS):
        connection.interrupt()


def too_late(seconds: float) -> UsageError:
    """The query ran out of time."""
    hint = "narrow it by time or raise sql.seconds"
    return UsageError(f"stopped after {seconds:g} seconds", hint=hint)


def too_much_memory(memory: str) -> UsageError:
    """The query ran out of memory."""
    return UsageError(f"needs more than {memory} of memory", hint="narrow it or raise sql.memory")


if __name__ == "__main__":
    main()

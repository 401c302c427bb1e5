"""Read-only SQL from people: it cannot write, read other files, reach out or run for ever.

Four walls, so that a hole in one is not a way out:

1. A process of its own (`analytics.confined`), which the kernel keeps from writing any file, from
   more memory and from more time than it may have, and which has no environment to read.
2. DuckDB opens the published database read-only, with external access off but for the folders
   that the views read, without extensions, secrets, spill files or Python variables, and locked.
3. The text is parsed by DuckDB itself, and only a single SELECT whose tree holds nothing but
   reading nodes and known table functions is run (`analytics.reading`).
4. Rows and bytes of the result are limited.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from analytics.confined import Task, too_late, too_much_memory
from stormtrail.errors import ExitCode, StoreError, UsageError
from stormtrail.layout import Layout

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 60.0
"""For a machine so busy that the process does not even start; its own clock begins after that."""


@dataclass(frozen=True)
class Limits:
    """What one query may use: wall seconds, memory (DuckDB's notation), rows and bytes of result."""

    seconds: float = 60.0
    memory: str = "2GB"
    rows: int = 5_000_000
    result_bytes: int = 1 << 30


def run_readonly(
    layout: Layout, sql: str, params: Mapping[str, Any] | None = None, limits: Limits | None = None
) -> pa.Table:
    """The rows of one SELECT over the published store.

    `params` fill `$name`; an empty text is NULL. Raises UsageError for SQL that is refused, wrong
    or goes over a limit, StoreError where there is no published store.
    """
    limits = limits or Limits()
    if not layout.database.exists():
        where, hint = str(layout.database), "run `stormtrail ingest` first"
        raise StoreError("no published store", where=where, hint=hint)
    code, out = _confined(_task(layout, sql, params or {}, limits), limits)
    head, _, rows = out.partition(b"\n")
    if code or not head:
        raise _killed(code, limits)
    problem = json.loads(head)
    if problem:
        raise _told(problem, layout)
    return pa.ipc.open_stream(rows).read_all()


def _told(problem: Mapping[str, Any], layout: Layout) -> StoreError | UsageError:
    """The error that the process told of."""
    if problem["code"] == ExitCode.UNREADABLE:
        return StoreError(problem["what"], where=str(layout.database), hint=problem["hint"])
    return UsageError(problem["what"], where="SQL", hint=problem["hint"])


def _task(layout: Layout, sql: str, params: Mapping[str, Any], limits: Limits) -> Task:
    return Task(
        # absolute: the process that runs it may stand in another folder
        database=str(layout.database.absolute()),
        folders=_folders(layout),
        sql=sql,
        params=dict(params),
        seconds=limits.seconds,
        memory=limits.memory,
        memory_bytes=_bytes(limits.memory),
        rows=limits.rows,
        result_bytes=limits.result_bytes,
    )


def _confined(task: Task, limits: Limits) -> tuple[int, bytes]:
    """Exit code and stdout of the process; its environment holds no credentials."""
    command = [sys.executable, "-m", "analytics.confined"]
    path = os.environ.get("PATH", "")
    environment = {"PYTHONPATH": str(_ROOT), "PATH": path, "MALLOC_ARENA_MAX": "2"}
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            out, _ = child.communicate(pickle.dumps(task), timeout=limits.seconds + _START_SECONDS)
        except BaseException as error:
            child.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                raise too_late(limits.seconds) from error
            raise
        return child.returncode, out


def _killed(code: int, limits: Limits) -> UsageError:
    """The kernel ended the process: by its clock, else because it wanted memory."""
    late = code == -signal.SIGALRM
    found = too_late(limits.seconds) if late else too_much_memory(limits.memory)
    return UsageError(found.what, where="SQL", hint=found.hint)


def _folders(layout: Layout) -> tuple[str, ...]:
    """The folders that the published views read, as the views may spell them."""
    places = (layout.events, layout.rollups)
    spelled = {f"{path}/" for place in places for path in (place.absolute(), place.resolve())}
    return tuple(sorted(spelled))


def _bytes(memory: str) -> int:
    """DuckDB's notation of memory in bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s?([KMGT]i?B)", memory, re.IGNORECASE)
    if not found:
        raise UsageError(f"{memory!r} is no amount of memory", hint="like 2GB")
    return int(float(found[1]) * _UNITS[found[2].upper()])

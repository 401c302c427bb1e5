"""Runs a command in a process of its own and measures it with its children."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Measured:
    """What a process took, what it said, how it ended.

    `memory` is that of its largest process in bytes, and no less than what the caller held when it began
    (Linux counts the memory before exec).
    """

    seconds: float
    cpu_seconds: float
    memory: int
    code: int
    output: str
    errors: str


def measure(command: Sequence[str]) -> Measured:
    """Runs the command to its end."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, state, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(state)
        cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        said, complaint = (_content(file) for file in (output, errors))
    return Measured(seconds, cpu, memory, process.returncode, said, complaint)


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")

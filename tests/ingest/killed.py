"""An ingest that dies: `python -m tests.ingest.killed ARCHIVE STORE WORKERS [FAULT]`.

With `compact` for ARCHIVE it is a compaction.

FAULT is `after SECONDS` (the kernel ends the process then), or `FUNCTION NUMBER`: it kills
itself when that step of a commit is reached for the NUMBERth time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from ingest import store, writer
from ingest.ledger import Ledger
from ingest.maintenance import compact
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout

STEPS: dict[str, tuple[Any, str]] = {
    "parquet": (writer, "write_file"),
    "ledger": (Ledger, "commit"),
    "move": (store, "place"),
    "recover": (store, "recover"),
    "exchange": (Ledger, "exchange"),
    "remove": (store, "remove_removed"),
}


def die_at(step: str, number: int) -> None:
    """Arms a step to kill this process instead of being done."""
    owner, name = STEPS[step]
    original: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    def step_or_die(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(owner, name, step_or_die)


def main() -> None:
    archive, folder, workers, *fault = sys.argv[1:]
    if fault and fault[0] == "after":
        signal.setitimer(signal.ITIMER_REAL, float(fault[1]))  # SIGALRM ends a process
    elif fault:
        die_at(fault[0], int(fault[1]))
    if archive == "compact":
        compact(Layout(Path(folder)))
        return
    options = IngestOptions(workers=int(workers), batch_bytes=20_000)
    summary = ingest([archive], Layout(Path(folder)), options)
    sys.stdout.write(f"{summary.inserted}\n")


if __name__ == "__main__":
    main()

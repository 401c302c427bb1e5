"""A machine that ingests into a shared store: `python -m tests.ingest.remote.machine STORE ARCHIVE...`.

`--die STEP NUMBER` at the end: it kills itself when that step of a publication is reached for the
NUMBERth time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

from ingest.pipeline import IngestOptions, ingest
from ingest.remote import mirror
from ingest.remote.bucket import Bucket
from ingest.remote.ledger import MirrorLedger
from ingest.remote.mirror import Mirror
from stormtrail.settings import load

OPTIONS = IngestOptions(workers=0, batch_bytes=20_000)
STEPS: dict[str, tuple[Any, str]] = {
    "upload": (Bucket, "put"),
    "commit": (Mirror, "_created"),
    "committed": (Mirror, "_take"),
    "ledger": (MirrorLedger, "play"),
    "move": (mirror, "place"),
}
"""Before an upload, before the commit, after it, before it is in the ledger, and after that."""


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
    store, *archives = sys.argv[1:]
    if "--die" in archives:
        die_at(archives[-2], int(archives[-1]))
        archives = archives[: archives.index("--die")]
    summary = ingest(archives, load(store=store).layout, OPTIONS)
    sys.stdout.write(f"{summary.inserted}\n")


if __name__ == "__main__":
    main()

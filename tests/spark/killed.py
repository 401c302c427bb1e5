"""An ingest on a cluster whose driver dies: `python -m tests.spark.killed ARCHIVE STORE MASTER COMMITS`.

It is killed after so many commits, while the cluster works on what comes next.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from ingest.pipeline import IngestOptions, Progress, ingest
from ingest.spark.engine import SparkCluster
from stormtrail.cluster import spark_session
from stormtrail.layout import Layout

BATCH_BYTES = 200_000
WAVE = 4


def main() -> None:
    archive, store, master, commits = sys.argv[1:]
    done = count(1)

    def die(_: Progress) -> None:
        if next(done) == int(commits):
            os.kill(os.getpid(), signal.SIGKILL)

    options = IngestOptions(batch_bytes=BATCH_BYTES)
    with spark_session(master) as session:
        ingest([archive], Layout(Path(store)), options, die, SparkCluster(session, WAVE))


if __name__ == "__main__":
    main()

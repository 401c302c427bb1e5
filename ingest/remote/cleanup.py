"""Deletes what a shared store no longer needs: replaced event files, and those that no commit names."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.remote.checkpoints import CHECKPOINTS
from ingest.remote.commits import LOG, log_number
from ingest.remote.mirror import Mirror

LEAST_AGE = timedelta(hours=12)
"""A writer commits within hours what it uploads, and a pull fetches within them what it lists."""


def clean(mirror: Mirror, now: datetime, age: timedelta) -> int:
    """How many event files were deleted that are out of the store since `age` or longer.

    A replaced file is out since the commit that replaced it, by S3's clock; one that no commit names,
    such as a killed writer left, since it was written. Nothing younger than `LEAST_AGE` is deleted.
    Of checkpoints, the last stays.
    """
    before = now - max(age, LEAST_AGE)
    mirror.pull()
    live, replaced = set(mirror.ledger.all_files()), mirror.ledger.replaced()
    bucket = mirror.bucket
    committed_at = {log_number(found.name): found.modified for found in bucket.listed(LOG)}
    old = [
        found.name
        for found in bucket.listed("events/")
        if found.name not in live
        and committed_at.get(replaced.get(found.name), found.modified) < before
    ]
    checkpoints = list(bucket.listed(CHECKPOINTS))
    earlier = [found.name for found in checkpoints[:-1] if checkpoints[-1].modified < before]
    bucket.delete([*old, *earlier])
    return len(old)

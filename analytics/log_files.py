"""Whether the archive's log files start a node's runs, as their notifications do."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from scipy.special import chdtri

from analytics import amplification, lags
from analytics.rollup_data import RollupData
from analytics.series import Floats

KINDS = ("s3", "sns", "eventbridge")  # what a notification of a log file starts functions through
QUEUE_KINDS = ("sqs", "event_source_mapping")  # … or gathers such notifications
WITH_FILES = 0.3  # correlation; of forty queues of a business none had 0.1
LEAST_FILES, LEAST_PARTS = 30, 3
FILE_MINUTES = 20  # four of CloudTrail's five-minute deliveries
BY_CHANCE = 0.003  # of runs that have nothing to do with the files are as even beside them
FILES_ASTRAY = 0.15  # of all files: digests, and files at the edges, start functions too


EVERY = "*"


def whose(kind: str, runs: Floats, accounts: Collection[str], data: RollupData) -> str | None:
    """Whose log files start these runs, one each, or some together where a queue gathers them: those of EVERY
    account of the archive, or of the one account of the functions; None where it is nobody's."""
    if _start(kind, runs, data.delivered_files.together):
        return EVERY
    account = next(iter(accounts)) if len(accounts) == 1 else ""
    files = data.delivered_files.by_account.get(account)
    return account if files is not None and _start(kind, runs, files) else None


def _start(kind: str, runs: Floats, files: Floats) -> bool:
    if kind in KINDS and _one_a_file(runs, files):
        return True
    if kind not in QUEUE_KINDS or runs.sum() < LEAST_FILES:
        return False
    meanwhile = float(files[slice(*lags.active_span(runs))].sum())
    fewer = runs.sum() <= (1 + FILES_ASTRAY) * meanwhile
    return bool(fewer and amplification.follows(runs, files) >= WITH_FILES)


def _one_a_file(runs: Floats, delivered: Floats) -> bool:
    """Whether there was a run for every log file while they ran: a notification a file.

    Runs that have nothing to do with the files scatter about them by their own mean at least (a Poisson
    process; index of dispersion, Fisher 1925); those that the files start, hardly.
    """
    first, last = lags.active_span(runs)
    files, started = delivered[first:last], runs[first:last]
    ends = np.arange(FILE_MINUTES, len(files) + 1, FILE_MINUTES)
    if started.sum() < LEAST_FILES or len(ends) < LEAST_PARTS:
        return False
    files, started = (np.diff(np.cumsum(part)[ends - 1], prepend=0) for part in (files, started))
    ratio = float(started.sum() / max(files.sum(), 1.0))
    astray = float(((started - ratio * files) ** 2).sum() / started.mean())
    even = astray < chdtri(len(ends) - 1, 1 - BY_CHANCE)
    return bool(even and abs(ratio - 1) <= FILES_ASTRAY)

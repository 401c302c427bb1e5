"""The verification of an archive: digests first, all at once, then every log file they list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from ingest.integrity import logs
from ingest.integrity.keys import Keys
from ingest.integrity.logs import Claim, Status, Verdict
from ingest.integrity.objects import SIDECAR, Objects
from ingest.integrity.report import IntegrityReport
from ingest.integrity.spread import spread
from ingest.integrity.testimony import hear
from ingest.sources.keys import is_log, read_key
from stormtrail.errors import InputError

Progress = Callable[[int, int], None]


def verify(
    objects: Objects, keys: Keys, *, threads: int | None = None, progress: Progress | None = None
) -> IntegrityReport:
    """The proof of every log file in the archive.

    `threads` defaults to what suits the archive; `progress` is called with (files read, files to
    read). InputError where the archive cannot be listed or holds no digest; an object that cannot
    be read is a problem of its own.
    """
    digest_keys, log_keys = _sorted_keys(objects)
    with ThreadPoolExecutor(threads or objects.threads) as pool:
        said = hear(digest_keys, keys, objects, pool)
        verdicts = _read(pool, said.claims, objects, progress)
    extra, uncovered = logs.unlisted(log_keys, said.claims, said.digests, objects)
    problems = [verdict.problem for verdict in verdicts if verdict.problem]
    return IntegrityReport(
        digests=len(digest_keys),
        digests_proven=len(said.proven),
        start=min((digest.start for digest in said.digests), default=None),
        end=max((digest.end for digest in said.digests), default=None),
        files=_files(log_keys, verdicts, objects),
        problems=tuple(sorted({*said.problems, *problems, *extra})),
        notices=tuple(sorted({*said.notices, *uncovered})),
    )


def _sorted_keys(objects: Objects) -> tuple[list[str], list[str]]:
    """The keys of digests, and those of log files."""
    digests, found = [], []
    for key in objects.listing():
        if key.endswith(SIDECAR):
            continue
        if "/CloudTrail-Digest/" in f"/{key}":
            digests.append(key)
        elif (facts := read_key(key)).kind and is_log(key, facts):
            found.append(key)
    if not digests:
        hint = "point at the folder that holds CloudTrail/ and CloudTrail-Digest/"
        raise InputError("holds no digest", where=objects.uri(found[0]) if found else "", hint=hint)
    return sorted(digests), found


def _read(
    pool: ThreadPoolExecutor,
    claims: dict[str, Claim],
    objects: Objects,
    progress: Progress | None,
) -> list[Verdict]:
    verdicts = []
    for verdict in spread(pool, lambda claim: logs.check(claim, objects), claims.values()):
        verdicts.append(verdict)
        if progress:
            progress(len(verdicts), len(claims))
    return verdicts


def _files(
    log_keys: Iterable[str], verdicts: Iterable[Verdict], objects: Objects
) -> dict[str, Status]:
    """Every log file that is here or should be; what no digest lists is unproven."""
    files = {objects.uri(key): Status.UNPROVEN for key in log_keys}
    files |= {objects.uri(verdict.key): verdict.status for verdict in verdicts}
    return files

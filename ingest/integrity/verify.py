"""The verification of an archive: digests first, all at once, then every log file they list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ingest.integrity import chains, logs
from ingest.integrity.digests import Digest, DigestError, parse
from ingest.integrity.keys import Keys
from ingest.integrity.logs import Claim, Status, Verdict
from ingest.integrity.objects import SIDECAR, Objects
from ingest.integrity.problems import Code, Problem
from ingest.integrity.report import IntegrityReport
from ingest.sources.keys import is_log, read_key
from stormtrail.errors import AccessError, InputError

Progress = Callable[[int, int], None]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


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
        loaded = list(_spread(pool, lambda key: _load(key, objects), digest_keys))
        digests = [item for item in loaded if isinstance(item, Digest)]
        unread = [item for item in loaded if isinstance(item, Problem)]
        lost = set(digest_keys).difference(digest.key for digest in digests)
        linked = chains.check(
            digests, lost, keys, objects, lambda function, items: _spread(pool, function, items)
        )
        claims, elsewhere = logs.claims(digests, linked.proven, objects)
        verdicts = _read(pool, claims, objects, progress)
    extra, uncovered = logs.unlisted(log_keys, claims, digests, objects)
    problems = [verdict.problem for verdict in verdicts if verdict.problem]
    return IntegrityReport(
        digests=len(digest_keys),
        digests_proven=len(linked.proven),
        start=min((digest.start for digest in digests), default=None),
        end=max((digest.end for digest in digests), default=None),
        files=_files(log_keys, verdicts, objects),
        problems=tuple(sorted({*unread, *linked.problems, *problems, *extra})),
        notices=tuple(sorted({*linked.notices, *elsewhere, *uncovered})),
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


def _load(key: str, objects: Objects) -> Digest | Problem:
    try:
        fetched = objects.fetch(key)
        if fetched is None:
            raise DigestError(Code.DIGEST_MISSING, "was listed and is gone")
        return parse(key, fetched)
    except AccessError:
        raise
    except InputError as error:
        return Problem(objects.uri(key), Code.NOT_READ, error.what)
    except DigestError as error:
        return Problem(objects.uri(key), error.code, str(error))


def _read(
    pool: ThreadPoolExecutor,
    claims: dict[str, Claim],
    objects: Objects,
    progress: Progress | None,
) -> list[Verdict]:
    verdicts = []
    for verdict in _spread(pool, lambda claim: logs.check(claim, objects), claims.values()):
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


def _spread(
    pool: ThreadPoolExecutor, function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> Iterator[_Result]:
    """Results in the order of the items; only some items wait in the pool at a time."""
    waiting: deque[Future[_Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= 256:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()

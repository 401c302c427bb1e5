"""What the digests prove of the files in a store, kept in its ledger.

A mark is about the bytes that were loaded, not about what lies at the source today: a file is
judged by the hash that was taken when it was loaded. One that was loaded without is read again,
and judged only if it is still in the state that was loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from ingest.integrity import logs
from ingest.integrity.keys import Keys
from ingest.integrity.logs import Claim, Finding, Spans, Status
from ingest.integrity.objects import Objects
from ingest.integrity.problems import Code
from ingest.integrity.spread import spread
from ingest.integrity.testimony import Testimony, hear
from ingest.ledger import Ledger, Mark, Unproven
from ingest.sources.base import LATENESS, SCHEME
from ingest.sources.keys import read_key
from ingest.store import open_store
from stormtrail.errors import AccessError, InputError
from stormtrail.layout import Layout

Progress = Callable[[int], None]
_PAGE = 5_000
_LAST = "\U0010ffff"  # no URI holds it, so all that begin alike stand before
_FOLDER = re.compile(r"(?P<above>.*/)CloudTrail[A-Za-z-]*/(?P<region>[a-z0-9-]+)/\d{4}/\d\d/\d\d/")
_UNNAMED = "its place is not one where CloudTrail delivers"
_UNCOVERED = "no digest covers the time of its delivery"
_NOT_PROVEN = "the digest that lists it is not proven"
_CHANGED = "it is no longer at the source as it was loaded"


@dataclass(frozen=True)
class Marked:
    """How many of a source's files in the store are now proven, unproven, tampered with."""

    proven: int = 0
    unproven: int = 0
    tampered: int = 0

    def __add__(self, other: Marked) -> Marked:
        return Marked(
            self.proven + other.proven,
            self.unproven + other.unproven,
            self.tampered + other.tampered,
        )


def mark(
    source: str,
    objects: Objects,
    keys: Keys,
    layout: Layout,
    progress: Progress = lambda _done: None,
) -> Marked:
    """Decides about every undecided file that was loaded from `source`, the archive `objects`.

    Digests are looked for beside the log files, of the days of their delivery and shortly after.
    Raises InputError where the archive or the keys cannot be read.
    """
    start, end = _span(source)
    done = 0
    with ThreadPoolExecutor(objects.threads) as pool:
        for group in _groups(_undecided(layout, start, end), objects):
            marks = list(_judged(group, objects, keys, pool))
            with open_store(layout) as store:
                store.ledger.mark(marks)
            done += len(marks)
            progress(done)
    with open_store(layout) as store:
        return Marked(**store.ledger.integrity_counts(start, end))


def _span(source: str) -> tuple[str, str]:
    """The URIs of a source: from the first to before the second."""
    if source.startswith(SCHEME):
        return source, source + _LAST
    path = Path(source).expanduser().resolve()
    uri = path.as_uri()
    return (f"{uri}/", f"{uri}/{_LAST}") if path.is_dir() else (uri, f"{uri}\0")


def _undecided(layout: Layout, start: str, end: str) -> Iterator[Unproven]:
    """The files page by page, so that neither memory nor a lock is held for long."""
    ledger = Ledger(layout.ledger)
    try:
        after = ("", 0)
        while page := ledger.unproven(start, end, after, _PAGE):
            yield from page
            after = (page[-1].uri, page[-1].id)
    finally:
        ledger.close()


@dataclass(frozen=True)
class _Group:
    """Files of one folder and month, whose digests are read together; None: a folder of no trail."""

    digests: str | None
    files: Sequence[tuple[Unproven, date | None]]


def _groups(files: Iterable[Unproven], objects: Objects) -> Iterator[_Group]:
    placed = ((file, *_place(objects.key(file.uri))) for file in files)
    for (folder, _), found in groupby(placed, lambda one: (one[1], one[2] and f"{one[2]:%Y%m}")):
        yield _Group(folder, [(file, day) for file, _, day in found])


def _place(key: str) -> tuple[str | None, date | None]:
    """The folder of the digests that list a log file, and the day of its delivery."""
    found, day = _FOLDER.match(key), read_key(key).day
    if not found or not day:
        return None, None
    return f"{found['above']}CloudTrail-Digest/{found['region']}/", day


def _judged(
    group: _Group, objects: Objects, keys: Keys, pool: ThreadPoolExecutor
) -> Iterator[Mark]:
    days = [day for _, day in group.files if day]
    if group.digests is None or not days:
        yield from (_unproven(file, _UNNAMED) for file, _ in group.files)
        return
    digests = objects.below(group.digests, min(days), max(days) + LATENESS)
    judge = _Judge(hear(digests, keys, objects, pool), objects)
    yield from spread(pool, judge.mark, (file for file, _ in group.files))


class _Judge:
    """Decides about one file at a time by what the digests say."""

    def __init__(self, said: Testimony, objects: Objects) -> None:
        self._claims = said.claims
        self._spans: Spans = logs.covered(said.digests)
        self._doubts = {doubt.uri: doubt.message for doubt in (*said.notices, *said.problems)}
        self._objects = objects

    def mark(self, file: Unproven) -> Mark:
        key = self._objects.key(file.uri)
        claim = self._claims.get(key)
        if claim is None:
            covered = logs.is_covered(key, self._spans)
            return _unproven(file, logs.UNLISTED if covered else _UNCOVERED)
        content = file.sha256 or _read_again(file, key, self._objects)
        return self._decided(file, claim, content)

    def _decided(self, file: Unproven, claim: Claim, content: str | Finding) -> Mark:
        if isinstance(content, Finding) and content.code == Code.NOT_READ:
            return _unproven(file, content.message)
        verdict = logs.judge(claim, content, self._objects)
        reason = verdict.problem.message if verdict.problem else None
        if verdict.status == Status.UNPROVEN and reason is None:
            doubt = self._doubts.get(claim.digest)
            reason = f"{_NOT_PROVEN}: {doubt}" if doubt else _NOT_PROVEN
        sha256 = content if isinstance(content, str) else None
        return Mark(file.id, verdict.status, reason, sha256)


def _read_again(file: Unproven, key: str, objects: Objects) -> str | Finding:
    """The hash of a file that was loaded without, where it is still what was loaded."""
    try:
        fetched = objects.fetch(key)
    except AccessError:
        raise
    except InputError as error:
        return Finding(Code.NOT_READ, error.what)
    if fetched is None or fetched.etag != file.etag:
        return Finding(Code.NOT_READ, _CHANGED)
    return logs.plain_hash(fetched.data)


def _unproven(file: Unproven, reason: str) -> Mark:
    return Mark(file.id, Status.UNPROVEN, reason, file.sha256)

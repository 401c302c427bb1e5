"""A commit of a shared store: one object of its log, gzipped JSON, written once and never changed."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from socket import gethostname
from uuid import uuid4

import msgspec

from ingest.ledger import Mark, SourceRow, utc_text
from stormtrail.errors import StoreError
from stormtrail.layout import EventFile

SCHEMA = "stormtrail.commit/1"
LOG = "log/"
_EVENTS = re.compile(r"events/event_day=\d{4}-\d\d-\d\d/[\w-]+\.parquet", re.ASCII)
_DOCUMENT = re.compile(r"(topology|reports)/\w[\w.-]*\.json|promises\.json")
_MOST_BYTES = 1 << 30  # of one commit when it is unpacked


class Added(msgspec.Struct, frozen=True):
    """An event file that a commit adds; `file.path` is its name below the store as well."""

    file: EventFile
    size: int
    sha256: str


class Rejected(msgspec.Struct, frozen=True):
    """A row of `rejects`."""

    source_id: int
    record_index: int | None
    reason: str
    raw: bytes | None


class BatchTimes(msgspec.Struct, frozen=True):
    """A row of `batches`."""

    id: int
    started_at: str
    committed_at: str


class Commit(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a commit changes. `documents` are whole texts by path; None is one that is deleted."""

    schema: str
    id: str
    at: str
    by: str
    batch: BatchTimes | None = None
    sources: tuple[SourceRow, ...] = ()
    rejects: tuple[Rejected, ...] = ()
    formats: Mapping[str, tuple[str, ...]] = {}
    files: tuple[Added, ...] = ()
    removed: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    bookmarks: Mapping[str, date] = {}
    documents: Mapping[str, str | None] = {}


class Draft(msgspec.Struct, frozen=True):
    """A commit that is about to be, and where its new files are staged, by their names."""

    commit: Commit
    uploads: Mapping[str, Path] = {}


def stamp() -> tuple[str, str, str, str]:
    """The first four fields of a new commit."""
    return SCHEMA, uuid4().hex, utc_text(datetime.now(UTC)), gethostname()


def log_name(number: int) -> str:
    """The name of the commit with this number: names sort as numbers do."""
    return f"{LOG}{number:010d}.json.gz"


def log_number(name: str) -> int | None:
    """The number of a commit by its name; None where it is no commit's."""
    digits = name.removeprefix(LOG).removesuffix(".json.gz")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def encode(commit: Commit) -> bytes:
    """The object's bytes."""
    return gzip.compress(msgspec.json.encode(commit), mtime=0)


def decode(content: bytes, where: str) -> Commit:
    """The commit; StoreError for what is none, or names a path outside of its place."""
    try:
        opened = zlib.decompressobj(wbits=31)
        plain = opened.decompress(content, _MOST_BYTES)
        commit = msgspec.json.decode(plain, type=Commit)
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        hint = "is this prefix a Stormtrail store of this version?"
        raise StoreError(f"is no commit ({error})", where=where, hint=hint) from error
    _check(commit, where)
    return commit


def _check(commit: Commit, where: str) -> None:
    """Whoever can write to the bucket shall not write elsewhere on this machine."""
    if commit.schema != SCHEMA:
        hint = "update Stormtrail"
        raise StoreError(f"has an unknown schema {commit.schema!r}", where=where, hint=hint)
    paths = [*(added.file.path for added in commit.files), *commit.removed]
    bad = [path for path in paths if not _EVENTS.fullmatch(path)]
    bad += [path for path in commit.documents if not _DOCUMENT.fullmatch(path)]
    if bad:
        raise StoreError(f"names a path that is none of a store's: {bad[0]!r}", where=where)

"""Proof of an archive by CloudTrail's digests: what is proven, unproven or tampered with.

`verify(open_archive(...), keys)` gives an `IntegrityReport`, whose `files` the ledger can keep.
"""

from __future__ import annotations

from pathlib import Path

from ingest.integrity.keys import KeyFile, Keys
from ingest.integrity.logs import Status
from ingest.integrity.marking import Marked, mark
from ingest.integrity.objects import Folder, Objects
from ingest.integrity.problems import Code, Problem
from ingest.integrity.report import IntegrityReport
from ingest.integrity.verify import verify
from ingest.sources.base import ENVIRONMENT, SCHEME, S3Settings
from stormtrail.errors import UsageError

__all__ = [
    "Code",
    "IntegrityReport",
    "KeyFile",
    "Keys",
    "Marked",
    "Objects",
    "Problem",
    "Status",
    "mark",
    "open_archive",
    "open_keys",
    "verify",
]


def open_archive(source: str, settings: S3Settings = ENVIRONMENT) -> Objects:
    """The archive in a folder or below `s3://bucket/prefix`."""
    if not source.startswith(SCHEME):
        return Folder(Path(source).expanduser())
    from ingest.integrity.s3 import open_bucket  # boto3 takes long to import

    bucket, _, prefix = source.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise UsageError("names no bucket", where=source, hint="write s3://bucket/prefix")
    return open_bucket(bucket, prefix, settings)


def open_keys(file: Path | None, settings: S3Settings = ENVIRONMENT) -> Keys:
    """The public keys in a file; without one, those that CloudTrail's API gives."""
    if file:
        return KeyFile.read(file)
    from ingest.integrity.key_api import key_service

    return key_service(settings)

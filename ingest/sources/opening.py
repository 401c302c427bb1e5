"""A source as the user writes it -> a source that can be listed."""

from __future__ import annotations

from pathlib import Path

from ingest.sources.base import SCHEME, S3Settings, Selection, Source
from ingest.sources.bookmarks import Bookmarks
from ingest.sources.folder import Folder, SingleFile
from stormtrail.errors import InputError, UsageError


def open_source(
    text: str, selection: Selection, settings: S3Settings, bookmarks: Bookmarks
) -> Source:
    """The folder, file or S3 prefix that `text` names; InputError where there is none."""
    if text.startswith(SCHEME):
        return _open_bucket(text, selection, settings, bookmarks)
    path = Path(text).expanduser()
    if path.is_dir():
        return Folder(path, selection)
    if path.is_file():
        return SingleFile(path)
    raise InputError(
        "no such file or folder", where=text, hint="give a folder, a file or s3://bucket/prefix"
    )


def _open_bucket(
    url: str, selection: Selection, settings: S3Settings, bookmarks: Bookmarks
) -> Source:
    from ingest.sources.s3 import S3Source  # boto3 takes long to import, and few runs need it

    bucket, _, prefix = url.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise UsageError("names no bucket", where=url, hint="write s3://bucket/prefix")
    return S3Source(bucket, prefix, settings, selection, bookmarks)

"""An archive in S3, as the checks need it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ingest.integrity.objects import Fetched
from ingest.sources.base import SCHEME, S3Settings
from ingest.sources.download import download
from ingest.sources.s3errors import explain
from ingest.sources.sessions import open_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 32
_MAX_BYTES = 1 << 30
_FAILURES = (BotoCoreError, ClientError)
_ABSENT = {"NoSuchKey", "404"}


def open_bucket(bucket: str, prefix: str, settings: S3Settings) -> Bucket:
    """The bucket's part below a prefix; InputError for a profile or role that is none."""
    try:
        return Bucket(bucket, prefix, settings, open_client(settings, THREADS))
    except _FAILURES as error:
        raise explain(error, f"{SCHEME}{bucket}") from error


@dataclass(frozen=True)
class Bucket:
    """Everything of a bucket below a prefix; keys are S3's."""

    bucket: str
    prefix: str
    settings: S3Settings
    client: S3Client = field(repr=False)
    threads: int = THREADS
    keeps_metadata: bool = True

    def listing(self) -> Iterator[str]:
        """Every key below the prefix that is not empty."""
        return self._keys(self.prefix)

    def below(self, folder: str, first: date, last: date) -> Iterator[str]:
        """Keys stand in the order of days: only theirs are listed."""
        end = f"{folder}{last + timedelta(days=1):%Y/%m/%d}"
        keys = self._keys(folder, f"{folder}{first:%Y/%m/%d}")
        return takewhile(lambda key: key < end, keys)

    def _keys(self, prefix: str, after: str = "") -> Iterator[str]:
        asked: Any = {"Bucket": self.bucket, "Prefix": prefix, **self.settings.request}
        if after:
            asked["StartAfter"] = after
        try:
            for page in self.client.get_paginator("list_objects_v2").paginate(**asked):
                yield from (item["Key"] for item in page.get("Contents", ()) if item["Size"])
        except _FAILURES as error:
            raise explain(error, self.uri(prefix)) from error

    def fetch(self, key: str) -> Fetched | None:
        """The object and its user metadata, in one request."""
        try:
            found = download(self.client, self.settings, self.bucket, key, _MAX_BYTES)
        except _FAILURES as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _ABSENT:
                return None
            raise explain(error, self.uri(key)) from error
        return Fetched(found.data, found.metadata, found.etag)

    def resolve(self, digest: str, bucket: str, name: str) -> str | None:  # noqa: ARG002
        """The key itself, in this bucket."""
        return name if bucket == self.bucket else None

    def uri(self, key: str) -> str:
        """`s3://bucket/key`."""
        return f"{SCHEME}{self.bucket}/{key}"

    def key(self, uri: str) -> str:
        """What follows `s3://bucket/`."""
        return uri.removeprefix(f"{SCHEME}{self.bucket}/")

"""Logs in S3: listed by account, region and day; read in parallel with botocore's retries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import takewhile
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ingest.sources.base import SCHEME, LogObject, S3Settings, Selection
from ingest.sources.bookmarks import Bookmarks
from ingest.sources.download import download
from ingest.sources.keys import KeyFacts, first_key, is_log, read_key
from ingest.sources.s3errors import explain
from ingest.sources.sessions import open_client
from stormtrail.errors import AccessError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONCURRENCY = 16
_MAX_BRANCHES = 50  # folders a level has at most where an archive's root is looked for
_FAILURES = (BotoCoreError, ClientError)


_making = Lock()  # boto3's sessions do not make clients for several threads at once


@lru_cache(maxsize=8)
def _made_client(settings: S3Settings) -> S3Client:
    return open_client(settings, _CONCURRENCY)


def client(settings: S3Settings) -> S3Client:
    """The client for these settings, one a process; raises botocore's errors."""
    with _making:
        return _made_client(settings)


@dataclass(frozen=True)
class S3Reader:
    """Reads the objects of one bucket."""

    settings: S3Settings
    bucket: str

    @property
    def concurrency(self) -> int:
        """Reads wait for the network, so many at once are worth it."""
        return _CONCURRENCY

    def read(self, location: str, limit: int) -> bytes:
        """At most `limit` + 1 bytes of the object with key `location`."""
        try:
            return download(client(self.settings), self.settings, self.bucket, location, limit).data
        except _FAILURES as error:
            raise explain(error, f"{SCHEME}{self.bucket}/{location}") from error


@dataclass(frozen=True)
class S3Source:
    """Every log object of `bucket` below `prefix`."""

    bucket: str
    prefix: str
    settings: S3Settings
    selection: Selection
    bookmarks: Bookmarks

    def objects(self) -> Iterator[LogObject]:
        """Wanted objects by key; AccessError where a part of the bucket cannot be listed."""
        yield from self._below(self.prefix)

    def _below(self, prefix: str) -> Iterator[LogObject]:
        """Goes down to the regions' folders, past those that are not wanted, and lists them."""
        if first_key(prefix, date.min):
            yield from self._region(prefix)
        else:
            yield from self._level(prefix)

    def _level(self, prefix: str) -> Iterator[LogObject]:
        objects, folders = self.level(prefix)
        yield from objects
        for folder in self.branches(folders):
            if self.leads_to_regions(folder, len(folders)):
                yield from self._below(folder)
            else:
                yield from self.below(folder)

    def level(self, prefix: str) -> tuple[list[LogObject], list[str]]:
        """One level: wanted objects, and the folders beside them."""
        objects: list[LogObject] = []
        folders: list[str] = []
        for page in self._pages(prefix, Delimiter="/"):
            folders += [item["Prefix"] for item in page.get("CommonPrefixes", ())]
            objects += self._wanted(page.get("Contents", ()))
        return objects, folders

    def branches(self, folders: Iterable[str]) -> Iterator[str]:
        """Those folders that may hold wanted logs."""
        return filter(self._may_hold_logs, folders)

    def leads_to_regions(self, folder: str, beside: int) -> bool:
        """Whether accounts and regions can stand below a folder, one of so many beside it."""
        return "AWSLogs/" in folder or beside <= _MAX_BRANCHES

    def below(self, folder: str) -> Iterator[LogObject]:
        """Every wanted object of a folder, however deep."""
        return self._wanted(self._list(folder))

    def _may_hold_logs(self, folder: str) -> bool:
        facts = read_key(folder)
        is_archive = is_log(folder + "x.json", facts)
        return is_archive and self.selection.wants(facts)

    def _region(self, prefix: str) -> Iterator[LogObject]:
        """One account's region: keys stand in the order of days, so both ends can be cut."""
        name = f"{SCHEME}{self.bucket}/{prefix}"
        since = self.selection.since
        start = self.bookmarks.start(name, since)
        after = first_key(prefix, start) if start else None
        newest: date | None = None
        for item in takewhile(self._before_until, self._list(prefix, after)):
            newest = read_key(item["Key"]).day or newest
            yield from self._wanted([item])
        self.bookmarks.move(name, since, newest)

    def _before_until(self, item: Any) -> bool:
        day = read_key(item["Key"]).day
        return day is None or self.selection.until is None or self.selection.wants_day(day)

    def _list(self, prefix: str, after: str | None = None) -> Iterator[Any]:
        for page in self._pages(prefix, **({"StartAfter": after} if after else {})):
            yield from page.get("Contents", ())

    def _pages(self, prefix: str, **more: str) -> Iterator[Any]:
        asked = {"Bucket": self.bucket, "Prefix": prefix, **more, **self.settings.request}
        try:
            pages: Any = client(self.settings).get_paginator("list_objects_v2")
            yield from pages.paginate(**asked)
        except _FAILURES as error:
            failure = explain(error, f"{SCHEME}{self.bucket}/{prefix}")
            # A listing that is denied leaves nothing to go on with, whatever the reason.
            raise AccessError(failure.what, where=failure.where, hint=failure.hint) from error

    def _wanted(self, items: Any) -> Iterator[LogObject]:
        for item in items:
            facts = read_key(item["Key"])
            if item["Size"] and is_log(item["Key"], facts) and self.selection.wants(facts):
                yield self._object(item, facts)

    def _object(self, item: Any, facts: KeyFacts) -> LogObject:
        return LogObject(
            uri=f"{SCHEME}{self.bucket}/{item['Key']}",
            etag=item["ETag"].strip('"'),
            size=item["Size"],
            location=item["Key"],
            reader=S3Reader(self.settings, self.bucket),
            facts=facts,
            modified=item["LastModified"],
        )

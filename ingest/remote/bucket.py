"""The requests that a store on S3 needs; what fails is one line: what, where, what to allow."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from ingest.remote.address import Address
from ingest.sources.s3 import client
from ingest.sources.s3errors import explain
from stormtrail.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PROBE = "conditional-put-probe"
_ONE_THREAD = TransferConfig(use_threads=False)  # several files are fetched at once instead
_DELETED_AT_ONCE = 1_000
_GONE = {"404", "NoSuchKey"}


class NotThereError(StoreError):
    """An object that the log names is not in the bucket."""


@dataclass(frozen=True)
class Found:
    """A listed object: its name below the store, and when it was written (S3's clock)."""

    name: str
    modified: datetime


class Bucket:
    """The objects of one store, by their names below its prefix."""

    def __init__(self, address: Address) -> None:
        self.address = address

    @property
    def _client(self) -> S3Client:
        return client(self.address.settings)

    def listed(self, folder: str, after: str = "") -> Iterator[Found]:
        """Objects whose names start with `folder`, in order, those behind the name `after`."""
        start, cut = self.address.key(folder), len(self.address.key(""))
        asked: dict[str, Any] = {"Bucket": self.address.bucket, "Prefix": start}
        if after:
            asked["StartAfter"] = self.address.key(after)
        with self._explained(folder):
            for page in self._client.get_paginator("list_objects_v2").paginate(**asked):
                for item in page.get("Contents", ()):
                    yield Found(item["Key"][cut:], item["LastModified"])

    def read(self, name: str) -> bytes:
        """The whole of a small object."""
        with self._explained(name):
            answer = self._client.get_object(**self._at(name))
            with answer["Body"] as body:
                return body.read()

    def fetch(self, name: str, target: Path) -> None:
        """Writes an object to a file, whole or not at all; NotThereError where there is none."""
        at = self._at(name)
        with self._explained(name):
            self._client.download_file(at["Bucket"], at["Key"], str(target), Config=_ONE_THREAD)

    def put(self, name: str, source: Path) -> None:
        """Writes a file to an object."""
        with self._explained(name), source.open("rb") as body:
            self._client.put_object(**self._at(name), Body=body)

    def create(self, name: str, content: bytes) -> bool:
        """Writes an object that is not there yet; False where another was first."""
        with self._explained(name):
            try:
                self._client.put_object(**self._at(name), Body=content, IfNoneMatch="*")
            except ClientError as error:
                if _status(error) in (409, 412):
                    return False
                if _status(error) == 501:
                    raise self._no_conditions() from error
                raise
        return True

    def require_conditions(self) -> None:
        """StoreError where the server takes a conditional put as if it had no condition."""
        content = f"a second conditional put of this name must fail; {uuid4()}\n".encode()
        if self.create(_PROBE, content) and self.create(_PROBE, content):
            raise self._no_conditions()

    def delete(self, names: Sequence[str]) -> None:
        """Deletes objects."""
        for start in range(0, len(names), _DELETED_AT_ONCE):
            some = names[start : start + _DELETED_AT_ONCE]
            keys: Any = [{"Key": self.address.key(name)} for name in some]
            with self._explained(some[0]):
                answer = self._client.delete_objects(
                    Bucket=self.address.bucket, Delete={"Objects": keys, "Quiet": True}
                )
            for failed in answer.get("Errors", ()):
                hint = "allow s3:DeleteObject"
                where = f"s3://{self.address.bucket}/{failed.get('Key', '')}"
                raise StoreError("cannot be deleted", where=where, hint=hint)

    def _no_conditions(self) -> StoreError:
        return StoreError(
            "the server does not honour If-None-Match, so that two writers would lose entries",
            where=self.address.uri,
            hint="keep the store in a folder, or on AWS S3 or another server with conditional puts",
        )

    def _at(self, name: str) -> Any:
        return {"Bucket": self.address.bucket, "Key": self.address.key(name)}

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        where = f"s3://{self.address.bucket}/{self.address.key(name)}"
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and _is_gone(error):
                raise NotThereError("no such object", where=where) from error
            found = explain(error, where)
            found.hint = found.hint.partition("; if the bucket is of")[0]  # no archive's bucket
            raise found from error
        except Boto3Error as error:
            hint = "check --endpoint-url and try again"
            raise StoreError(f"S3 failed ({error})", where=where, hint=hint) from error


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _is_gone(error: ClientError) -> bool:
    """A HeadObject's 404 has no body and so no better code; a missing bucket says NoSuchBucket."""
    return str(error.response.get("Error", {}).get("Code")) in _GONE


def pause() -> float:
    """Seconds until another try, so that writers that met do not meet again."""
    return random.uniform(0.05, 0.5)  # noqa: S311

"""An archive in S3, as the checks need it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingest.integrity.objects import Fetched
from ingest.sources.s3errors import explain

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 32
_FAILURES = (BotoCoreError, ClientError)
_ABSENT = {"NoSuchKey", "404"}


def s3_client(endpoint_url: str | None, profile: str | None, threads: int = THREADS) -> S3Client:
    """A client that `threads` threads can share; raises InputError for a profile that is none."""
    config = Config(
        retries={"mode": "adaptive", "max_attempts": 8},
        max_pool_connections=threads,
        # the digests prove the content; S3's own checksums would prove less
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.Session(profile_name=profile)
        region = session.region_name or "us-east-1"
        return session.client("s3", region_name=region, endpoint_url=endpoint_url, config=config)
    except _FAILURES as error:
        raise explain(error, "S3") from error


@dataclass(frozen=True)
class Bucket:
    """Everything of a bucket below a prefix; keys are S3's."""

    bucket: str
    prefix: str
    client: S3Client = field(repr=False)
    threads: int = THREADS
    keeps_metadata: bool = True

    def listing(self) -> Iterator[str]:
        """Every key below the prefix that is not empty."""
        pages = self.client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
                yield from (item["Key"] for item in page.get("Contents", ()) if item["Size"])
        except _FAILURES as error:
            raise explain(error, self.uri(self.prefix)) from error

    def fetch(self, key: str) -> Fetched | None:
        """The object and its user metadata, in one request."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            with answer["Body"] as body:
                data = body.read()
        except _FAILURES as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _ABSENT:
                return None
            raise explain(error, self.uri(key)) from error
        return Fetched(data, {name.lower(): text for name, text in answer["Metadata"].items()})

    def resolve(self, digest: str, bucket: str, name: str) -> str | None:  # noqa: ARG002
        """The key itself, in this bucket."""
        return name if bucket == self.bucket else None

    def uri(self, key: str) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{key}"

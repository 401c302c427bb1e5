"""One S3 object's bytes, whole: a body that breaks off is asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from ingest.sources.base import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TRIES = 3
# botocore tries requests again, but not the reading of an answer that has begun
_BROKEN_OFF = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)


@dataclass(frozen=True)
class Downloaded:
    """An object's bytes, its state, and its user metadata with lower-case names."""

    data: bytes
    etag: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def download(
    client: S3Client, settings: S3Settings, bucket: str, key: str, limit: int
) -> Downloaded:
    """At most `limit` + 1 bytes of the object; raises botocore's errors."""
    for _ in range(_TRIES - 1):
        try:
            return _get(client, settings, bucket, key, limit)
        except _BROKEN_OFF:
            continue
    return _get(client, settings, bucket, key, limit)


def _get(client: S3Client, settings: S3Settings, bucket: str, key: str, limit: int) -> Downloaded:
    answer = client.get_object(Bucket=bucket, Key=key, **settings.request)
    with answer["Body"] as body:
        data = body.read(limit + 1 if answer["ContentLength"] > limit else None)
    metadata = {name.lower(): text for name, text in answer["Metadata"].items()}
    return Downloaded(data, answer["ETag"].strip('"'), metadata)

"""One S3 object's bytes, whole: what fails for a while, or breaks off, is asked for again."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from urllib3.exceptions import HTTPError

from ingest.sources.base import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# botocore tries a request again, but not the reading of an answer that has begun, and while many
# requests fail at once it stops trying: then whoever asked has to wait
_BROKEN_OFF = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
_BUSY = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling"}
PAUSES = (2.0, 8.0)
"""Seconds before each further try, at most."""


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
    for pause in PAUSES:
        try:
            return _get(client, settings, bucket, key, limit)
        except (BotoCoreError, ClientError) as error:
            if not may_pass(error):
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311  (so that not all ask at once)
    return _get(client, settings, bucket, key, limit)


def may_pass(error: BotoCoreError | ClientError) -> bool:
    """Whether the same request may be answered a little later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response.get("Error", {}).get("Code") in _BUSY
    return isinstance(error, _BROKEN_OFF)


def _get(client: S3Client, settings: S3Settings, bucket: str, key: str, limit: int) -> Downloaded:
    answer = client.get_object(Bucket=bucket, Key=key, **settings.request)
    try:
        with answer["Body"] as body:
            data = body.read(limit + 1 if answer["ContentLength"] > limit else None)
    except HTTPError as error:  # botocore lets some of what it reads with through
        raise ResponseStreamingError(error=error) from error
    metadata = {name.lower(): text for name, text in answer["Metadata"].items()}
    return Downloaded(data, answer["ETag"].strip('"'), metadata)

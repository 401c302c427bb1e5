"""A digest file: what it says of itself, of the digest before it, and of log files.

Source: AWS CloudTrail User Guide, "CloudTrail digest file structure".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.inflate import inflate
from ingest.integrity.objects import Fetched
from ingest.integrity.problems import Code

MAX_BYTES = 256 << 20
_NAME = re.compile(
    r"(?P<account>\d{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]+)_(?P<trail>.+)_"
    r"(?P<home>[a-z0-9-]+)_(?P<end>\d{8}T\d{6}Z)(?P<backfill>_backfill)?\.json(?:\.gz)?",
    re.ASCII,
)
_TEXTS = ("digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint")
_PREVIOUS = (
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
)


class DigestError(Exception):
    """A digest cannot be used: a code and a sentence."""

    def __init__(self, code: Code, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, order=True)
class ChainId:
    """Digests of one chain share these; backfill digests have a chain of their own."""

    folder: str
    account: str
    region: str
    trail: str
    home: str
    backfill: bool


@dataclass(frozen=True)
class Named:
    """What a digest says of another object: its place, and the hash of its plain content."""

    bucket: str
    name: str
    hash: str
    algorithm: str


@dataclass(frozen=True)
class Digest:
    """A digest that could be read; `sha256` is of its plain content, `end_text` as it is signed."""

    key: str
    chain: ChainId
    sha256: str
    account: str | None
    start: datetime
    end: datetime
    end_text: str
    bucket: str
    name: str
    fingerprint: str
    algorithm: str | None
    previous: Named | None
    previous_signature: str | None
    logs: tuple[Named, ...]
    metadata: Mapping[str, str]

    @property
    def signed_text(self) -> bytes:
        """What CloudTrail signs; a digest without a predecessor says `null` in its place."""
        before = "null" if self.previous_signature is None else self.previous_signature
        lines = (self.end_text, f"{self.bucket}/{self.name}", self.sha256, before)
        return "\n".join(lines).encode("utf-8", "surrogatepass")

    @property
    def key_end(self) -> datetime | None:
        """The end time in the key."""
        found = _NAME.fullmatch(self.key.rpartition("/")[2])
        return _time(found["end"], "%Y%m%dT%H%M%SZ") if found else None


def chain_of(key: str) -> ChainId:
    """The chain that a digest's key puts it in; DigestError for a name that no digest has."""
    folder, _, file_name = key.rpartition("/")
    found = _NAME.fullmatch(file_name)
    if not found:
        raise DigestError(Code.DIGEST_NAME, "is among the digests but is not named like one")
    above = folder.split("/CloudTrail-Digest/")[0]
    names = (found["account"], found["region"], found["trail"], found["home"])
    return ChainId(above, *names, found["backfill"] is not None)


def parse(key: str, fetched: Fetched) -> Digest:
    """The digest in an object; DigestError says why there is none."""
    chain = chain_of(key)
    inflated = inflate(fetched.data, MAX_BYTES)
    if inflated.problem:
        raise DigestError(Code.DIGEST_UNREADABLE, f"cannot be unpacked: {inflated.problem}")
    content = _object(inflated.data)
    start, end_text = _text(content, "digestStartTime"), _text(content, "digestEndTime")
    bucket, name, fingerprint = (_text(content, field) for field in _TEXTS)
    return Digest(
        key=key,
        chain=chain,
        sha256=hashlib.sha256(inflated.data).hexdigest(),
        account=_optional(content, "awsAccountId"),
        start=_moment(start, "digestStartTime"),
        end=_moment(end_text, "digestEndTime"),
        end_text=end_text,
        bucket=bucket,
        name=name,
        fingerprint=fingerprint,
        algorithm=_optional(content, "digestSignatureAlgorithm"),
        previous=_previous(content),
        previous_signature=_optional(content, "previousDigestSignature"),
        logs=_logs(content),
        metadata=fetched.metadata,
    )


def _object(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise DigestError(Code.DIGEST_NOT_JSON, "is not JSON") from None
    if not isinstance(content, dict):
        raise DigestError(Code.DIGEST_NOT_JSON, "is not a JSON object")
    return content


def _text(content: dict[str, Any], field: str) -> str:
    value = content.get(field)
    if not isinstance(value, str):
        raise DigestError(Code.DIGEST_FIELD, f"has no text in its field {field}")
    return value


def _optional(content: dict[str, Any], field: str) -> str | None:
    return None if content.get(field) is None else _text(content, field)


def _moment(text: str, field: str) -> datetime:
    found = _time(text, "%Y-%m-%dT%H:%M:%SZ")
    if found is None:
        raise DigestError(Code.DIGEST_FIELD, f"has no time in its field {field}")
    return found


def _time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None


def _previous(content: dict[str, Any]) -> Named | None:
    """The digest before it: all of its fields, or none."""
    if all(content.get(field) is None for field in _PREVIOUS):
        return None
    bucket, name, value, algorithm, _ = (_text(content, field) for field in _PREVIOUS)
    return Named(bucket, name, value, algorithm)


def _logs(content: dict[str, Any]) -> tuple[Named, ...]:
    listed = content.get("logFiles")
    if not isinstance(listed, list):
        raise DigestError(Code.DIGEST_FIELD, "has no list in its field logFiles")
    return tuple(_log(item) for item in listed)


def _log(item: Any) -> Named:
    if not isinstance(item, dict):
        raise DigestError(Code.DIGEST_FIELD, "lists a log file that is not a JSON object")
    fields = ("s3Bucket", "s3Object", "hashValue", "hashAlgorithm")
    return Named(*(_text(item, field) for field in fields))

"""An archive with a chain of digests of real form, signed with keys made here."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BUCKET, ACCOUNT, REGION = "trail-bucket", "111111111111", "us-east-1"
BASE = f"AWSLogs/{ACCOUNT}"
START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIDECAR = ".metadata.json"


@lru_cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """A private key, made once for each number."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_value(key: rsa.RSAPrivateKey) -> str:
    """The public half as the API gives it: PKCS#1 DER in base64."""
    return base64.b64encode(
        key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    ).decode()


def fingerprint(key: rsa.RSAPrivateKey) -> str:
    """A name for the key, 32 hexadecimal digits as the API's are."""
    return hashlib.sha256(base64.b64decode(public_value(key))).hexdigest()[:32]


def key_entry(key: rsa.RSAPrivateKey, **fields: Any) -> dict[str, Any]:
    """An entry of ListPublicKeys, as the AWS CLI prints it."""
    return {
        "Value": public_value(key),
        "ValidityStartTime": "2026-02-01T00:00:00+00:00",
        "ValidityEndTime": "2026-04-01T00:00:00+00:00",
        "Fingerprint": fingerprint(key),
    } | fields


def log_key(hour: int, number: int) -> str:
    """A log file's key, delivered in the hour."""
    time = START + hour * HOUR + timedelta(minutes=number % 60)
    return (
        f"{BASE}/CloudTrail/{REGION}/{time:%Y/%m/%d}/"
        f"{ACCOUNT}_CloudTrail_{REGION}_{time:%Y%m%dT%H%MZ}_{number:016d}.json.gz"
    )


def digest_key(hour: int, backfill: bool = False) -> str:
    """The key of the digest of the hour, which ends with it."""
    end = START + (hour + 1) * HOUR
    suffix = "_backfill" if backfill else ""
    return (
        f"{BASE}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/"
        f"{ACCOUNT}_CloudTrail-Digest_{REGION}_main_trail_{REGION}_{end:%Y%m%dT%H%M%SZ}{suffix}.json.gz"
    )


def stamp(moment: datetime) -> str:
    """As digests write times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(content: dict[str, Any], key: rsa.RSAPrivateKey) -> tuple[bytes, str]:
    """The digest's plain bytes and its signature, made as the user guide says."""
    data = json.dumps(content).encode()
    before = content["previousDigestSignature"]
    place = f"{content['digestS3Bucket']}/{content['digestS3Object']}"
    hashed = hashlib.sha256(data).hexdigest()
    text = f"{content['digestEndTime']}\n{place}\n{hashed}\n{'null' if before is None else before}"
    return data, key.sign(text.encode(), PKCS1v15(), SHA256()).hex()


@dataclass
class Archive:
    """Objects and their metadata by key; `put` writes them to a folder."""

    objects: dict[str, bytes] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)

    def digest(self, hour: int) -> dict[str, Any]:
        """The content of the digest of the hour."""
        content: dict[str, Any] = json.loads(gzip.decompress(self.objects[digest_key(hour)]))
        return content

    def add_digest(
        self, key: str, content: dict[str, Any], signer: rsa.RSAPrivateKey | None = None
    ) -> None:
        """Signs the content and puts it at the key."""
        data, signature = signed(content, signer or rsa_key())
        self.objects[key] = gzip.compress(data, mtime=0)
        self.metadata[key] = {"signature": signature, "signature-algorithm": "SHA256withRSA"}

    def put(self, folder: Path, sidecars: bool = True) -> None:
        """Writes everything below the folder."""
        for key, data in self.objects.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for key, metadata in self.metadata.items() if sidecars else ():
            (folder / f"{key}{SIDECAR}").write_text(json.dumps(metadata))


def previous_fields(archive: Archive, key: str | None) -> dict[str, Any]:
    """What a digest says of the one before it."""
    if key is None:
        names = ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
        return {f"previousDigest{name}": None for name in names}
    return {
        "previousDigestS3Bucket": BUCKET,
        "previousDigestS3Object": key,
        "previousDigestHashValue": hashlib.sha256(
            gzip.decompress(archive.objects[key])
        ).hexdigest(),
        "previousDigestHashAlgorithm": "SHA-256",
        "previousDigestSignature": archive.metadata[key]["signature"],
    }


def listed(archive: Archive, key: str) -> dict[str, str]:
    """What a digest says of a log file."""
    return {
        "s3Bucket": BUCKET,
        "s3Object": key,
        "hashValue": hashlib.sha256(gzip.decompress(archive.objects[key])).hexdigest(),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": stamp(START),
        "oldestEventTime": stamp(START),
    }


def content_of(
    archive: Archive, hour: int, logs: list[str], previous: str | None, **fields: Any
) -> dict[str, Any]:
    """The content of the digest of the hour that lists the log files."""
    return {
        "awsAccountId": ACCOUNT,
        "digestStartTime": stamp(START + hour * HOUR),
        "digestEndTime": stamp(START + (hour + 1) * HOUR),
        "digestS3Bucket": BUCKET,
        "digestS3Object": digest_key(hour),
        "digestPublicKeyFingerprint": fingerprint(rsa_key()),
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": stamp(START),
        "oldestEventTime": stamp(START),
        **previous_fields(archive, previous),
        "logFiles": [listed(archive, key) for key in logs],
    } | fields


def log_file(*event_ids: str) -> bytes:
    """A log file with an entry for each id."""
    records = [
        {"eventID": event_id, "eventVersion": "1.08", "eventTime": stamp(START)}
        for event_id in event_ids
    ]
    return gzip.compress(json.dumps({"Records": records}).encode(), mtime=0)


def clean_archive(hours: int = 4, files_an_hour: int = 3) -> Archive:
    """Hourly digests of one region, each with some log files; the first begins its chain."""
    archive = Archive()
    for hour in range(hours):
        keys = [log_key(hour, number) for number in range(files_an_hour)]
        for number, key in enumerate(keys):
            archive.objects[key] = log_file(f"{hour}-{number}")
        previous = digest_key(hour - 1) if hour else None
        archive.add_digest(digest_key(hour), content_of(archive, hour, keys, previous))
    return archive

"""One digest's own proof: place, key, algorithm and signature.

A digest's signature stands in its object's metadata, and again in the digest after it. Either
proves the digest, since only CloudTrail can make one; so a folder without metadata is proven too,
all but the newest digest of each chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ingest.integrity.digests import Digest
from ingest.integrity.keys import Keys, PublicKey
from ingest.integrity.objects import Objects
from ingest.integrity.problems import Code, Problem
from ingest.integrity.signatures import (
    ALGORITHM,
    BACKFILL_TIME,
    HASH_ALGORITHM,
    SIGNATURE,
    SIGNED_WITH,
    is_hex,
    verifies,
)


@dataclass(frozen=True)
class Proof:
    """Whether a digest is CloudTrail's and stands where it was put, and what is wrong with it."""

    proven: bool
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]


def prove(digest: Digest, stated: str | None, keys: Keys, objects: Objects) -> Proof:
    """The digest's proof; `stated` is its signature in the digest after it."""
    uri = objects.uri(digest.key)
    key = _key(digest, keys)
    own = digest.metadata.get(SIGNATURE)
    found = [*_of_place(digest, objects), *_of_algorithms(digest), *_of_key(digest, key)]
    found += _of_signatures(digest, own, stated, key)
    blocking = {Code.DIGEST_MOVED, Code.DIGEST_NAME, Code.ALGORITHM_DIGEST, Code.KEY_EXPIRED}
    signed = _is_signed(digest, (own, stated), key)
    proven = signed and not blocking.intersection(code for code, _ in found)
    notices = []
    if own is None and (not objects.keeps_metadata):
        notices = [] if stated else [_no_metadata(uri)]
    elif own is None:
        found.append((Code.SIGNATURE_ABSENT, "has no signature in its metadata"))
    problems = tuple(Problem(uri, code, message) for code, message in found)
    return Proof(proven, problems, tuple(notices))


def _no_metadata(uri: str) -> Problem:
    message = (
        "its signature is not here: no digest after it states it, and no file "
        "KEY.metadata.json stands beside it"
    )
    return Problem(uri, Code.SIGNATURE_UNAVAILABLE, message)


def _key(digest: Digest, keys: Keys) -> PublicKey | None:
    regions = dict.fromkeys((digest.chain.region, digest.chain.home))
    return keys.find(digest.fingerprint, tuple(regions), _signed_at(digest) or digest.end)


def _signed_at(digest: Digest) -> datetime | None:
    """When a backfill digest says that it was signed; others are when they end."""
    if not digest.chain.backfill:
        return digest.end
    try:
        found = datetime.fromisoformat(digest.metadata.get(BACKFILL_TIME, ""))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or digest.end.tzinfo)


def _is_signed(digest: Digest, signatures: tuple[str | None, ...], key: PublicKey | None) -> bool:
    rsa = key and key.rsa
    return bool(rsa) and any(verifies(digest, text, rsa) for text in signatures if text and rsa)


Finding = tuple[Code, str]


def _of_place(digest: Digest, objects: Objects) -> Iterator[Finding]:
    if objects.resolve(digest.key, digest.bucket, digest.name) != digest.key:
        yield Code.DIGEST_MOVED, f"was delivered as s3://{digest.bucket}/{digest.name}"
        return
    if digest.key_end != digest.end:
        yield Code.DIGEST_NAME, f"ends at {digest.end_text}, which is not the time in its name"
    if digest.account not in (None, digest.chain.account):
        yield Code.DIGEST_NAME, f"is of account {digest.account}, not of the one in its name"


def _of_algorithms(digest: Digest) -> Iterator[Finding]:
    if digest.algorithm != ALGORITHM:
        yield Code.ALGORITHM_DIGEST, f"names the algorithm {digest.algorithm}, not {ALGORITHM}"
    named = digest.metadata.get(SIGNED_WITH, ALGORITHM)
    if named != ALGORITHM:
        yield Code.ALGORITHM_METADATA, f"its metadata names {named}, not {ALGORITHM}"
    before = digest.previous
    if before and before.algorithm != HASH_ALGORITHM:
        message = f"names the hash {before.algorithm} for the digest before it"
        yield Code.ALGORITHM_HASH, f"{message}, not {HASH_ALGORITHM}"


def _of_key(digest: Digest, key: PublicKey | None) -> Iterator[Finding]:
    at = _signed_at(digest)
    if digest.chain.backfill and at is None and digest.metadata:
        yield Code.BACKFILL_TIME, f"is a backfill digest without {BACKFILL_TIME} in its metadata"
    if key is None:
        places = " or ".join(dict.fromkeys((digest.chain.region, digest.chain.home)))
        yield Code.KEY_UNKNOWN, f"public key {digest.fingerprint} is not known in {places}"
    elif key.rsa is None:
        yield Code.KEY_INVALID, f"public key {digest.fingerprint} is not an RSA key"
    elif at and not key.covers(at):
        yield Code.KEY_EXPIRED, f"public key {digest.fingerprint} was not in use when it was signed"


def _of_signatures(
    digest: Digest, own: str | None, stated: str | None, key: PublicKey | None
) -> Iterator[Finding]:
    if own is not None and not is_hex(own):
        yield Code.SIGNATURE_MALFORMED, "the signature in its metadata is not hexadecimal"
    elif own is not None and key and key.rsa and not verifies(digest, own, key.rsa):
        yield Code.SIGNATURE_WRONG, "the signature in its metadata is not that of its content"
    elif own is None and stated and key and key.rsa and not verifies(digest, stated, key.rsa):
        message = "the signature that the digest after it states is not that of its content"
        yield Code.SIGNATURE_WRONG, message
    if own is not None and stated is not None and own.lower() != stated.lower():
        message = "the signature in its metadata is not the one that the digest after it states"
        yield Code.PREVIOUS_SIGNATURE, message

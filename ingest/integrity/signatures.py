"""Whether a digest's signature is CloudTrail's: RSA PKCS#1 v1.5 with SHA-256.

Source: AWS CloudTrail User Guide, "Custom implementations of CloudTrail log file integrity
validation".
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from ingest.integrity.digests import Digest

ALGORITHM = "SHA256withRSA"
HASH_ALGORITHM = "SHA-256"
# the names under which S3 keeps a digest's metadata
SIGNATURE, SIGNED_WITH = "signature", "signature-algorithm"
BACKFILL_TIME = "backfill-generation-timestamp"


def is_hex(signature: str) -> bool:
    """Whether the text is bytes in hexadecimal."""
    return _bytes(signature) is not None


def verifies(digest: Digest, signature: str, key: RSAPublicKey) -> bool:
    """Whether `signature` (hex) is the key's for this digest as it is."""
    raw = _bytes(signature)
    if raw is None:
        return False
    try:
        key.verify(raw, digest.signed_text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _bytes(signature: str) -> bytes | None:
    try:
        return bytes.fromhex(signature) if signature else None
    except ValueError:
        return None

"""What can be wrong with an archive's proof: one code and one sentence each.

A problem says that something was changed, taken away or added. A notice says that something
cannot be proven from what is here, without a sign of tampering.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable names; programs may rely on them."""

    DIGEST_UNREADABLE = "digest_unreadable"
    DIGEST_NOT_JSON = "digest_not_json"
    DIGEST_FIELD = "digest_field"
    DIGEST_MISSING = "digest_missing"
    DIGEST_MOVED = "digest_moved"
    DIGEST_NAME = "digest_name"
    SIGNATURE_ABSENT = "signature_absent"
    SIGNATURE_MALFORMED = "signature_malformed"
    SIGNATURE_WRONG = "signature_wrong"
    ALGORITHM_DIGEST = "algorithm_digest"
    ALGORITHM_METADATA = "algorithm_metadata"
    ALGORITHM_HASH = "algorithm_hash"
    KEY_UNKNOWN = "key_unknown"
    KEY_INVALID = "key_invalid"
    KEY_EXPIRED = "key_expired"
    PREVIOUS_HASH = "previous_hash"
    PREVIOUS_SIGNATURE = "previous_signature"
    BACKFILL_TIME = "backfill_time"
    LOG_MISSING = "log_missing"
    LOG_CHANGED = "log_changed"
    LOG_UNREADABLE = "log_unreadable"
    LOG_UNLISTED = "log_unlisted"
    LOG_CONFLICT = "log_conflict"
    NOT_READ = "not_read"
    # notices
    CHAIN_START = "chain_start"
    CHAIN_RESTART = "chain_restart"
    CHAIN_GAP = "chain_gap"
    SIGNATURE_UNAVAILABLE = "signature_unavailable"
    LOG_ELSEWHERE = "log_elsewhere"
    LOG_UNCOVERED = "log_uncovered"


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with one object: its URI, a code, and a sentence with what was expected."""

    uri: str
    code: Code
    message: str

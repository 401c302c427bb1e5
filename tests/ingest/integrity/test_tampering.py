"""Each way to tamper with an archive has a code and a message of its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.integrity import Code, Status
from tests.ingest.integrity.archives import (
    BUCKET,
    Archive,
    clean_archive,
    content_of,
    digest_key,
    fingerprint,
    key_entry,
    listed,
    log_key,
    rsa_key,
)
from tests.ingest.integrity.conftest import Verify

HOURS = 4
DIGEST, LOG = digest_key(1), log_key(1, 0)
Change = Callable[[Archive], Any]


def _rewrite(archive: Archive, hour: int = 1, **fields: Any) -> None:
    """Changes fields of a digest and leaves its signature."""
    content = archive.digest(hour) | fields
    archive.objects[digest_key(hour)] = gzip.compress(json.dumps(content).encode())


def _resign(archive: Archive, hour: int = HOURS - 1, **fields: Any) -> None:
    """Changes fields of the newest digest and signs it anew, as only the key's owner can."""
    archive.add_digest(digest_key(hour), archive.digest(hour) | fields)


def _metadata(archive: Archive, **fields: str) -> None:
    archive.metadata[DIGEST] |= {name.replace("_", "-"): text for name, text in fields.items()}


def _no_signature_at_all(archive: Archive) -> None:
    """An archive's newest digest whose sidecar is there, without the signature."""
    archive.metadata[digest_key(HOURS - 1)] = {"signature-algorithm": "SHA256withRSA"}


def _backfill(archive: Archive) -> None:
    key = digest_key(1, backfill=True)
    content = content_of(archive, 1, [], None, digestS3Object=key)
    archive.add_digest(key, content)


def _replace_key(archive: Archive) -> None:
    content = archive.digest(HOURS - 1)
    archive.add_digest(digest_key(HOURS - 1), content, rsa_key(1))


def _second_opinion(archive: Archive) -> None:
    last = archive.digest(HOURS - 1)
    other = last["logFiles"][0] | {"s3Object": LOG, "hashValue": "0" * 64}
    _resign(archive, logFiles=[*last["logFiles"], other])


def _extra_log(archive: Archive) -> None:
    archive.objects[log_key(1, 30)] = gzip.compress(b'{"Records": []}')


ODD = log_key(1, 30).rpartition("/")[0] + "/evil.json.gz"


def _odd_log(archive: Archive) -> None:
    archive.objects[ODD] = gzip.compress(b'{"Records": []}')


def _replace_log(archive: Archive) -> None:
    archive.objects[LOG] = gzip.compress(b'{"Records": []}')


def _cut_log(archive: Archive) -> None:
    archive.objects[LOG] = archive.objects[LOG][:-12]


def _copy_over(archive: Archive) -> None:
    archive.objects[DIGEST] = archive.objects[digest_key(0)]
    archive.metadata[DIGEST] = archive.metadata[digest_key(0)]


def _other_name(archive: Archive) -> None:
    archive.objects[DIGEST.replace("main_trail", "")] = b"{}"


def _previous_hash(archive: Archive) -> None:
    _resign(archive, previousDigestHashValue="0" * 64)


def _named_algorithm(archive: Archive) -> None:
    _resign(archive, digestSignatureAlgorithm="MD5withRSA")


def _log_algorithm(archive: Archive) -> None:
    files = archive.digest(HOURS - 1)["logFiles"]
    _resign(archive, logFiles=[files[0] | {"hashAlgorithm": "MD5"}, *files[1:]])


TAMPERINGS: list[tuple[str, Change, str, Code, str]] = [
    ("a log file changed", _replace_log, LOG, Code.LOG_CHANGED, "its content is not the one whose"),
    ("a log file removed", lambda a: a.objects.pop(LOG), LOG, Code.LOG_MISSING, "is missing;"),
    ("a log file cut short", _cut_log, LOG, Code.LOG_UNREADABLE, "cannot be unpacked: gzip ends"),
    ("a log file added", _extra_log, log_key(1, 30), Code.LOG_UNLISTED, "no digest lists it,"),
    ("a log file of an odd name", _odd_log, ODD, Code.LOG_UNLISTED, "no digest lists it,"),
    ("two hashes of one log file", _second_opinion, LOG, Code.LOG_CONFLICT, "two digests state"),
    ("a log file's hash algorithm", _log_algorithm, log_key(3, 0), Code.ALGORITHM_HASH,
     "names the hash MD5 for it, not SHA-256"),
    ("a digest changed", lambda a: _rewrite(a, logFiles=[]), DIGEST, Code.SIGNATURE_WRONG, "the"),
    ("a digest removed", lambda a: a.objects.pop(DIGEST), DIGEST, Code.DIGEST_MISSING, "is missing"),
    ("a digest no gzip", lambda a: a.objects.update({DIGEST: b"\x1f\x8b?"}), DIGEST,
     Code.DIGEST_UNREADABLE, "cannot be unpacked"),
    ("a digest no JSON", lambda a: a.objects.update({DIGEST: b"{"}), DIGEST, Code.DIGEST_NOT_JSON,
     "is not JSON"),
    ("a digest's field", lambda a: _rewrite(a, logFiles={}), DIGEST, Code.DIGEST_FIELD,
     "has no list in its field logFiles"),
    ("a digest of elsewhere", _copy_over, DIGEST, Code.DIGEST_MOVED, f"was delivered as s3://{BUCKET}"),
    ("a digest's account", lambda a: _resign(a, awsAccountId="2" * 12), digest_key(3),
     Code.DIGEST_NAME, f"is of account {'2' * 12}"),
    ("a digest's end", lambda a: _resign(a, digestEndTime="2026-03-01T04:30:00Z"), digest_key(3),
     Code.DIGEST_NAME, "ends at 2026-03-01T04:30:00Z, which is not the time in its name"),
    ("a file among the digests", _other_name, DIGEST.replace("main_trail", ""), Code.DIGEST_NAME,
     "is among the digests but"),
    ("a signature in the metadata", lambda a: _metadata(a, signature="00" * 256), DIGEST,
     Code.PREVIOUS_SIGNATURE, "the signature in its metadata is not the one that the digest after"),
    ("a signature that is none", lambda a: _metadata(a, signature="zz"), DIGEST,
     Code.SIGNATURE_MALFORMED, "the signature in its metadata is not hexadecimal"),
    ("another signer", _replace_key, digest_key(3), Code.SIGNATURE_WRONG, "the signature in its"),
    ("the metadata's algorithm", lambda a: _metadata(a, signature_algorithm="none"), DIGEST,
     Code.ALGORITHM_METADATA, "its metadata names none, not SHA256withRSA"),
    ("the digest's algorithm", _named_algorithm, digest_key(3), Code.ALGORITHM_DIGEST,
     "names the algorithm MD5withRSA, not SHA256withRSA"),
    ("the hash of the digest before", _previous_hash, digest_key(2), Code.PREVIOUS_HASH,
     "its content is not the one whose hash the digest after it states"),
    ("an unknown key", lambda a: _resign(a, digestPublicKeyFingerprint="f" * 32), digest_key(3),
     Code.KEY_UNKNOWN, f"public key {'f' * 32} is not known in us-east-1"),
    ("a backfill digest without its time", _backfill, digest_key(1, True), Code.BACKFILL_TIME,
     "is a backfill digest without backfill-generation-timestamp"),
]  # fmt: skip


# what else is told of the same tampering, and how many of the twelve files are then
# (proven, unproven, tampered with)
UNLISTED = {Code.LOG_UNLISTED}
FORGED = {Code.PREVIOUS_HASH, *UNLISTED}
LOST = (9, 3, 0)
CONSEQUENCES: dict[str, tuple[set[Code], tuple[int, int, int]]] = {
    "a log file changed": (set(), (11, 0, 1)),
    "a log file removed": (set(), (11, 0, 1)),
    "a log file cut short": (set(), (11, 0, 1)),
    "a log file added": (set(), (12, 1, 0)),
    "a log file of an odd name": (set(), (12, 1, 0)),
    "two hashes of one log file": (set(), (11, 1, 0)),
    "a log file's hash algorithm": (set(), (11, 1, 0)),
    "a digest changed": (FORGED, LOST),
    "a digest removed": (UNLISTED, LOST),
    "a digest no gzip": (UNLISTED, LOST),
    "a digest no JSON": (UNLISTED, LOST),
    "a digest's field": (UNLISTED, LOST),
    "a digest of elsewhere": ({Code.PREVIOUS_SIGNATURE, *FORGED}, LOST),
    "a file among the digests": (set(), (12, 0, 0)),
    "a signature in the metadata": ({Code.SIGNATURE_WRONG}, (12, 0, 0)),
    "a signature that is none": ({Code.PREVIOUS_SIGNATURE}, (12, 0, 0)),
    "the metadata's algorithm": (set(), (12, 0, 0)),
    "a backfill digest without its time": (set(), (12, 0, 0)),
}


@pytest.mark.parametrize(
    ("name", "change", "key", "code", "message"), TAMPERINGS, ids=[case[0] for case in TAMPERINGS]
)
def test_tampering_is_told_with_its_own_code_and_message(
    verified: Verify, tmp_path: Path, name: str, change: Change, key: str, code: Code, message: str
) -> None:
    archive = clean_archive(HOURS)
    change(archive)
    report = verified(archive)
    also, counts = CONSEQUENCES.get(name, (set(), LOST))
    place = f"file://{tmp_path}/bucket/{key}"
    told = [problem for problem in report.problems if (problem.uri, problem.code) == (place, code)]
    assert [message in problem.message for problem in told] == [True]
    assert {problem.code for problem in report.problems} == {code, *also}
    assert tuple(report.count(status) for status in Status) == counts


def test_at_least_sixteen_kinds_of_tampering_have_codes_of_their_own() -> None:
    assert len({case[3] for case in TAMPERINGS}) >= 16


def test_a_clean_archive_is_proven_whole(verified: Verify) -> None:
    report = verified(clean_archive(HOURS))
    assert (report.problems, report.notices) == ((), ())
    assert (report.digests, report.digests_proven) == (HOURS, HOURS)
    assert set(report.files.values()) == {Status.PROVEN}
    assert len(report.files) == 12


def test_a_key_that_is_no_rsa_key_proves_nothing(verified: Verify) -> None:
    report = verified(clean_archive(1), key_entry(rsa_key(), Value="AAAA"))
    assert [(p.code, p.message) for p in report.problems] == [
        (Code.KEY_INVALID, f"public key {fingerprint(rsa_key())} is not an RSA key")
    ]
    assert set(report.files.values()) == {Status.UNPROVEN}


def test_a_key_out_of_its_time_proves_nothing(verified: Verify) -> None:
    entry = key_entry(rsa_key(), ValidityEndTime="2026-02-28T00:00:00+00:00")
    report = verified(clean_archive(1), entry)
    assert [problem.code for problem in report.problems] == [Code.KEY_EXPIRED]
    assert set(report.files.values()) == {Status.UNPROVEN}


def test_a_file_whose_forged_digest_agrees_with_it_is_not_proven(
    verified: Verify, tmp_path: Path
) -> None:
    archive = clean_archive(HOURS)
    _replace_log(archive)
    files = archive.digest(1)["logFiles"]
    _rewrite(archive, logFiles=[listed(archive, LOG), *files[1:]])
    report = verified(archive)
    assert report.files[f"file://{tmp_path}/bucket/{LOG}"] == Status.UNPROVEN
    assert {problem.code for problem in report.problems} == {
        Code.SIGNATURE_WRONG,
        Code.PREVIOUS_HASH,
    }


def test_a_log_file_that_came_unpacked_is_still_proven(verified: Verify) -> None:
    archive = clean_archive(HOURS)
    archive.objects[LOG] = gzip.decompress(archive.objects[LOG])
    assert verified(archive).clean

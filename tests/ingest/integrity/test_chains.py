"""What can be proven, and what is said of what cannot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ingest.integrity import Code, KeyFile, Status, open_archive, verify
from stormtrail.errors import InputError
from tests.ingest.integrity.archives import (
    SIDECAR,
    START,
    Archive,
    clean_archive,
    content_of,
    digest_key,
    key_entry,
    log_key,
    rsa_key,
    stamp,
)
from tests.ingest.integrity.conftest import Verify


def _uri(tmp_path: Path, key: str) -> str:
    return f"file://{tmp_path}/bucket/{key}"


def test_without_sidecars_each_digest_is_proven_by_the_next_and_the_newest_is_not(
    verified: Verify, tmp_path: Path
) -> None:
    report = verified(clean_archive(4), sidecars=False)
    assert report.problems == ()
    assert [(notice.uri, notice.code) for notice in report.notices] == [
        (_uri(tmp_path, digest_key(3)), Code.SIGNATURE_UNAVAILABLE)
    ]
    assert {uri: str(status) for uri, status in report.files.items()} == {
        _uri(tmp_path, log_key(hour, number)): "proven" if hour < 3 else "unproven"
        for hour in range(4)
        for number in range(3)
    }


def test_without_sidecars_a_changed_digest_is_told(verified: Verify, tmp_path: Path) -> None:
    archive = clean_archive(4)
    content = archive.digest(1) | {"logFiles": []}
    archive.objects[digest_key(1)] = gzip.compress(json.dumps(content).encode())
    report = verified(archive, sidecars=False)
    wrong = [p.message for p in report.problems if p.code == Code.SIGNATURE_WRONG]
    assert wrong == ["the signature that the digest after it states is not that of its content"]
    assert report.count(Status.UNPROVEN) == 6


def test_an_archive_that_begins_in_the_middle_of_a_chain_says_so(
    verified: Verify, tmp_path: Path
) -> None:
    archive = clean_archive(4)
    for key in (digest_key(0), *(log_key(0, number) for number in range(3))):
        archive.objects.pop(key)
    archive.metadata.pop(digest_key(0))
    report = verified(archive)
    assert report.clean
    assert [(notice.uri, notice.code) for notice in report.notices] == [
        (_uri(tmp_path, digest_key(1)), Code.CHAIN_START)
    ]


def test_logging_that_was_off_for_a_time_is_a_notice(verified: Verify, tmp_path: Path) -> None:
    archive = clean_archive(2)
    archive.add_digest(digest_key(5), content_of(archive, 5, [], None))
    late = content_of(archive, 8, [], digest_key(5))
    archive.add_digest(digest_key(8), late)
    report = verified(archive)
    assert report.clean
    assert [(notice.uri, notice.code, notice.message) for notice in report.notices] == [
        (
            _uri(tmp_path, digest_key(5)),
            Code.CHAIN_RESTART,
            "begins a new chain, though there are digests until 2026-03-01T02:00:00Z: logging or "
            "validation was off in between",
        ),
        (
            _uri(tmp_path, digest_key(8)),
            Code.CHAIN_GAP,
            "begins at 2026-03-01T08:00:00Z, the one before it ends at 2026-03-01T06:00:00Z",
        ),
    ]


def test_a_backfill_digest_has_a_chain_of_its_own_and_proves_late_files(
    verified: Verify, tmp_path: Path
) -> None:
    archive = clean_archive(3)
    late, key = log_key(1, 40), digest_key(1, backfill=True)
    archive.objects[late] = gzip.compress(b'{"Records": []}')
    archive.add_digest(key, content_of(archive, 1, [late], None, digestS3Object=key))
    archive.metadata[key]["backfill-generation-timestamp"] = stamp(START)
    report = verified(archive)
    assert (report.problems, report.notices) == ((), ())
    assert report.files[_uri(tmp_path, late)] == Status.PROVEN


def test_files_after_the_newest_digest_wait_for_the_next_one(
    verified: Verify, tmp_path: Path
) -> None:
    archive = clean_archive(2)
    for hour, number in ((1, 45), (2, 0)):
        archive.objects[log_key(hour, number)] = gzip.compress(b'{"Records": []}')
    report = verified(archive)
    assert report.clean
    assert [(notice.uri, notice.code, notice.message) for notice in report.notices] == [
        (
            "111111111111 us-east-1",
            Code.LOG_UNCOVERED,
            "2 log files before or after its digests",
        )
    ]
    assert report.count(Status.UNPROVEN) == 2


def test_a_folder_deep_inside_an_archive_finds_what_its_digests_name(
    tmp_path: Path, verified: Verify
) -> None:
    verified(clean_archive(2))
    keys = KeyFile.read(tmp_path / "keys.json")
    report = verify(open_archive(str(tmp_path / "bucket/AWSLogs/111111111111")), keys)
    assert (report.problems, report.count(Status.PROVEN)) == ((), 6)


def test_the_number_of_threads_changes_nothing(tmp_path: Path, verified: Verify) -> None:
    archive = clean_archive(4)
    archive.objects.pop(log_key(1, 0))
    archive.objects.pop(digest_key(2))
    whole = verified(archive)
    one = verify(
        open_archive(str(tmp_path / "bucket")), KeyFile.read(tmp_path / "keys.json"), threads=1
    )
    assert one == whole


def test_progress_counts_every_listed_file(tmp_path: Path, verified: Verify) -> None:
    verified(clean_archive(2))
    seen: list[tuple[int, int]] = []
    keys = KeyFile.read(tmp_path / "keys.json")
    verify(open_archive(str(tmp_path / "bucket")), keys, progress=lambda *done: seen.append(done))
    assert seen == [(done, 6) for done in range(1, 7)]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, verified: Verify) -> None:
    archive = clean_archive(2)
    outside = tmp_path / "outside.json.gz"
    outside.write_bytes(archive.objects.pop(log_key(0, 0)))
    link = tmp_path / "bucket" / log_key(0, 0)
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    report = verified(archive)
    assert [problem.code for problem in report.problems] == [Code.LOG_MISSING]


@pytest.mark.parametrize("sidecar", ["", "[]", "{", "[" * 100_000, '{"signature": 7}'])
def test_a_sidecar_that_says_nothing_is_as_none(
    tmp_path: Path, verified: Verify, sidecar: str
) -> None:
    verified(clean_archive(1))
    (tmp_path / "bucket" / f"{digest_key(0)}{SIDECAR}").write_text(sidecar)
    report = verify(open_archive(str(tmp_path / "bucket")), KeyFile.read(tmp_path / "keys.json"))
    assert [notice.code for notice in report.notices] == [Code.SIGNATURE_UNAVAILABLE]
    assert report.problems == ()


@pytest.mark.parametrize(
    "content", [b"[" * 200_000, b'{"digestEndTime": 5}', b"\x00", b"[]", b'"\xff"']
)
def test_a_hostile_digest_is_one_problem(tmp_path: Path, verified: Verify, content: bytes) -> None:
    archive = clean_archive(1)
    archive.objects[digest_key(1)] = gzip.compress(content)
    report = verified(archive)
    assert [problem.uri for problem in report.problems] == [_uri(tmp_path, digest_key(1))]
    assert report.count(Status.PROVEN) == 3


def test_names_that_lead_out_of_the_archive_are_not_read(verified: Verify) -> None:
    archive = clean_archive(1)
    out = {"s3Bucket": "b", "s3Object": "AWSLogs/../../keys.json", "hashValue": "0" * 64}
    content = archive.digest(0)
    content["logFiles"].append(out | {"hashAlgorithm": "SHA-256"})
    archive.add_digest(digest_key(0), content)
    report = verified(archive)
    assert report.clean
    assert [(notice.code, notice.message) for notice in report.notices] == [
        (Code.LOG_ELSEWHERE, "lists 1 log files in places that are not in this archive")
    ]


def test_an_archive_without_digests_is_an_error_that_says_where_to_point(
    verified: Verify,
) -> None:
    archive = Archive({log_key(0, 0): b"{}"})
    with pytest.raises(InputError) as caught:
        verified(archive, key_entry(rsa_key()))
    assert caught.value.what == "holds no digest"
    assert "CloudTrail-Digest/" in caught.value.hint

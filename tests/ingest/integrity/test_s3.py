"""Verification over S3, where signatures are metadata, against a server that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from ingest.integrity import Code, IntegrityReport, KeyFile, Status, open_archive, verify
from ingest.sources.base import S3Settings
from ingest.sources.sessions import open_client
from stormtrail.errors import InputError
from tests.ingest.integrity.archives import (
    BUCKET,
    Archive,
    clean_archive,
    digest_key,
    key_entry,
    log_key,
    rsa_key,
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 server on this machine, for all tests of the module."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def verified(endpoint: str, key_file: Callable[..., Path]) -> Callable[..., IntegrityReport]:
    """Puts an archive into an empty bucket and verifies what is there."""
    client = open_client(S3Settings(endpoint), 1)
    client.create_bucket(Bucket=BUCKET)
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])

    def run(archive: Archive, prefix: str = "") -> IntegrityReport:
        for key, data in archive.objects.items():
            metadata = archive.metadata.get(key, {})
            client.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata=metadata)
        keys = KeyFile.read(key_file(key_entry(rsa_key())))
        return verify(open_archive(f"s3://{BUCKET}/{prefix}", S3Settings(endpoint)), keys)

    return run


def test_a_clean_archive_is_proven_by_its_metadata(
    verified: Callable[..., IntegrityReport],
) -> None:
    report = verified(clean_archive(3))
    assert (report.problems, report.notices) == ((), ())
    assert dict(report.files) == {
        f"s3://{BUCKET}/{log_key(hour, number)}": Status.PROVEN
        for hour in range(3)
        for number in range(3)
    }


def test_a_digest_whose_signature_was_taken_away_is_a_problem_in_s3(
    verified: Callable[..., IntegrityReport],
) -> None:
    archive = clean_archive(3)
    archive.metadata.pop(digest_key(2))
    report = verified(archive)
    assert [(p.uri, p.code, p.message) for p in report.problems] == [
        (
            f"s3://{BUCKET}/{digest_key(2)}",
            Code.SIGNATURE_ABSENT,
            "has no signature in its metadata",
        )
    ]
    assert report.count(Status.UNPROVEN) == 3


def test_a_digest_in_another_bucket_than_it_was_delivered_to_has_moved(
    verified: Callable[..., IntegrityReport],
) -> None:
    archive = clean_archive(1)
    archive.add_digest(digest_key(0), archive.digest(0) | {"digestS3Bucket": "another"})
    report = verified(archive)
    assert [problem.code for problem in report.problems] == [Code.DIGEST_MOVED]


def test_files_that_a_prefix_leaves_out_are_still_read_where_digests_list_them(
    verified: Callable[..., IntegrityReport],
) -> None:
    archive = clean_archive(2)
    archive.objects.pop(log_key(0, 1))
    report = verified(archive, "AWSLogs/111111111111/CloudTrail-Digest/")
    assert [(problem.uri, problem.code) for problem in report.problems] == [
        (f"s3://{BUCKET}/{log_key(0, 1)}", Code.LOG_MISSING)
    ]
    assert report.count(Status.PROVEN) == 5


def test_a_bucket_that_is_not_there_is_one_plain_error(
    endpoint: str, key_file: Callable[..., Path]
) -> None:
    archive = open_archive("s3://no-such-bucket-here", S3Settings(endpoint))
    with pytest.raises(InputError, match="no such bucket"):
        verify(archive, KeyFile.read(key_file()))

"""`ingest --verify`: the ledger says of each file whether what was loaded is proven, and why not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from moto.server import ThreadedMotoServer

from ingest.integrity import KeyFile, Marked, mark, open_archive
from ingest.integrity.s3 import Bucket
from ingest.pipeline import IngestOptions, ingest
from ingest.sources.base import S3Settings
from ingest.sources.sessions import open_client
from stormtrail.errors import AccessError
from stormtrail.layout import Layout
from tests.ingest.conftest import rows_of
from tests.ingest.integrity.archives import (
    BASE,
    BUCKET,
    Archive,
    clean_archive,
    content_of,
    digest_key,
    listed,
    log_file,
    log_key,
    rsa_key,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UNVERIFIED = ("unproven", "not verified")
PROVEN = ("proven", None)
NOT_YET = ("unproven", "no digest covers the time of its delivery")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


@pytest.fixture
def keys(key_file: Callable[..., Path]) -> KeyFile:
    return KeyFile.read(key_file())


def loaded(folder: Path, layout: Layout, *, hashed: bool = True) -> int:
    """Ingests the folder; how many files were read."""
    return ingest([str(folder)], layout, IngestOptions(hashed=hashed)).files


def proven(folder: Path, layout: Layout, keys: KeyFile) -> Marked:
    return mark(str(folder), open_archive(str(folder)), keys, layout)


def told(layout: Layout) -> dict[str, tuple[str, str | None]]:
    """Integrity and reason of each file, by its key; of a file in several states, the last."""
    query = "select uri, integrity, integrity_reason from sources order by id"
    with closing(sqlite3.connect(layout.ledger)) as connection:
        rows = connection.execute(query)
        return {uri.partition("bucket/")[2]: (state, reason) for uri, state, reason in rows}


def changed(key: str, folder: Path, hour: int) -> tuple[str, str]:
    digest = (folder / digest_key(hour)).as_uri()
    return "tampered", f"its content is not the one whose hash {digest} states"


def test_a_clean_chain_proves_every_file(folder: Path, layout: Layout, keys: KeyFile) -> None:
    clean_archive(4).put(folder)
    assert loaded(folder, layout) == 12
    assert proven(folder, layout, keys) == Marked(proven=12)
    assert set(told(layout).values()) == {PROVEN}


def test_without_verification_nothing_is_proven_and_it_can_be_had_later(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    clean_archive(2).put(folder)
    loaded(folder, layout, hashed=False)
    assert set(told(layout).values()) == {UNVERIFIED}
    assert loaded(folder, layout) == 0
    assert proven(folder, layout, keys) == Marked(proven=6)
    assert set(told(layout).values()) == {PROVEN}


def test_each_kind_of_doubt_has_its_reason(folder: Path, layout: Layout, keys: KeyFile) -> None:
    archive = clean_archive(4)
    archive.objects[log_key(0, 0)] = log_file("forged")
    archive.objects[log_key(1, 1)] = archive.objects[log_key(1, 1)][:-12]
    archive.objects[log_key(1, 30)] = log_file("added")
    archive.objects[log_key(9, 0)] = log_file("newest")
    archive.objects["elsewhere.json.gz"] = log_file("elsewhere")
    archive.objects[digest_key(2)] = archive.objects[digest_key(2)][:-1] + b"?"
    archive.put(folder)
    loaded(folder, layout)
    assert proven(folder, layout, keys) == Marked(proven=7, unproven=6, tampered=2)
    found = told(layout)
    assert found[log_key(0, 0)] == changed(log_key(0, 0), folder, 0)
    assert found[log_key(1, 1)] == ("tampered", "cannot be unpacked: gzip ends early")
    assert found[log_key(1, 30)] == (
        "unproven",
        "no digest lists it, though digests cover the time of its delivery",
    )
    assert found[log_key(9, 0)] == NOT_YET
    assert found["elsewhere.json.gz"] == (
        "unproven",
        "its place is not one where CloudTrail delivers",
    )
    assert {found[log_key(2, number)][0] for number in range(3)} == {"unproven"}


def test_a_digest_that_is_not_cloudtrails_proves_nothing(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    archive = clean_archive(1)
    archive.objects[log_key(0, 0)] = log_file("forged")
    listing = [log_key(0, number) for number in range(3)]
    archive.add_digest(digest_key(0), content_of(archive, 0, listing, None), rsa_key(1))
    archive.put(folder)
    loaded(folder, layout)
    proven(folder, layout, keys)
    reason = (
        "the digest that lists it is not proven: "
        "the signature in its metadata is not that of its content"
    )
    assert set(told(layout).values()) == {("unproven", reason)}


def test_what_was_loaded_is_judged_and_not_what_lies_there_today(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    archive = clean_archive(2)
    true, key = archive.objects[log_key(0, 0)], log_key(0, 0)
    archive.objects[key] = log_file("forged")
    archive.put(folder)
    loaded(folder, layout)
    (folder / key).write_bytes(true)
    (folder / log_key(0, 1)).unlink()
    assert proven(folder, layout, keys) == Marked(proven=5, tampered=1)
    assert told(layout)[key] == changed(key, folder, 0)


def test_a_file_loaded_without_its_hash_is_not_judged_by_another_state(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    clean_archive(1).put(folder)
    loaded(folder, layout, hashed=False)
    (folder / log_key(0, 0)).write_bytes(log_file("forged"))
    (folder / log_key(0, 1)).unlink()
    assert proven(folder, layout, keys) == Marked(proven=1, unproven=2)
    gone = ("unproven", "it is no longer at the source as it was loaded")
    assert (told(layout)[log_key(0, 0)], told(layout)[log_key(0, 1)]) == (gone, gone)
    assert loaded(folder, layout) == 1
    assert proven(folder, layout, keys) == Marked(proven=1, unproven=2, tampered=1)
    assert told(layout)[log_key(0, 0)] == changed(log_key(0, 0), folder, 0)


def test_a_file_is_proven_when_its_digest_has_come(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    archive = clean_archive(2)
    late = Archive({k: archive.objects.pop(k) for k in (digest_key(0), digest_key(1))})
    late.metadata = archive.metadata
    archive.metadata = {}
    archive.put(folder)
    loaded(folder, layout)
    assert proven(folder, layout, keys) == Marked(unproven=6)
    assert set(told(layout).values()) == {NOT_YET}
    late.put(folder)
    shutil.rmtree(folder / BASE / "CloudTrail")
    assert proven(folder, layout, keys) == Marked(proven=6)


def test_only_the_files_of_the_source_are_judged(
    tmp_path: Path, folder: Path, layout: Layout, keys: KeyFile
) -> None:
    other = tmp_path / "bucket-of-another"
    for place in (folder, other):
        clean_archive(1).put(place)
        loaded(place, layout)
    assert proven(folder, layout, keys) == Marked(proven=3)
    assert proven(other / log_key(0, 0), layout, keys) == Marked(proven=1)


def test_a_ledger_of_an_earlier_version_is_brought_up_to_date(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    clean_archive(1).put(folder)
    loaded(folder, layout, hashed=False)
    with closing(sqlite3.connect(layout.ledger)) as connection:
        connection.executescript(
            "alter table sources drop column integrity_reason;"
            "alter table sources drop column sha256; update sources set integrity = null;"
        )
    assert loaded(folder, layout) == 0
    assert set(told(layout).values()) == {UNVERIFIED}
    assert proven(folder, layout, keys) == Marked(proven=3)


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def uploaded(archive: Archive, endpoint: str) -> S3Client:
    """Makes the archive all that the bucket holds; servers of one process share their buckets."""
    client = open_client(S3Settings(endpoint), 1)
    client.create_bucket(Bucket=BUCKET)
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    for key, data in archive.objects.items():
        metadata = archive.metadata.get(key, {})
        client.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata=metadata)
    return client


def test_in_s3_only_the_digests_of_the_files_days_are_listed(
    endpoint: str, layout: Layout, keys: KeyFile
) -> None:
    settings = S3Settings(endpoint)
    uploaded(clean_archive(100, files_an_hour=1), endpoint)
    last = f"s3://{BUCKET}/{BASE}/CloudTrail/us-east-1/2026/03/05/"
    summary = ingest([last], layout, IngestOptions(endpoint_url=endpoint, hashed=True))
    assert summary.files == 4
    objects = open_archive(last, settings)
    assert isinstance(objects, Bucket)
    asked: list[str] = []
    objects.client.meta.events.register(
        "before-call.s3", lambda model, **_: asked.append(model.name)
    )
    assert mark(last, objects, keys, layout) == Marked(proven=4)
    assert asked == ["ListObjectsV2", *["GetObject"] * 5]
    assert {row["event_id"] for row in rows_of(layout)} == {f"{hour}-0" for hour in range(96, 100)}


def test_in_s3_a_file_loaded_without_its_hash_is_read_again(
    endpoint: str, layout: Layout, keys: KeyFile
) -> None:
    client = uploaded(clean_archive(1), endpoint)
    source = f"s3://{BUCKET}"
    ingest([source], layout, IngestOptions(endpoint_url=endpoint))
    client.put_object(Bucket=BUCKET, Key=log_key(0, 0), Body=log_file("forged"))
    objects = open_archive(source, S3Settings(endpoint))
    assert mark(source, objects, keys, layout) == Marked(proven=2, unproven=1)


def test_digests_that_may_not_be_listed_are_an_error(
    endpoint: str, layout: Layout, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(Archive({log_key(0, 0): log_file("a")}), endpoint)
    source = f"s3://{BUCKET}"
    ingest([source], layout, IngestOptions(endpoint_url=endpoint))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AccessError, match="no AWS credentials were found"):
        mark(source, open_archive(source, S3Settings(endpoint)), keys, layout)
    assert told(layout)[log_key(0, 0)] == UNVERIFIED


def test_two_digests_that_disagree_decide_nothing(
    folder: Path, layout: Layout, keys: KeyFile
) -> None:
    archive = clean_archive(2)
    forged = Archive({log_key(0, 0): log_file("other")})
    listing = [listed(archive, log_key(1, n)) for n in range(3)] + [listed(forged, log_key(0, 0))]
    archive.add_digest(digest_key(1), archive.digest(1) | {"logFiles": listing})
    archive.put(folder)
    loaded(folder, layout)
    assert proven(folder, layout, keys) == Marked(proven=5, unproven=1)
    assert "two digests state different hashes" in str(told(layout)[log_key(0, 0)][1])

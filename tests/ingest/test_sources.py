"""Keys of archives, folders, and which files of them are logs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.pipeline import IngestOptions, ingest
from ingest.sources.keys import KeyFacts, is_log, read_key
from stormtrail.errors import InputError
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of

A = "111111111111"
NAME = f"{A}_CloudTrail_eu-west-1_20260301T0005Z_Abc123Def456Ghi7.json.gz"
SLOT = datetime(2026, 3, 1, 0, 5, tzinfo=UTC)
DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        (
            f"AWSLogs/{A}/CloudTrail/eu-west-1/2026/03/01/{NAME}",
            KeyFacts(A, "CloudTrail", "eu-west-1", DAY, SLOT),
        ),
        (
            f"p/q/AWSLogs/o-abc123/{A}/CloudTrail/eu-west-1/2026/03/01/{NAME}",
            KeyFacts(A, "CloudTrail", "eu-west-1", DAY, SLOT),
        ),
        (NAME, KeyFacts(A, "CloudTrail", "eu-west-1", DAY, SLOT)),
        (f"AWSLogs/{A}/CloudTrail/eu-west-1/", KeyFacts(A, "CloudTrail", "eu-west-1")),
        (f"AWSLogs/{A}/Config/", KeyFacts(A, "Config")),
        (
            "aws/CLOUD_TRAIL_MGMT/2.0/region=eu-west-1/accountId=111111111111/eventDay=20260301/x.parquet",
            KeyFacts(A, None, "eu-west-1", DAY),
        ),
        ("AWSLogs/x/2026/99/99/a.json", KeyFacts()),
        (
            f"AWSLogs/{A}/CloudTrail/eu-west-1/2026/99/99/a.json",
            KeyFacts(A, "CloudTrail", "eu-west-1"),
        ),
        ("", KeyFacts()),
    ],
)
def test_facts_in_keys(key: str, facts: KeyFacts) -> None:
    assert read_key(key) == facts


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (f"AWSLogs/{A}/CloudTrail/eu-west-1/2026/03/01/{NAME}", True),
        (f"AWSLogs/{A}/CloudTrail-Insight/eu-west-1/2026/03/01/x.json.gz", True),
        (f"AWSLogs/{A}/CloudTrail-NetworkActivity/eu-west-1/2026/03/01/x.json.gz", True),
        (f"AWSLogs/{A}/CloudTrail-Aggregated/eu-west-1/2026/03/01/x.json.gz", True),
        (f"AWSLogs/{A}/CloudTrail-Digest/eu-west-1/2026/03/01/x.json.gz", False),
        (f"{A}_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260301T000500Z.json.gz", False),
        (f"AWSLogs/{A}/Config/eu-west-1/2026/3/1/x.json.gz", False),
        (f"AWSLogs/{A}/elasticloadbalancing/eu-west-1/2026/03/01/x.log.gz", False),
        ("export.CSV", True),
        ("README.md", False),
        ("labels.txt", False),
    ],
)
def test_logs_are_told_from_other_objects(key: str, wanted: bool) -> None:
    assert is_log(key, read_key(key)) is wanted


def test_a_store_inside_the_archive_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([record(1)]))
    layout = Layout(tmp_path / "stormtrail-store")
    assert ingest([str(tmp_path)], layout).files == 1
    assert ingest([str(tmp_path)], layout).files == 0


def test_a_source_that_is_not_there_is_named(tmp_path: Path, layout: Layout) -> None:
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        ingest([str(tmp_path / "nowhere")], layout)
    assert not layout.root.exists()


def test_several_sources_and_overlapping_ones_count_once(tmp_path: Path, layout: Layout) -> None:
    for name in ("a", "b"):
        folder = tmp_path / "in" / name
        folder.mkdir(parents=True)
        (folder / "x.json").write_text(json.dumps([record(1), record(ord(name))]))
    sources = [
        str(tmp_path / "in" / "a"),
        str(tmp_path / "in" / "b" / "x.json"),
        str(tmp_path / "in"),
    ]
    summary = ingest(sources, layout)
    assert (summary.files, summary.inserted, len(rows_of(layout))) == (2, 3, 3)
    with closing(sqlite3.connect(layout.ledger)) as connection:
        known = {row[0] for row in connection.execute("select id from sources")}
    assert {row["source_id"] for row in rows_of(layout)} <= known


def test_a_file_that_grows_gives_its_new_records_only(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record(1)) + "\n")
    assert ingest([str(path)], layout).inserted == 1
    path.write_text(path.read_text() + json.dumps(record(2)) + "\n")
    summary = ingest([str(path)], layout)
    assert (summary.records, summary.inserted, summary.duplicates) == (2, 1, 1)


def test_the_account_and_the_delivery_are_taken_from_the_key(
    tmp_path: Path, layout: Layout
) -> None:
    folder = tmp_path / f"AWSLogs/{A}/CloudTrail/eu-west-1/2026/03/01"
    folder.mkdir(parents=True)
    bare = record(1, userIdentity={"type": "AWSService"})
    del bare["recipientAccountId"]
    (folder / NAME.removesuffix(".gz")).write_text(json.dumps([bare]))
    ingest([str(tmp_path)], layout)
    assert [row["account_id"] for row in rows_of(layout)] == [A]
    with closing(sqlite3.connect(layout.ledger)) as connection:
        delivered = connection.execute("select delivered_at from sources").fetchall()
    assert delivered == [("2026-03-01T00:05:00Z",)]


def test_entries_without_an_id_are_one_where_their_content_is(
    tmp_path: Path, layout: Layout
) -> None:
    old = {key: value for key, value in record(1, eventVersion="1.0").items() if key != "eventID"}
    other = {**old, "sourceIPAddress": "192.0.2.9"}
    (tmp_path / "a.json").write_text(json.dumps([old, other]))
    (tmp_path / "b.json").write_text(json.dumps([dict(reversed(old.items()))], indent=1))
    summary = ingest([str(tmp_path)], layout)
    assert (summary.records, summary.inserted, summary.duplicates) == (3, 2, 1)
    (tmp_path / "c.json").write_text(json.dumps([other]))
    assert ingest([str(tmp_path)], layout).duplicates == 1


def test_one_id_in_two_accounts_is_two_entries(tmp_path: Path, layout: Layout) -> None:
    both = [record(1), record(1, recipientAccountId="222222222222"), record(1)]
    (tmp_path / "a.json").write_text(json.dumps(both))
    summary = ingest([str(tmp_path)], layout, IngestOptions(workers=1))
    assert (summary.inserted, summary.duplicates) == (2, 1)


@pytest.mark.parametrize("event_id", ["", "x", "A" * 36, "00000000-0000-4000-8000-00000000000G"])
def test_ids_that_are_no_uuids_are_told_apart(
    tmp_path: Path, layout: Layout, event_id: str
) -> None:
    entries = [record(1, eventID=event_id), record(2, eventID=event_id), record(3)]
    (tmp_path / "a.json").write_text(json.dumps(entries))
    summary = ingest([str(tmp_path)], layout)
    assert (summary.inserted, summary.duplicates) == (2, 1)

"""Ingest from a real S3 server, with signature checks."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import IngestOptions, ingest
from stormtrail.errors import AccessError, ExitCode, UsageError
from stormtrail.layout import Layout
from tests.ingest.conftest import SECRET, S3Server, forget_clients, record, rows_of

ACCOUNT = "111111111111"


def put(s3: S3Server, key: str, records: list[dict[str, Any]]) -> None:
    """Writes an object of the bucket `logs`."""
    path = s3.folder / "logs" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode(), mtime=0))


def log_key(day: str, name: str = "a", region: str = "eu-west-1", kind: str = "CloudTrail") -> str:
    """A key as CloudTrail writes it."""
    slot = day.replace("/", "") + "T0005Z"
    return (
        f"trail/AWSLogs/o-abc/{ACCOUNT}/{kind}/{region}/{day}/"
        f"{ACCOUNT}_{kind}_{region}_{slot}_{name:x<16}.json.gz"
    )


def without_source(layout: Layout) -> list[dict[str, Any]]:
    rows = [{**row, "source_id": None, "record_index": None} for row in rows_of(layout)]
    return sorted(rows, key=lambda row: json.dumps(row, default=str, sort_keys=True))


def test_the_same_archive_in_a_bucket_and_in_a_folder_gives_the_same_store(
    real: Path, s3: S3Server, layout: Layout, tmp_path: Path
) -> None:
    shutil.copytree(real, s3.folder / "logs", copy_function=shutil.copyfile)
    local = Layout(tmp_path / "local")
    options = IngestOptions(endpoint_url=s3.endpoint_url)
    remote_summary = ingest(["s3://logs"], layout, options)
    local_summary = ingest([str(real)], local)
    assert (remote_summary.records, remote_summary.inserted) == (3429, 3427)
    assert remote_summary.files == local_summary.files
    assert without_source(layout) == without_source(local)
    assert ingest(["s3://logs"], layout, options).files == 0


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_keys_give_one_clear_line_without_the_secret(
    s3: S3Server, layout: Layout, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    put(s3, log_key("2026/03/01"), [record(1)])
    monkeypatch.setenv(variable, "wrong")
    forget_clients()
    with pytest.raises(AccessError) as caught:
        ingest(["s3://logs"], layout, IngestOptions(endpoint_url=s3.endpoint_url))
    line = caught.value.line()
    assert caught.value.exit_code == ExitCode.UNREADABLE
    assert line.startswith("s3://logs/: ")
    assert "\n" not in line
    assert SECRET not in line


def test_a_missing_bucket_is_named(s3: S3Server, layout: Layout) -> None:
    with pytest.raises(AccessError, match="s3://nothing/: no such bucket"):
        ingest(["s3://nothing"], layout, IngestOptions(endpoint_url=s3.endpoint_url))


def test_an_url_without_a_bucket_is_a_usage_error(layout: Layout) -> None:
    with pytest.raises(UsageError, match="names no bucket"):
        ingest(["s3://"], layout)


def test_other_objects_of_an_archive_are_left_alone(s3: S3Server, layout: Layout) -> None:
    put(s3, log_key("2026/03/01"), [record(1)])
    put(s3, log_key("2026/03/01", kind="CloudTrail-Digest"), [record(2)])
    put(s3, log_key("2026/03/01", kind="Config"), [record(3)])
    put(s3, log_key("2026/03/01", kind="CloudTrail-NetworkActivity"), [record(4)])
    (s3.folder / "logs" / "trail" / "notes.txt").write_text("not a log")
    summary = ingest(["s3://logs/"], layout, IngestOptions(endpoint_url=s3.endpoint_url))
    assert (summary.files, summary.records, summary.rejected) == (2, 2, 0)


def loaded_days(s3: S3Server, layout: Layout, **options: Any) -> list[str]:
    ingest(["s3://logs"], layout, IngestOptions(endpoint_url=s3.endpoint_url, **options))
    return [file.event_day for file in layout.committed_files()]


def days_of_march(s3: S3Server) -> None:
    for day in range(1, 11):
        entry = record(day, eventTime=f"2026-03-{day:02}T00:00:00Z")
        put(s3, log_key(f"2026/03/{day:02}"), [entry])


def test_since_and_until_take_the_days_and_leave_a_margin_for_late_files(
    s3: S3Server, layout: Layout
) -> None:
    days_of_march(s3)
    days = loaded_days(s3, layout, since=date(2026, 3, 4), until=date(2026, 3, 6))
    assert days == [f"2026-03-{day:02}" for day in (4, 5, 6, 7, 8)]


def test_accounts_and_regions_can_be_chosen(s3: S3Server, layout: Layout) -> None:
    put(s3, log_key("2026/03/01", region="eu-west-1"), [record(1)])
    put(s3, log_key("2026/03/01", region="us-east-1"), [record(2)])
    options = IngestOptions(endpoint_url=s3.endpoint_url, regions=("us-east-1",))
    assert ingest(["s3://logs"], layout, options).records == 1
    options = IngestOptions(endpoint_url=s3.endpoint_url, accounts=("222222222222",))
    assert ingest(["s3://logs"], layout, options).records == 0


def test_a_later_run_finds_late_files_but_does_not_list_old_days(
    s3: S3Server, layout: Layout
) -> None:
    days_of_march(s3)
    assert len(loaded_days(s3, layout)) == 10
    late = record(11, eventTime="2026-03-11T00:00:00Z")
    put(s3, log_key("2026/03/09", "late"), [late])
    unlisted = record(12, eventTime="2026-03-12T00:00:00Z")
    put(s3, log_key("2026/03/02", "old"), [unlisted])
    assert loaded_days(s3, layout)[-1] == "2026-03-11"


def test_days_before_a_first_run_since_are_loaded_when_asked_for(
    s3: S3Server, layout: Layout
) -> None:
    days_of_march(s3)
    assert len(loaded_days(s3, layout, since=date(2026, 3, 6))) == 5
    assert len(loaded_days(s3, layout)) == 10

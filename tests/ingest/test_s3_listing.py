"""What is listed of a bucket: the wanted accounts, regions and days, and only what may be new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from ingest.pipeline import IngestOptions, ingest
from ingest.sources.base import S3Settings
from ingest.sources.s3 import client
from stormtrail.layout import Layout
from tests.ingest.conftest import S3Server, record, rows_of
from tests.ingest.test_s3 import put

ACCOUNTS, REGIONS = ("111111111111", "222222222222"), ("eu-west-1", "us-east-1")
START = date(2026, 3, 1)
DAYS = 30


def key(account: str, region: str, day: date, name: str = "a") -> str:
    slot = f"{day:%Y%m%d}T0005Z"
    folder = f"AWSLogs/o-abc/{account}/CloudTrail/{region}/{day:%Y/%m/%d}"
    return f"{folder}/{account}_CloudTrail_{region}_{slot}_{name:x<16}.json.gz"


@pytest.fixture
def archive(s3: S3Server) -> S3Server:
    """A file a day for thirty days in two regions of two accounts, and other services' logs."""
    number = 0
    for account in ACCOUNTS:
        for region in REGIONS:
            for n in range(DAYS):
                day = START + timedelta(days=n)
                number += 1
                put(s3, key(account, region, day), [_entry(number, day)])
        for service in ("Config", "vpcflowlogs", "CloudTrail-Digest"):
            put(s3, f"AWSLogs/o-abc/{account}/{service}/eu-west-1/2026/03/01/x.json.gz", [])
    return s3


def _entry(number: int, day: date) -> dict[str, Any]:
    return record(number, eventTime=f"{day}T00:00:00Z")


Load = Callable[..., tuple[int, list[tuple[str, str | None]]]]


@pytest.fixture
def load(archive: S3Server, layout: Layout) -> Load:
    """Ingests: files read, and the prefix and the first key of each listing."""
    asked: list[tuple[str, str | None]] = []

    def note(params: Any, **_: Any) -> None:
        query = params["url_path"], params["query_string"]
        asked.append((query[1].get("prefix", ""), query[1].get("start-after")))

    s3_client = client(S3Settings(archive.endpoint_url))
    s3_client.meta.events.register("before-call.s3.ListObjectsV2", note)

    def run(source: str = "s3://logs", **options: Any) -> tuple[int, list[Any]]:
        asked.clear()
        made = IngestOptions(endpoint_url=archive.endpoint_url, workers=0, **options)
        return ingest([source], layout, made).files, list(asked)

    return run


def regions(account: str, *names: str) -> list[str]:
    return [f"AWSLogs/o-abc/{account}/CloudTrail/{region}/" for region in names]


# bucket, AWSLogs/, o-abc/, and each account's services and regions
WAY_DOWN = 3 + 2 * 2


@pytest.mark.parametrize("source", ["s3://logs", "s3://logs/AWSLogs", "s3://logs/AWSLogs/"])
def test_days_are_listed_from_since_on_and_not_past_until(load: Load, source: str) -> None:
    since, until = START + timedelta(days=20), START + timedelta(days=21)
    files, asked = load(source, since=since, until=until)
    assert files == 4 * 4
    listed = [(prefix, after) for prefix, after in asked if after]
    wanted = [prefix for account in ACCOUNTS for prefix in regions(account, *REGIONS)]
    assert listed == [(prefix, f"{prefix}2026/03/21") for prefix in wanted]
    assert len(asked) <= WAY_DOWN + 4


def test_other_accounts_and_regions_are_not_listed(load: Load) -> None:
    files, asked = load(accounts=ACCOUNTS[1:], regions=REGIONS[:1])
    assert files == DAYS
    assert [prefix for prefix, _ in asked] == [
        "",
        "AWSLogs/",
        "AWSLogs/o-abc/",
        f"AWSLogs/o-abc/{ACCOUNTS[1]}/",
        f"AWSLogs/o-abc/{ACCOUNTS[1]}/CloudTrail/",
        *regions(ACCOUNTS[1], REGIONS[0]),
    ]


def test_the_next_run_lists_only_days_that_may_still_receive_files(
    load: Load, archive: S3Server, layout: Layout
) -> None:
    assert load()[0] == 4 * DAYS
    late, last = START + timedelta(days=DAYS - 5), START + timedelta(days=DAYS - 1)
    put(archive, key(ACCOUNTS[0], REGIONS[0], late, "late"), [_entry(900, late)])
    put(archive, key(ACCOUNTS[1], REGIONS[1], last, "new"), [_entry(901, last)])
    files, asked = load()
    assert files == 2
    assert {after and after[-10:] for _, after in asked} == {None, "2026/03/26"}
    assert len(asked) <= WAY_DOWN + 4
    assert {"900", "901"} <= {str(int(row["event_id"][-12:], 16)) for row in rows_of(layout)}


def test_all_days_are_listed_again_where_that_is_asked_for(load: Load, archive: S3Server) -> None:
    assert load()[0] == 4 * DAYS
    put(archive, key(ACCOUNTS[0], REGIONS[0], START, "very late"), [_entry(900, START)])
    assert load()[0] == 0
    assert load(relist=True)[0] == 1


@pytest.mark.parametrize("below", ["2026/", "2026/03/", "2026/03/2"])
def test_a_part_of_a_region_is_listed_whole_within_since_and_until(load: Load, below: str) -> None:
    source = f"s3://logs/{regions(ACCOUNTS[0], REGIONS[0])[0]}{below}"
    files, asked = load(source, since=date(2026, 3, 22), until=date(2026, 3, 23))
    assert (files, len(asked)) == (4, 1)


def test_a_security_lake_is_listed_by_day_too(
    s3: S3Server, layout: Layout, archive: S3Server
) -> None:
    for n in range(20):
        day = START + timedelta(days=n)
        folder = f"aws/CLOUD_TRAIL_MGMT/2.0/region=eu-west-1/accountId=1/eventDay={day:%Y%m%d}"
        put(s3, f"{folder}/x.gz", [_entry(500 + n, day)])
    asked: list[str | None] = []
    s3_client = client(S3Settings(s3.endpoint_url))
    s3_client.meta.events.register(
        "before-call.s3.ListObjectsV2",
        lambda params, **_: asked.append(params["query_string"].get("start-after")),
    )
    options = IngestOptions(endpoint_url=s3.endpoint_url, workers=0, since=date(2026, 3, 15))
    assert ingest(["s3://logs/aws/"], layout, options).files == 6
    assert len(asked) == 5
    assert str(asked[-1]).endswith("/accountId=1/eventDay=20260315")


def test_keys_of_any_characters_are_read(s3: S3Server, layout: Layout) -> None:
    names = ["a b.json", "a+b&c=d?e#f.json", "%2F%00.json", "é\u202e😀.json", "a'\"<b>.json"]
    for number, name in enumerate(names):
        put(s3, f"odd/{name}", [record(number)])
    options = IngestOptions(endpoint_url=s3.endpoint_url, workers=0)
    summary = ingest(["s3://logs"], layout, options)
    assert (summary.inserted, summary.unreadable) == (len(names), 0)
    assert ingest(["s3://logs"], layout, options).files == 0

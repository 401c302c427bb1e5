"""Executors list of a bucket what one machine lists, and are told no in the same words."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.pipeline import IngestOptions, ingest
from ingest.sources.base import S3Settings, Selection
from ingest.sources.bookmarks import Bookmarks
from ingest.sources.s3 import S3Source
from ingest.spark.engine import SparkCluster
from ingest.spark.listing import listed
from stormtrail.errors import AccessError
from stormtrail.layout import Layout
from tests.ingest.conftest import S3Server, forget_clients, record, rows_of
from tests.ingest.test_s3 import put
from tests.spark.archives import ledger

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

START, DAYS = date(2026, 3, 1), 6
BUCKET, ORGANIZATION = "logs", "AWSLogs/o-abc"
SELECTIONS = (
    Selection(since=date(2026, 3, 3)),
    Selection(until=date(2026, 3, 2)),
    Selection(accounts=("111111111111",), regions=("eu-west-1",)),
)
PREFIXES = (
    "",
    ORGANIZATION,
    f"{ORGANIZATION}/111111111111/CloudTrail/eu-west-1/",
    f"{ORGANIZATION}/111111111111/CloudTrail/eu-west-1/2026/03/02/",
)


@pytest.fixture
def bucket(s3: S3Server) -> S3Server:
    """Files of two accounts, two regions and six days, and what is no log or in no day's folder."""
    number = 0
    for account in ("111111111111", "222222222222"):
        for region in ("eu-west-1", "us-east-1"):
            folder = f"{ORGANIZATION}/{account}/CloudTrail/{region}"
            for day in (START + timedelta(days=n) for n in range(DAYS)):
                number += 1
                name = f"{account}_CloudTrail_{region}_{day:%Y%m%d}T0005Z_{'a':x<16}.json.gz"
                put(s3, f"{folder}/{day:%Y/%m/%d}/{name}", [entry(number, day)])
        put(s3, f"{folder}/stray.json.gz", [entry(900 + number, START)])
        put(s3, f"{folder}/moved/stray.json.gz", [entry(950 + number, START)])
        put(s3, f"{ORGANIZATION}/{account}/Config/{region}/2026/03/01/x.json.gz", [])
    put(s3, "copies/of/old/logs.json.gz", [entry(1, START)])
    forget_clients()
    return s3


def entry(number: int, day: date) -> dict[str, object]:
    return record(number, eventTime=f"{day}T00:00:00Z")


def source(bucket: S3Server, prefix: str, selection: Selection) -> S3Source:
    known = {f"s3://{BUCKET}/{PREFIXES[2]}": date(2026, 3, 2)}
    return S3Source(BUCKET, prefix, S3Settings(bucket.endpoint_url), selection, Bookmarks(known))


def test_a_bucket_is_listed_as_one_machine_lists_it_but_by_day(
    spark: SparkSession, bucket: S3Server
) -> None:
    wholes = [(prefix, Selection()) for prefix in PREFIXES]
    for prefix, selection in [*wholes, *(("", selection) for selection in SELECTIONS)]:
        here, there = source(bucket, prefix, selection), source(bucket, prefix, selection)
        found = list(listed(spark.sparkContext, there))
        assert sorted(found, key=lambda one: one.uri) == sorted(
            here.objects(), key=lambda one: one.uri
        )
        assert there.bookmarks == here.bookmarks
        days = [one.facts.day for one in found if one.facts.day]
        assert days == sorted(days)


def test_a_bucket_is_loaded_as_by_one_machine_and_only_once(
    spark: SparkSession, bucket: S3Server, tmp_path: Path
) -> None:
    alone, together = Layout(tmp_path / "alone"), Layout(tmp_path / "together")
    options = IngestOptions(workers=0, endpoint_url=bucket.endpoint_url, batch_bytes=25_000)
    ingest([f"s3://{BUCKET}"], alone, options)
    loads = [
        ingest([f"s3://{BUCKET}"], together, options, engine=SparkCluster(spark, 3))
        for _ in range(2)
    ]
    assert [load.files for load in loads] == [29, 0]
    assert (loads[0].inserted, loads[0].duplicates) == (28, 1)
    assert ids(together) == ids(alone)
    assert totals(together) == totals(alone)


def ids(layout: Layout) -> list[str]:
    return sorted(str(row["event_id"]) for row in rows_of(layout))


def totals(layout: Layout) -> list[tuple[object, ...]]:
    """Of each file its records; which of two copies counts depends on the order."""
    return sorted((uri, etag, size, n) for _, uri, etag, size, n, *_ in ledger(layout)["sources"])


def test_a_bucket_that_is_not_there_is_one_line(spark: SparkSession, bucket: S3Server) -> None:
    missing = S3Source("nosuch", "", S3Settings(bucket.endpoint_url), Selection(), Bookmarks())
    with pytest.raises(AccessError, match="no such bucket") as told:
        list(missing.objects())
    with pytest.raises(AccessError) as found:
        list(listed(spark.sparkContext, missing))
    assert found.value.line() == told.value.line()

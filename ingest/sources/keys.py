"""What the key of an object in a CloudTrail archive tells (DOMAIN section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

_FOLDER = re.compile(
    r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?P<account>\d{12})(?:/|$)(?:(?P<kind>[^/]+)"
    r"(?:/(?P<region>[a-z0-9-]+)(?:/(?P<day>\d{4}/\d{2}/\d{2})(?=/))?)?)?",
    re.ASCII,
)
_NAME = re.compile(
    r"(?P<account>\d{12})_(?P<kind>CloudTrail[A-Za-z-]*)_(?P<region>[a-z0-9-]+)_"
    r"(?:[^/]*_)?(?P<slot>\d{8}T\d{4})(?:\d\d)?Z?(?:[_.][^/]*)?$",
    re.ASCII,
)
_PARTITIONS = re.compile(
    r"(?:^|/)region=(?P<region>[a-z0-9-]+)/accountid=(?P<account>\w+)"
    r"(?:/eventday=(?P<day>\d{8})(?=/))?",
    re.ASCII | re.IGNORECASE,
)
_REGION = re.compile(
    r"(?:.*/)?AWSLogs/(?:o-[a-z0-9]+/)?\d{12}/[^/]+/[a-z0-9-]+/", re.ASCII | re.DOTALL
)
_LAKE_REGION = re.compile(
    r"(?:.*/)?region=[a-z0-9-]+/accountid=\w+/", re.ASCII | re.IGNORECASE | re.DOTALL
)
_DIGITS = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12))
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz", ".parquet", ".csv")
# What Hive, Spark and Athena call the parts of a table, without an ending.
_PART = re.compile(
    r"(?:^|/)(?:\d{6}_\d+(?:_copy_\d+)?|part-\d{5}[\w-]*|\d{8}_\d{6}_\d{5}_[\w-]+)$", re.ASCII
)


@dataclass(frozen=True)
class KeyFacts:
    """What a key says of its file; None where it says nothing."""

    account: str | None = None
    kind: str | None = None
    region: str | None = None
    day: date | None = None
    delivered_at: datetime | None = None


def read_key(key: str) -> KeyFacts:
    """The facts in an object's key, from its folders and from its file name."""
    if lake := _PARTITIONS.search(key):
        return _lake_facts(lake)
    folder, name = _FOLDER.search(key), _NAME.search(key.rpartition("/")[2])
    slot = _time(name["slot"]) if name else None
    day = _time(folder["day"]) if folder and folder["day"] else slot
    return KeyFacts(
        account=folder["account"] if folder else (name["account"] if name else None),
        kind=folder["kind"] if folder else (name["kind"] if name else None),
        region=(folder and folder["region"]) or (name["region"] if name else None),
        day=day.date() if day else None,
        delivered_at=slot,
    )


def _lake_facts(found: re.Match[str]) -> KeyFacts:
    """Security Lake's partitions; they stand below `aws/SOURCE/VERSION/` and name no kind."""
    day = _time(found["day"]) if found["day"] else None
    return KeyFacts(found["account"], None, found["region"], day.date() if day else None)


def first_key(prefix: str, day: date) -> str | None:
    """What no key of this day or a later one precedes, below an account's region.

    None where `prefix` is not within one: keys stand in the order of days only there.
    """
    if found := _REGION.match(prefix):
        return f"{found[0]}{day:%Y/%m/%d}"
    if found := _LAKE_REGION.match(prefix):
        return f"{found[0]}eventDay={day:%Y%m%d}"
    return None


def _time(text: str) -> datetime | None:
    """The time in `20260131T2359` or `2026/01/31`."""
    digits = text.replace("/", "").replace("T", "")
    year, month, day, hour, minute = (int(digits[a:b] or 0) for a, b in _DIGITS)
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None


def is_log(key: str, facts: KeyFacts) -> bool:
    """Whether the key can be a file of entries: not a digest, another service's log, or a text."""
    if facts.kind and (not facts.kind.startswith("CloudTrail") or facts.kind.endswith("-Digest")):
        return False
    return key.lower().endswith(_SUFFIXES) or _PART.search(key) is not None

"""Rows -> Parquet files of one day each, in the staging folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.coded import chosen
from ingest.schema import ROWS, SCHEMA, SELDOM_EQUAL
from stormtrail.layout import EventFile

_MICROSECONDS_A_DAY = 86_400_000_000
ROWS_A_GROUP = 100_000
_ZSTD_LEVEL = 1  # most of a file are ids, which no level makes smaller
_REPEATED = [name for name in SCHEMA.names if name not in SELDOM_EQUAL]
# Least and greatest values let a reader skip row groups, which hold some minutes of one region; of other
# columns each group holds them all. Statistics of every column took a quarter of the write.
_COMPARED = ["event_time", "account_id", "recipient_account_id", "aws_region", "source_id"]
_OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": _ZSTD_LEVEL,
    "use_dictionary": _REPEATED,
    "write_statistics": _COMPARED,
    "store_schema": False,
}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Place:
    """Where a batch's files are staged and what they are called."""

    folder: Path
    batch_id: int
    part: int = 0

    def file(self, event_day: str) -> Path:
        """The staged file of a day; the folder's own name keeps file names unique over runs."""
        name = f"{self.batch_id:08d}-{self.folder.name}-{self.part}"
        return self.folder / f"{event_day}.{name}.parquet"


def days_of(table: Any) -> Any:
    """The UTC day of each row, as days since 1970 (int64)."""
    times = table.column("event_time").cast(pa.int64()).to_numpy()
    return times // _MICROSECONDS_A_DAY


def day_text(day: int) -> str:
    """`YYYY-MM-DD` of a number of days since 1970."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def day_number(event_day: str) -> int:
    """Days since 1970 of `YYYY-MM-DD`."""
    return (date.fromisoformat(event_day) - _EPOCH).days


def event_path(staged: Path) -> str:
    """Where a staged file belongs, relative to the store."""
    event_day, _, name = staged.name.partition(".")
    return f"events/event_day={event_day}/{name}"


def write_days(table: Any, place: Place) -> list[EventFile]:
    """Writes a file for each day of the rows; returns what each will be once committed."""
    return [_write(rows, day_text(day), place) for day, rows in _by_day(table)]


def _by_day(table: Any) -> Iterator[tuple[int, Any]]:
    # Rows stay in the archive's order: a run's records stand together, and their equal ids
    # compress to nothing; sorted by call and time they took a fifth more.
    days = days_of(table)
    found = np.unique(days).tolist()
    for day in found:
        yield day, table if len(found) == 1 else chosen(table, days == day)


def _write(rows: Any, event_day: str, place: Place) -> EventFile:
    # of equal dictionaries the writer takes the codes as they are
    return write_file([rows.unify_dictionaries()], event_day, place, ROWS)


def write_file(
    tables: Iterable[Any], event_day: str, place: Place, schema: Any = SCHEMA
) -> EventFile:
    """Stages one file of a day from tables with `schema`, each at least a row group."""
    path = place.file(event_day)
    count = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema, **_OPTIONS) as writer:
            for table in tables:
                writer.write_table(table, row_group_size=ROWS_A_GROUP)
                count += table.num_rows
        file.flush()
        os.fsync(file.fileno())  # on disk before the ledger says so
    return EventFile(event_path(path), event_day, count, place.batch_id)

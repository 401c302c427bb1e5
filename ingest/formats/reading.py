"""Files of rows -> the JSON that CloudTrail would have written, so that all else is shared."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.formats.base import Format, Row, plain
from ingest.formats.flat import ATHENA, FIELDS_AS_COLUMNS, TAILPIPE
from ingest.formats.ocsf import SecurityLake
from stormtrail.errors import RecordError

FORMATS: tuple[Format, ...] = (SecurityLake(), TAILPIPE, FIELDS_AS_COLUMNS, ATHENA)
"""In the order in which they are tried."""

_PARQUET_MAGIC = b"PAR1"
_HEADER_BYTES = 20_000
_BATCH_ROWS = 5_000
_CELL_BYTES = 1 << 20
_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True)
class Rows:
    """A file of rows: its format, and each row's record as JSON text, read as they are asked for.

    A row that cannot be read is the JSON text of why; RecordError where no more rows can be read.
    """

    format: Format
    records: Iterator[bytes]


def open_rows(data: bytes) -> Rows | None:
    """The rows of a Parquet or CSV file; None where `data` is none, RecordError if it is damaged."""
    if data.startswith(_PARQUET_MAGIC):
        columns, rows = _parquet(data)
    elif _looks_like_csv(data):
        columns, rows = _csv(data)
    else:
        return None
    found = format_of(columns)
    if found is None:
        raise RecordError("its columns are not those of CloudTrail")
    return Rows(found, (_record(found, row) for row in rows))


def format_of(columns: list[str]) -> Format | None:
    """The format of a file with these columns."""
    names = frozenset(map(plain, columns))
    return next((known for known in FORMATS if known.matches(names)), None)


# What pyarrow, and a format that meets values of any type, raise on hostile files is not
# documented, and every such error means the same: this cannot be read.


def _record(found: Format, row: Row | Exception) -> bytes:
    try:
        if isinstance(row, Exception):
            raise row
        return _encode(found.record(row))
    except Exception as error:
        return _encode(f"row cannot be read ({type(error).__name__})")


def _parquet(data: bytes) -> tuple[list[str], Iterator[Row | Exception]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        return file.schema_arrow.names, _parquet_rows(file)
    except Exception as error:
        raise RecordError("Parquet file is damaged") from error


def _parquet_rows(file: Any) -> Iterator[Row | Exception]:
    """Rows group by group; RecordError at the end where a group could not be read."""
    groups = file.metadata.num_row_groups
    damaged = 0
    for group in range(groups):
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group]):
                yield from _batch_rows(batch)
        except Exception:
            damaged += 1
    if damaged:
        raise RecordError(f"Parquet file is damaged in {damaged:,} of {groups:,} row groups")


def _batch_rows(batch: Any) -> list[Row | Exception]:
    try:
        rows: list[Row | Exception] = _plain(batch)
    except Exception:
        return [_row(batch, place) for place in range(batch.num_rows)]
    return rows


def _plain(batch: Any) -> Any:
    rows = batch.to_pylist()
    return _texts(rows) if "binary" in str(batch.schema) else rows


def _texts(value: Any) -> Any:
    """Bytes as text, at any depth: older writers do not say which of their columns are text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_texts(item) for item in value)
    return (
        {name: _texts(item) for name, item in value.items()} if isinstance(value, dict) else value
    )


def _row(batch: Any, place: int) -> Row | Exception:
    """One row by itself: of a batch with an unreadable cell, only its row is lost."""
    try:
        rows: list[Row] = _plain(batch.slice(place, 1))
    except Exception as error:
        return error
    return rows[0]


def _looks_like_csv(data: bytes) -> bool:
    if data[:1] in (b"{", b"[", b""):
        return False
    header = data[:_HEADER_BYTES].removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].strip()
    if b"," not in header:
        return False
    return format_of(_header(header)) is not None


def _header(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace")]), [])
    except csv.Error:
        return []


def _csv(data: bytes) -> tuple[list[str], Iterator[Row]]:
    csv.field_size_limit(_CELL_BYTES)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", errors="replace", newline="")
    rows = csv.DictReader(text)
    return list(rows.fieldnames or ()), _csv_rows(rows)


def _csv_rows(rows: csv.DictReader[str]) -> Iterator[Row]:
    """Without cells that have no column."""
    try:
        for row in rows:
            yield {name: cell for name, cell in row.items() if name is not None}
    except csv.Error as error:
        raise RecordError("CSV file is damaged") from error

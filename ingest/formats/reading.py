"""Files of rows -> the JSON that CloudTrail would have written, so that all else is shared."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
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


def as_json(data: bytes, limit: int) -> tuple[bytes, Format] | None:
    """`{"Records": [...]}` and the format; None where `data` is no file of rows.

    RecordError where it is one and cannot be read, or makes more than `limit` bytes.
    """
    if data.startswith(_PARQUET_MAGIC):
        columns, rows = _parquet(data)
    elif _looks_like_csv(data):
        columns, rows = _csv(data)
    else:
        return None
    found = format_of(columns)
    if found is None:
        raise RecordError("its columns are not those of CloudTrail")
    try:
        return _records(found, rows, limit), found
    except (pa.ArrowException, csv.Error, OSError, ValueError) as error:
        raise RecordError(f"rows cannot be read ({type(error).__name__})") from error


def format_of(columns: list[str]) -> Format | None:
    """The format of a file with these columns."""
    names = frozenset(map(plain, columns))
    return next((known for known in FORMATS if known.matches(names)), None)


def _records(found: Format, rows: Iterator[Row], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for row in rows:
        parts.append(_encode(found.record(row)))
        size += len(parts[-1]) + 1
        if size > limit:
            raise RecordError(f"its records are larger than {limit:,} bytes")
    return b'{"Records":[' + b",".join(parts) + b"]}"


def _parquet(data: bytes) -> tuple[list[str], Iterator[Row]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise RecordError("Parquet file is damaged") from error
    return file.schema_arrow.names, _parquet_rows(file)


def _parquet_rows(file: Any) -> Iterator[Row]:
    for batch in file.iter_batches(batch_size=_BATCH_ROWS):
        yield from batch.to_pylist()


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
    return list(rows.fieldnames or ()), _without_extra_cells(rows)


def _without_extra_cells(rows: csv.DictReader[str]) -> Iterator[Row]:
    for row in rows:
        yield {name: cell for name, cell in row.items() if name is not None}

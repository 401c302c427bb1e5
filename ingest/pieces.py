"""A log file's bytes -> pieces of JSON small enough to decode in little memory, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from ingest.decode import MOST_RECORDS, Reject, elements, holds_too_many, is_json
from ingest.formats.base import Format
from ingest.formats.reading import open_rows
from stormtrail.errors import RecordError

PIECE_BYTES = 16 << 20
"""Of plain JSON, about, made columns at once: of fewer, the start of each step weighs more."""

_LARGE_BYTES = 64 << 20  # a JSON file is decoded whole up to here: CloudTrail's own are smaller
_ROW_RATIO = 100  # bytes of JSON that a byte of a file of rows may become …
_LEAST_ROW = 64  # … a row counting as so many, for rows of nothing would never end


@dataclass(frozen=True)
class Piece:
    """Some records of a file: their JSON, or None and why there is none; the first is the file's at `first_index`."""

    data: bytes | None
    first_index: int = 0
    format: Format | None = None
    problem: Reject | None = None


def pieces(data: bytes, limit: int) -> Iterator[Piece]:
    """Every record of a file, whatever its format; at least one piece.

    `limit` bounds the plain bytes that a small file of rows may become.
    """
    if holds_too_many(data):
        yield _refused(f"holds more than {MOST_RECORDS:,} records")
        return
    try:
        rows = open_rows(data)
    except RecordError as error:
        yield _refused(error.what)
        return
    if rows is not None:
        bounded = _bounded(rows.records, max(limit, _ROW_RATIO * len(data)))
        yield from _joined(bounded, rows.format)
    elif len(data) <= _LARGE_BYTES:
        yield Piece(data)
    else:
        yield from _of_large(data)


def _refused(reason: str) -> Piece:
    return Piece(None, problem=Reject(None, reason, None))


def _bounded(records: Iterator[bytes], limit: int) -> Iterator[bytes]:
    left = limit
    for record in records:
        left -= max(_LEAST_ROW, len(record))
        if left < 0:
            raise RecordError(f"its records are larger than {limit:,} bytes")
        yield record


def _joined(records: Iterable[bytes], found: Format | None) -> Iterator[Piece]:
    """Records in pieces; where no more can be read, the last piece says why."""
    group: list[bytes] = []
    size = first = 0
    problem = None
    try:
        for record in records:
            group.append(record)
            size += len(record)
            if size >= PIECE_BYTES:
                yield _piece(group, first, found)
                group, size, first = [], 0, first + len(group)
    except RecordError as error:
        problem = Reject(None, error.what, None)
    yield replace(_piece(group, first, found), problem=problem)


def _piece(records: list[bytes], first: int, found: Format | None) -> Piece:
    data = b'{"Records":[' + b",".join(records) + b"]}"
    return Piece(data, first, found)


def _of_large(data: bytes) -> Iterator[Piece]:
    yield from _joined((_as_json(text) for text, _ in elements(data)), None)


def _as_json(text: bytes) -> bytes:
    """A damaged record as JSON text, so that it is refused without harm to its piece."""
    return text if is_json(text) else msgspec.json.encode(text.decode("utf-8", "replace"))

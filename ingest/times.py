"""eventTime texts -> timestamps, the ordinary form at once and every other one by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.coded import coded, codes

_LENGTH = len("2026-01-31T23:59:59Z")
_FORM = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: "Z"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = datetime.resolution

UNREADABLE = np.iinfo(np.int64).min
"""Stands for a time that could not be read, or that no entry can have."""

YEARS = (1970, 2200)
"""The first year in which an entry can be, and the first in which none can: one record must not stretch all that
counts by time over millennia."""

_LEAST, _END = ((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND for year in YEARS)


def canonical(time: datetime) -> str:
    """The form that CloudTrail writes: `2026-01-31T23:59:59Z`."""
    return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_times(column: Any) -> tuple[Any, list[int]]:
    """Microseconds since 1970 (int64) of a column of texts, and the rows where one is not in the canonical form.

    Of those rows, the unreadable ones hold `UNREADABLE`.
    """
    rows, size = codes(column)
    times, odd = _parsed(coded(column).dictionary)
    of_row = np.append(times, UNREADABLE)[rows]
    if not odd and not column.null_count:
        return of_row, []
    return of_row, np.flatnonzero(np.isin(rows, [*odd, size - 1])).tolist()


def _parsed(texts: Any) -> tuple[Any, list[int]]:
    try:
        if _is_canonical(texts):
            return _bounded(_cast(texts), [])
    except pa.ArrowInvalid:
        pass  # the form, but no such day or hour
    return _bounded(*_one_by_one(texts.to_pylist()))


def _bounded(times: Any, odd: list[int]) -> tuple[Any, list[int]]:
    outside = (times < _LEAST) | (times >= _END)
    if not outside.any():
        return times, odd
    return np.where(outside, UNREADABLE, times), sorted({*odd, *np.flatnonzero(outside).tolist()})


def _is_canonical(values: Any) -> bool:
    if not bool(pc.all(pc.equal(pc.binary_length(values), _LENGTH)).as_py()):
        return False
    text = np.frombuffer(values.buffers()[2] or b"", np.uint8, len(values) * _LENGTH)
    form = text.reshape(-1, _LENGTH)
    return all(bool((form[:, place] == ord(sign)).all()) for place, sign in _FORM.items())


def _cast(values: Any) -> Any:
    # without the zone's sign: for a zone Arrow reads the database of all zones, an eighth of a second
    plain = pc.binary_slice(values.view(pa.binary()), 0, _LENGTH - 1).view(pa.string())
    return plain.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)


def _one_by_one(texts: Sequence[str]) -> tuple[Any, list[int]]:
    times = np.full(len(texts), UNREADABLE, np.int64)
    odd = []
    for place, text in enumerate(texts):
        time = _parse(text)
        if time is None:
            odd.append(place)
            continue
        times[place] = (time - _EPOCH) // _MICROSECOND
        if canonical(time) != text:
            odd.append(place)
    return times, odd


def _parse(text: str) -> datetime | None:
    """An ISO 8601 time; without an offset it is UTC."""
    try:
        time = datetime.fromisoformat(text.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

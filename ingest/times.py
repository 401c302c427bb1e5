"""eventTime texts -> timestamps, the ordinary form at once and every other one by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_LENGTH = len("2026-01-31T23:59:59Z")
_FORM = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: "Z"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = datetime.resolution

UNREADABLE = np.iinfo(np.int64).min
"""Stands for a time that could not be read."""


def canonical(time: datetime) -> str:
    """The form that CloudTrail writes: `2026-01-31T23:59:59Z`."""
    return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_times(texts: Sequence[str | None]) -> tuple[Any, list[int]]:
    """Microseconds since 1970 (int64), and where a text is not in the canonical form.

    Of those positions, the unreadable ones hold `UNREADABLE`.
    """
    values = pa.array(texts, pa.string())
    try:
        if len(values) and not values.null_count and _is_canonical(values):
            return _cast(values), []
    except pa.ArrowInvalid:
        pass  # the form, but no such day or hour
    return _one_by_one(texts)


def _is_canonical(values: Any) -> bool:
    if not bool(pc.all(pc.equal(pc.binary_length(values), _LENGTH)).as_py()):
        return False
    text = np.frombuffer(values.buffers()[2], np.uint8, len(values) * _LENGTH, 0)
    form = text.reshape(-1, _LENGTH)
    return all(bool((form[:, place] == ord(sign)).all()) for place, sign in _FORM.items())


def _cast(values: Any) -> Any:
    times = pc.cast(values, pa.timestamp("us", "UTC"))
    return times.cast(pa.int64()).to_numpy(zero_copy_only=False)


def _one_by_one(texts: Sequence[str | None]) -> tuple[Any, list[int]]:
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


def _parse(text: str | None) -> datetime | None:
    """An ISO 8601 time; without an offset it is UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

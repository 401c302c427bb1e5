"""Gunzip within bounds: several members, cut ends, and never more output than allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isal import isal_zlib as _isal

isal_zlib: Any = _isal  # its stubs do not say that `error` is an exception

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 31  # zlib's window bits for "gzip header, largest window"
_STEP = 1 << 16


@dataclass(frozen=True)
class Inflated:
    """Plain bytes; `problem` says what is wrong with them, `whole` whether none may be used."""

    data: bytes
    problem: str | None = None
    whole: bool = False


def inflate(raw: bytes, limit: int) -> Inflated:
    """The content of `raw`: gunzipped where it starts with gzip's magic bytes, else as it is.

    `limit` bounds the plain size in bytes. A damaged end leaves the part before it usable;
    a wrong checksum or too large a content leaves nothing usable.
    """
    if not raw.startswith(GZIP_MAGIC):
        return (
            Inflated(b"", f"larger than {limit:,} bytes", True)
            if len(raw) > limit
            else Inflated(raw)
        )
    parts: list[bytes] = []
    left, rest = limit, raw
    while rest.startswith(GZIP_MAGIC):
        member, rest, problem = _member(rest, left + 1)
        parts.append(member)
        left -= len(member)
        if left < 0:
            return Inflated(b"", f"gzip holds more than {limit:,} bytes", True)
        if problem:
            return _damaged(parts, problem)
    tail = "bytes after the gzip data" if rest.strip(b"\0") else None
    return Inflated(_joined(parts), tail)


def _joined(parts: list[bytes]) -> bytes:
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _damaged(parts: list[bytes], problem: str) -> Inflated:
    if "CRC" in problem or "checksum" in problem.lower():
        return Inflated(b"", problem, True)
    return Inflated(b"".join(parts), problem)


def _member(raw: bytes, limit: int) -> tuple[bytes, bytes, str | None]:
    """One gzip member: its content, the bytes after it, and what is wrong with it."""
    member = isal_zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = member.decompress(raw, limit)
    except isal_zlib.error:
        return _salvage(raw, limit)
    if member.eof or len(content) >= limit:
        return content, member.unused_data, None
    return content, b"", "gzip ends early"


def _salvage(raw: bytes, limit: int) -> tuple[bytes, bytes, str | None]:
    """Everything before the damage, by feeding a little at a time."""
    member = isal_zlib.decompressobj(_GZIP_FORMAT)
    parts: list[bytes] = []
    for start in range(0, len(raw), _STEP):
        try:
            parts.append(member.decompress(raw[start : start + _STEP], limit))
        except isal_zlib.error as error:
            return b"".join(parts), b"", f"gzip is damaged ({error})"
        limit -= len(parts[-1])
        if limit <= 0:
            break
    return b"".join(parts), b"", "gzip is damaged"

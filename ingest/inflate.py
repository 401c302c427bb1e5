"""Gunzip within bounds: several members, cut ends, and never more output than allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from isal import isal_zlib as _isal

isal_zlib: Any = _isal  # its stubs do not say that `error` is an exception

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 31  # zlib's window bits for "gzip header, largest window"
_FIRST_STEP, _LAST_STEP = 1 << 10, 1 << 16
_PADDING = re.compile(rb"\0*")


@dataclass(frozen=True)
class Inflated:
    """Plain bytes; `problem` says what is wrong with them, `whole` whether none may be used."""

    data: bytes
    problem: str | None = None
    whole: bool = False


def inflate(raw: bytes, limit: int) -> Inflated:
    """The content of `raw`: gunzipped where it starts with gzip's magic bytes, else as it is.

    `limit` bounds the plain size in bytes. A damaged end leaves the part before it usable;
    a wrong checksum leaves nothing of its member, too large a content nothing at all.
    """
    if not raw.startswith(GZIP_MAGIC):
        return (
            Inflated(b"", f"larger than {limit:,} bytes", True)
            if len(raw) > limit
            else Inflated(raw)
        )
    parts: list[bytes] = []
    left, at = limit, 0
    while raw.startswith(GZIP_MAGIC, at):
        member, at, problem = _member(raw, at, left + 1)
        parts.append(member)
        left -= len(member)
        if left < 0:
            return Inflated(b"", f"gzip holds more than {limit:,} bytes", True)
        if problem:
            return _damaged(parts, problem)
        at += _zeros(raw, at)
    return Inflated(_joined(parts), "bytes after the gzip data" if at < len(raw) else None)


def _zeros(raw: bytes, at: int) -> int:
    """The padding that may stand between members and after the last."""
    found = _PADDING.match(raw, at)
    return len(found[0]) if found else 0


def _joined(parts: list[bytes]) -> bytes:
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _damaged(parts: list[bytes], problem: str) -> Inflated:
    if "CRC" in problem or "checksum" in problem.lower():
        sound = parts[:-1]  # members before have checksums of their own
        return Inflated(b"".join(sound), problem, whole=not sound)
    return Inflated(b"".join(parts), problem)


def _member(raw: bytes, at: int, limit: int) -> tuple[bytes, int, str | None]:
    """The gzip member at `at`: its content, where it ends, and what is wrong with it."""
    if at:
        return _stepwise(raw, at, limit, _FIRST_STEP)
    member = isal_zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = member.decompress(raw, limit)
    except isal_zlib.error:
        return _stepwise(raw, 0, limit, _LAST_STEP)
    if member.eof or len(content) >= limit:
        return content, len(raw) - len(member.unused_data), None
    return content, len(raw), "gzip ends early"


def _stepwise(raw: bytes, at: int, limit: int, step: int) -> tuple[bytes, int, str | None]:
    """The same, fed a little at a time, for what comes before damage and for many small members.

    What a member leaves over is copied, so the first step is small.
    """
    member = isal_zlib.decompressobj(_GZIP_FORMAT)
    parts: list[bytes] = []
    while at < len(raw) and limit > 0 and not member.eof:
        try:
            parts.append(member.decompress(raw[at : at + step], limit))
        except isal_zlib.error as error:
            return b"".join(parts), len(raw), f"gzip is damaged ({error})"
        limit -= len(parts[-1])
        at = min(at + step, len(raw)) - len(member.unused_data)
        step = min(2 * step, _LAST_STEP)
    whole = member.eof or limit <= 0
    return b"".join(parts), at, None if whole else "gzip ends early"

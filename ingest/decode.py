"""Bytes of one log file -> records, fast where the file is ordinary, patient where it is not.

Three tries, each slower and more forgiving: the whole file typed; each record typed, the odd
ones by field; the text split by brackets. One bad record never costs its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from typing import Any

import msgspec
import numpy as np

from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, SELDOM_EQUAL, TEXT_FIELDS, TIME_FIELD
from ingest.split import Piece, parts, split
from stormtrail.errors import RecordError

REST_FIELDS = (
    "sessionCredentialFromConsole",
    "addendum",
    "edgeDeviceDetails",
    "eventContext",
    "insightDetails",
)
"""Documented fields without a column of their own: they go to `extra` without the slow path."""

_TEXT = (*TEXT_FIELDS.values(), TIME_FIELD)
_BOOLEAN = tuple(BOOLEAN_FIELDS.values())
RAW_FIELDS = (*JSON_FIELDS.values(), *REST_FIELDS)
"""Fields that are kept as the JSON text that was received."""

ABSENT = msgspec.Raw()
"""Stands for a JSON text that is not there."""

# An absent text is None; one that is present and null is not a `str` and takes the slow path, so
# the two are never confused. A field unknown here also takes the slow path.
Record: Any = msgspec.defstruct(
    "Record",
    [
        *((name, str, None) for name in _TEXT),
        *((name, bool, None) for name in _BOOLEAN),
        *((name, msgspec.Raw, ABSENT) for name in RAW_FIELDS),
    ],
    forbid_unknown_fields=True,
    gc=False,
    kw_only=True,
)


class Kind(Enum):
    """What a field holds, and so what its column is."""

    REPEATED = auto()  # text, as a dictionary
    SELDOM_EQUAL = auto()  # text
    BOOLEAN = auto()
    JSON = auto()  # the text of any value, as a dictionary


KINDS: dict[str, Kind] = {
    **dict.fromkeys(_TEXT, Kind.REPEATED),
    **{name: Kind.SELDOM_EQUAL for column, name in TEXT_FIELDS.items() if column in SELDOM_EQUAL},
    **dict.fromkeys(_BOOLEAN, Kind.BOOLEAN),
    **dict.fromkeys(RAW_FIELDS, Kind.JSON),
}
"""Each field of `Record`, in the order of its values."""

_File: Any = msgspec.defstruct("_File", [("Records", list[Record])], forbid_unknown_fields=True)
_RawFile: Any = msgspec.defstruct("_RawFile", [("Records", list[msgspec.Raw])])

_decode_file = msgspec.json.Decoder(_File).decode
_decode_list = msgspec.json.Decoder(list[Record]).decode
_decode_record = msgspec.json.Decoder(Record).decode
_decode_lines = msgspec.json.Decoder(Record).decode_lines
_decode_raw_file = msgspec.json.Decoder(_RawFile).decode
_decode_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode
_decode_raw_lines = msgspec.json.Decoder(msgspec.Raw).decode_lines
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode

# What msgspec raises on hostile input; RecursionError is nesting, UnicodeDecodeError a ValueError.
_UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RECORDS = b'"Records"'

MOST_RECORDS = 1_000_000
"""Of one file: CloudTrail's largest has a tenth. More are tiny, and made to fill the memory."""
_MOST_ELEMENTS = 8 * MOST_RECORDS  # of which a parser may make objects before they are counted
_SMALLEST = 3  # bytes of an element: `{},`
_PART = 1 << 18  # bytes that are counted in at once: they stay in the processor's cache

# escapes of a text: pairs of surrogates, surrogates alone, all others
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_REPLACEMENT = rb"\ufffd"


@dataclass(frozen=True)
class Reject:
    """What was not loaded: its place in the file (None: the file), why, and the bytes."""

    record_index: int | None
    reason: str
    raw: bytes | None


@dataclass
class Decoded:
    """The records of one file. `indexes` is None where records are 0, 1, 2, ... of the file.

    `extras` holds, by position in `records`, the fields (name, JSON text) that `Record` cannot.
    """

    records: list[Any]
    indexes: list[int] | None = None
    extras: dict[int, list[tuple[str, Any]]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


def decode(data: bytes) -> Decoded:
    """Records of `{"Records": [...]}`, a list, one record, or JSON lines. Never raises."""
    plain = data.removeprefix(_BYTE_ORDER_MARK)
    if _may_hold(plain, MOST_RECORDS, b"}") and _is_utf8(plain):
        for attempt in _attempts(plain):
            try:
                return Decoded(attempt(plain))
            except _UNREADABLE:
                continue
    found = _decode_each(elements(data))
    if not (found.records or found.rejects):
        found.rejects.append(Reject(None, "the file ends before its first record", data))
    return found


def _may_hold(data: bytes, most: int, ends: bytes) -> bool:
    """Whether at most `most` elements can be in `data`, each ended by one of these signs."""
    if len(data) <= most * _SMALLEST:
        return True
    signs = np.frombuffer(data, np.uint8)
    parts = (signs[at : at + _PART] for at in range(0, len(signs), _PART))
    return sum(int(np.count_nonzero(part == end)) for part in parts for end in ends) <= most


def holds_too_many(data: bytes) -> bool:
    """Whether there are more than `MOST_RECORDS` records, however small."""
    if _may_hold(data, _MOST_ELEMENTS, b",}]\n"):
        return False
    return next(islice(split(data), MOST_RECORDS, None), None) is not None


def _attempts(data: bytes) -> tuple[Callable[[bytes], list[Any]], ...]:
    """Typed decoders worth trying, by the first byte."""
    if data.lstrip()[:1] == b"[":
        return (_decode_list,)
    return (_whole_file, _decode_lines)


def _whole_file(data: bytes) -> list[Any]:
    records: list[Any] = _decode_file(data).Records
    if _lists(data, records) > 1:  # a parser keeps the last of two
        raise ValueError("may hold several lists of records")
    return records


def _lists(data: bytes, records: list[Any]) -> int:
    """How many lists there may be: all but the one that was decoded lie before or behind it."""
    ends = [records[0].userIdentity, records[-1].userIdentity] if records else [ABSENT]
    if any(raw is ABSENT for raw in ends):
        return data.count(_RECORDS)
    first, last = (_address(raw) - _address(data) for raw in ends)
    return data.count(_RECORDS, 0, first) + data.count(_RECORDS, last)


def _address(view: Any) -> int:
    """Where the bytes are in memory: a `Raw` is a part of what was decoded, not a copy."""
    return int(np.frombuffer(view, np.uint8).ctypes.data)


def _is_utf8(data: bytes) -> bool:
    # Raw fields are not checked while decoding, and Parquet text must be UTF-8.
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def elements(data: bytes) -> Iterator[Piece]:
    """Text of each record in the file, and whether it is whole."""
    data = data.removeprefix(_BYTE_ORDER_MARK)
    for attempt in (_raw_file, _decode_raw_list):
        try:
            return _whole(attempt(data))
        except _UNREADABLE:
            continue
    try:
        return _flattened(_decode_raw_lines(data))
    except _UNREADABLE:
        return _mended(split(data))


def _raw_file(text: bytes) -> Any:
    if text.count(_RECORDS) > 1:
        raise ValueError("may hold several lists of records")
    return _decode_raw_file(text).Records


def _whole(raws: Iterable[Any]) -> Iterator[Piece]:
    return ((bytes(raw), True) for raw in raws)


def _flattened(raws: Iterable[Any]) -> Iterator[Piece]:
    """JSON lines may hold a whole `{"Records": [...]}` each."""
    for text in map(bytes, raws):
        if _RECORDS in text:
            yield from split(text)
        else:
            yield text, True


def _mended(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """A damaged record that swallowed those after it is cut from them."""
    for text, whole in pieces:
        cuts = [text] if is_json(text) else parts(text)
        if len(cuts) == 1:
            yield text, whole
        else:
            for cut in cuts:
                yield from split(cut)


def is_json(text: bytes) -> bool:
    """Whether the text is one JSON value."""
    try:
        _decode_raw(text)
    except _UNREADABLE:
        return False
    return True


def _decode_each(texts: Iterable[Piece]) -> Decoded:
    indexes: list[int] = []
    result = Decoded([], indexes)
    for index, (text, whole) in enumerate(texts):
        try:
            record, extra = decode_one(text)
        except RecordError as error:
            reason = error.what if whole else "the file ends inside this record"
            result.rejects.append(Reject(index, reason, text))
            continue
        if extra:
            result.extras[len(result.records)] = extra
        result.records.append(record)
        indexes.append(index)
    return result


def decode_one(text: bytes) -> tuple[Any, list[tuple[str, Any]]]:
    """One record and its odd fields; RecordError says why it is unreadable."""
    try:
        if not _is_utf8(text):
            raise RecordError("not valid UTF-8")
        try:
            return _decode_record(text), []
        except msgspec.ValidationError:
            return _decode_oddly(text)
    except RecursionError as error:
        raise RecordError("nested too deeply") from error
    except _UNREADABLE as error:
        if (mended := _without_lone_surrogates(text)) != text:
            return decode_one(mended)
        raise RecordError(f"not a JSON record ({error})") from error


def _without_lone_surrogates(text: bytes) -> bytes:
    """Halves of characters, which JSON may escape and no text can hold, as U+FFFD.

    Else a caller could keep a call out of the store by what it sends.
    """
    if rb"\ud" not in text.lower():
        return text
    return _ESCAPE.sub(lambda match: _REPLACEMENT if match[1] else match[0], text)


def _decode_oddly(text: bytes) -> tuple[Any, list[tuple[str, Any]]]:
    """Field by field: what fits its column goes there, all else into `extra` as received."""
    fields = _decode_fields(text)
    known: dict[str, Any] = {name: fields.pop(name) for name in RAW_FIELDS if name in fields}
    for name in [name for name in _TEXT if name in fields and bytes(fields[name])[:1] == b'"']:
        known[name] = _decode_text(fields.pop(name))
    for name in [name for name in _BOOLEAN if bytes(fields.get(name, b"")) in (b"true", b"false")]:
        known[name] = bytes(fields.pop(name)) == b"true"
    return Record(**known), list(fields.items())


def object_text(members: Iterable[tuple[str, Any]]) -> bytes:
    """A JSON object from names and values that are JSON text already."""
    parts = (msgspec.json.encode(name) + b":" + bytes(raw) for name, raw in members)
    return b"{" + b",".join(parts) + b"}"

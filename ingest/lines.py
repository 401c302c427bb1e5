"""Fields of records -> Arrow columns, by way of JSON text: a line for each value.

Values are written out while they are in the cache, a few records at a time. From there on a column is one
text, of which equal lines are read once, instead of an object for each value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from ingest.decode import ABSENT, KINDS, RAW_FIELDS, Kind
from ingest.schema import CODED

_BLOCK = 256  # records written out at once
_NEWLINE, _NULL, _TRUE = b"\nnt"
_ESCAPE = b"\\"
_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(list[str | None]).decode


@dataclass(frozen=True)
class Field:
    """One field of some records: `text` has a line for each, that of an absent JSON text being empty and
    that of any other absent value `null`."""

    name: str
    text: bytes
    records: Sequence[Any]

    @property
    def is_absent(self) -> bool:
        """Whether no record has it."""
        line = b"\n" if self.name in RAW_FIELDS else b"null\n"
        return self.text == line * len(self.records)


def fields_of(records: Sequence[Any]) -> dict[str, Field]:
    """Every field of the records, by its name in them."""
    texts: list[list[bytes]] = [[] for _ in KINDS]
    for start in range(0, len(records), _BLOCK):
        block = zip(*map(astuple, records[start : start + _BLOCK]), strict=True)
        for text, values in zip(texts, block, strict=True):
            text.append(_encode_lines(values))
    named = zip(KINDS, texts, strict=True)
    return {name: Field(name, b"".join(text), records) for name, text in named}


def columns_of(records: Sequence[Any]) -> dict[str, Any]:
    """A column a field of the records (`ingest.decode.KINDS`)."""
    made = {
        Kind.REPEATED: coded_text,
        Kind.JSON: coded_json,
        Kind.SELDOM_EQUAL: texts,
        Kind.BOOLEAN: booleans,
    }
    return {name: made[KINDS[name]](field) for name, field in fields_of(records).items()}


def coded_json(field: Field) -> Any:
    """A column of JSON texts as received, as a dictionary of them."""
    if field.is_absent:
        return pa.nulls(len(field.records), CODED)
    lines = _lines(field.text, len(field.records), _NEWLINE)
    if lines is None:  # some are written over several lines
        raws = [getattr(record, field.name) for record in field.records]
        texts = [None if raw is ABSENT else bytes(raw) for raw in raws]
        return pa.array(texts, pa.string()).dictionary_encode()
    found = lines.dictionary_encode()
    texts = pc.binary_slice(found.dictionary, 0, -1).view(pa.string())
    return pa.DictionaryArray.from_arrays(found.indices, texts)


def coded_text(field: Field) -> Any:
    """A column of texts as a dictionary of them."""
    if field.is_absent:
        return pa.nulls(len(field.records), CODED)
    found = _quoted(field).dictionary_encode()
    values = _unquoted(found.dictionary, escaped=_ESCAPE in field.text)
    return pa.DictionaryArray.from_arrays(found.indices, values)


def texts(field: Field) -> Any:
    """A column of texts that seldom repeat."""
    if field.is_absent:
        return pa.nulls(len(field.records), pa.string())
    return _unquoted(_quoted(field), escaped=_ESCAPE in field.text)


def booleans(field: Field) -> Any:
    """A column of true and false."""
    if field.is_absent:
        return pa.nulls(len(field.records), pa.bool_())
    starts = np.append(0, _ends(field.text)[:-1] + 1)
    first = np.frombuffer(field.text, np.uint8)[starts]
    return pa.array(first == _TRUE, mask=first == _NULL)


def _quoted(field: Field) -> Any:
    lines = _lines(field.text, len(field.records), _NULL)
    assert lines is not None, "JSON writes a text on one line"  # noqa: S101
    return lines


def _ends(text: bytes) -> Any:
    return np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE)


def _lines(text: bytes, count: int, absent: int) -> Any:
    """The lines with their ends, null where they begin with `absent`; None where they are not `count`."""
    ends = _ends(text)
    if len(ends) != count:
        return None
    offsets = np.zeros(count + 1, np.int32)
    np.add(ends, 1, out=offsets[1:], casting="unsafe")
    valid = np.frombuffer(text, np.uint8)[offsets[:-1]] != absent
    bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [bitmap, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.binary(), count, buffers)


def _unquoted(lines: Any, *, escaped: bool) -> Any:
    """The texts that JSON strings stand for, each on a line."""
    if not escaped:
        return pc.binary_slice(lines, 1, -2).view(pa.string())
    written = (b"null" if line is None else line for line in lines.to_pylist())
    return pa.array(_decode(b"[" + b",".join(written) + b"]"), pa.string())

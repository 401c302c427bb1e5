"""The native reader of ordinary log files (`fields.rs`), where it was built; Python reads them where it was not."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.decode import KINDS, Kind
from ingest.schema import CODED

_LIBRARY = Path(__file__).with_name("fields.so")
_LETTERS = {Kind.REPEATED: "c", Kind.SELDOM_EQUAL: "p", Kind.BOOLEAN: "b", Kind.JSON: "j"}
_DESCRIBED = "\n".join(_LETTERS[kind] + name for name, kind in KINDS.items()).encode()
_CODES, _OFFSETS, _TEXTS = range(3)
_ABSENT = -1


def _loaded() -> Any:
    try:
        library = ctypes.CDLL(str(_LIBRARY))
    except OSError:
        return None
    size, handle, text = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p
    library.fields_new.restype, library.fields_new.argtypes = handle, [text, size]
    library.fields_add.restype, library.fields_add.argtypes = ctypes.c_int64, [handle, text, size]
    library.fields_part.restype = handle
    library.fields_part.argtypes = [handle, size, size, ctypes.POINTER(size)]
    library.fields_free.restype, library.fields_free.argtypes = None, [handle]
    return library


library = _loaded()
"""None where it was not built."""


class Fields:
    """The fields of the records of files that are added; needs the `library`."""

    def __init__(self) -> None:
        self._library = library
        self._handle = library.fields_new(_DESCRIBED, len(_DESCRIBED))

    def __del__(self) -> None:
        self._library.fields_free(self._handle)

    def add(self, data: bytes) -> int | None:
        """Adds a file's records and says how many; None where it is not ordinary: then nothing was added."""
        added: int = self._library.fields_add(self._handle, data, len(data))
        return None if added < 0 else added

    def columns(self) -> Mapping[str, Any]:
        """A column a field (`ingest.decode.KINDS`), once all files were added: its texts are not copied."""
        made = {
            Kind.REPEATED: self._coded,
            Kind.JSON: self._coded,
            Kind.SELDOM_EQUAL: self._texts,
            Kind.BOOLEAN: self._booleans,
        }
        return {name: made[kind](place) for place, (name, kind) in enumerate(KINDS.items())}

    def _coded(self, place: int) -> Any:
        codes = self._codes(place)
        present = codes != _ABSENT
        if not present.any():
            return pa.nulls(len(codes), CODED)
        indices = pa.array(np.maximum(codes, 0), mask=None if present.all() else ~present)
        offsets = self._part(place, _OFFSETS)
        buffers = [None, offsets, self._part(place, _TEXTS)]
        texts = pa.Array.from_buffers(pa.string(), offsets.size // 4 - 1, buffers)
        return pa.DictionaryArray.from_arrays(indices, texts)

    def _texts(self, place: int) -> Any:
        present = self._codes(place) != _ABSENT
        if not present.any():
            return pa.nulls(len(present), pa.string())
        packed = pa.py_buffer(np.packbits(present, bitorder="little"))
        valid = None if present.all() else packed
        buffers = [valid, self._part(place, _OFFSETS), self._part(place, _TEXTS)]
        return pa.Array.from_buffers(pa.string(), len(present), buffers)

    def _booleans(self, place: int) -> Any:
        codes = self._codes(place)
        return pa.array(codes == 1, mask=codes == _ABSENT)

    def _codes(self, place: int) -> Any:
        return np.frombuffer(self._part(place, _CODES), np.int32)

    def _part(self, place: int, part: int) -> Any:
        """Memory of the library, which is not given back while anybody holds it."""
        size = ctypes.c_size_t()
        address = self._library.fields_part(self._handle, place, part, ctypes.byref(size))
        return (
            pa.foreign_buffer(address, size.value, base=self) if size.value else pa.py_buffer(b"")
        )

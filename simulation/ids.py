"""Identifiers computed from a number, so none has to be kept: the same in every run of a seed."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

EVENT, REQUEST_OF_RUN, REQUEST_OF_ROW, SHARED_OF_RUN, SHARED_OF_ROW, SERIAL, FILE = range(1, 8)
"""Salts: which identifier of a row, a run or a file."""

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_LETTERS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01", dtype=np.uint8
)
_PLACES = [*range(8), *range(9, 13), *range(14, 18), *range(19, 23), *range(24, 36)]


def mix(numbers: Numbers) -> Numbers:
    """The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection that looks random."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def space(kind: str, seed: int) -> int:
    """The seed of a simulation's identifiers: kinds of one seed share none."""
    return seed << 32 | crc32(kind.encode())


def _words(seed: int, salt: int, indexes: NDArray[np.int64], words: int) -> NDArray[np.uint8]:
    start = mix(mix(np.array([seed], dtype=np.uint64)) + np.uint64(salt))
    base = mix(start + indexes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    columns = [mix(base + np.uint64(word)) for word in range(words)]
    return np.stack(columns, axis=1).view(np.uint8)


def _digits(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([_HEX[raw >> 4], _HEX[raw & 15]], axis=2).reshape(len(raw), -1)


def uuids(seed: int, salt: int, indexes: NDArray[np.int64]) -> list[bytes]:
    """UUID-shaped texts of the indexes."""
    text = np.full((len(indexes), 36), ord("-"), dtype=np.uint8)
    text[:, _PLACES] = _digits(_words(seed, salt, indexes, 2))
    return text.view("S36").ravel().tolist()


def serials(seed: int, salt: int, indexes: NDArray[np.int64]) -> list[bytes]:
    """Sixteen hexadecimal digits each."""
    return _digits(_words(seed, salt, indexes, 1)).copy().view("S16").ravel().tolist()


def file_names(seed: int, indexes: NDArray[np.int64]) -> list[str]:
    """Sixteen letters and digits each, as at the end of an archive's keys."""
    letters = _LETTERS[_words(seed, FILE, indexes, 2) & 63]
    return [name.decode() for name in letters.copy().view("S16").ravel().tolist()]

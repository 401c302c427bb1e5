"""Columns whose values repeat, as Arrow dictionaries: each value once, and a code for each row.

From decoding to the Parquet file a value is looked at once, however many rows have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MOST_CODES = 1 << 62  # combinations that a 64-bit code can tell apart


def coded(column: Any) -> Any:
    """The column as a dictionary; its nulls stay nulls, not values."""
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def codes(column: Any) -> tuple[Any, int]:
    """The code of each row (int64), null being one more, and how many codes there are."""
    found = coded(column)
    size = len(found.dictionary)
    return pc.fill_null(found.indices, size).to_numpy().astype(np.int64), size + 1


def distinct(columns: Sequence[Any]) -> tuple[list[tuple[Any, ...]], Any]:
    """The distinct combinations of values of some columns, and which of them each row has (int64)."""
    places, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        more, count = codes(column)
        if size * count >= _MOST_CODES:
            places, size = _anew(places)
        places = places * count + more
        size *= count
    places, size = _anew(places)
    one_of_each = np.empty(size, np.int64)
    one_of_each[places] = np.arange(len(places))
    rows = pa.array(one_of_each)
    combinations = (column.take(rows).to_pylist() for column in columns)
    return list(zip(*combinations, strict=True)), places


def _anew(places: Any) -> tuple[Any, int]:
    """The same codes counted 0, 1, 2, ... without gaps, and how many there are."""
    found = pa.array(places).dictionary_encode()
    return found.indices.to_numpy().astype(np.int64), len(found.dictionary)


def spread(values: Any, picks: Any, rows: Any = None, length: int = 0) -> Any:
    """A column with `values[picks]`, as a dictionary where they are text.

    With `rows` it has `length` rows, those values at `rows` and nulls elsewhere. Picks may be null.
    """
    if rows is not None:
        places = np.full(length, -1, np.int64)
        places[rows] = picks
        picks = pa.array(places, mask=places < 0)
    if not pa.types.is_string(values.type):
        return values.take(picks)
    found = values.dictionary_encode()  # values that are equal become one
    return pa.DictionaryArray.from_arrays(found.indices.take(picks), found.dictionary)


def mask(column: Any, test: Callable[[Any], Any]) -> Any:
    """Which rows (bool) have a value that passes `test`, which is asked once for each value."""
    found = coded(column)
    passed = pc.fill_null(test(found.dictionary), False).to_numpy(zero_copy_only=False)
    return np.append(passed, False)[codes(found)[0]]


def chosen(table: Any, rows: Any) -> Any:
    """The rows of a table where `rows` (bool) is true, and only their values in its dictionaries."""
    found = table.filter(pa.array(rows))
    columns = [_without_unused(column.combine_chunks()) for column in found.columns]
    return pa.table(columns, schema=table.schema)


def _without_unused(column: Any) -> Any:
    if not pa.types.is_dictionary(column.type):
        return column
    rows, size = codes(column)
    used = np.bincount(rows, minlength=size)[:-1] > 0
    if used.all():
        return column
    places = np.append(np.cumsum(used) - 1, 0).astype(np.int32)[rows]
    indices = pa.array(places, mask=rows == size - 1)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary.filter(pa.array(used)))

"""Key files: which entries stand in which row of an event file, for the cluster to compare.

One small Parquet file beside each event file of a run, a row an entry. The cluster's own SQL
compares them; keys are spread by their hash, so no function, account or hour makes a large task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SCHEMA = pa.schema(
    [
        ("first", pa.int64()),
        ("second", pa.int64()),
        ("event_day", pa.int32()),
        ("batch", pa.int64()),
        ("file", pa.int32()),
        ("row", pa.int32()),
    ]
)
_COLUMNS = "first bigint, second bigint, event_day int, batch bigint, file int, row int"
_BEFORE = 0
"""The batch of what earlier runs committed: before every batch of this one."""

# Of equal keys the one in the first batch stays; a batch holds no key twice. The rows of a file
# come as bitmaps of 32,768 (Spark counts them from 1), so that they fit the driver.
_LATER = """
with ranked as (
  select *, min(batch) over (partition by first, second, event_day) as earliest from {keys}
)
select batch, file, bitmap_bucket_number(row + 1) as bucket,
       bitmap_construct_agg(bitmap_bit_position(row + 1)) as bits
from ranked
where batch > earliest and batch >= :first_batch
group by batch, file, bitmap_bucket_number(row + 1)
"""
_BITS = 32_768
_KEYS_A_TASK = 1_000_000  # 24 bytes each, and as much again while they are sorted


@dataclass(frozen=True)
class KeyFile:
    """A key file: the day of its entries (days since 1970), and how many they are."""

    path: str
    day: int
    rows: int


Later = dict[int, dict[int, Any]]
"""By batch and by number of its file: the rows (int64, ascending) that an earlier batch holds."""


def write_keys(keys: Any, day: int, path: Path, batch: int = _BEFORE, file: int = 0) -> KeyFile:
    """Writes the keys, shape (rows, 2), of one event file's rows in their order."""
    rows = len(keys)
    halves = np.ascontiguousarray(keys).view(np.int64)
    columns = [
        halves[:, 0],
        halves[:, 1],
        np.full(rows, day, np.int32),
        np.full(rows, batch, np.int64),
        np.full(rows, file, np.int32),
        np.arange(rows, dtype=np.int32),
    ]
    table = pa.table([pa.array(column) for column in columns], schema=_SCHEMA)
    path.parent.mkdir(exist_ok=True)
    pq.write_table(table, path, use_dictionary=["event_day", "batch", "file"], compression="zstd")
    return KeyFile(str(path), day, rows)


def read_keys(session: SparkSession, files: Sequence[KeyFile], tasks: int) -> DataFrame:
    """The rows of key files, spread over `tasks` by the hash of the whole key."""
    found = session.read.schema(_COLUMNS).parquet(*[Path(file.path).as_uri() for file in files])
    return found.repartition(tasks, "first", "second")


def later_ones(session: SparkSession, files: Sequence[KeyFile], first_batch: int) -> Later:
    """The entries of `first_batch` and of those after it that stand in a batch before theirs."""
    tasks = sum(file.rows for file in files) // _KEYS_A_TASK + 1
    keys = read_keys(session, files, tasks)
    answer = session.sql(_LATER, args={"first_batch": first_batch}, keys=keys).toArrow()
    return _by_file(answer.to_pylist())


def _by_file(answer: Sequence[dict[str, Any]]) -> Later:
    rows: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for part in sorted(answer, key=lambda part: int(part["bucket"])):
        bits = np.unpackbits(np.frombuffer(part["bits"], np.uint8), bitorder="little")
        start = (part["bucket"] - 1) * _BITS
        rows[part["batch"], part["file"]].append(np.flatnonzero(bits) + start)
    later: Later = defaultdict(dict)
    for (batch, file), found in rows.items():
        later[batch][file] = np.concatenate(found)
    return dict(later)

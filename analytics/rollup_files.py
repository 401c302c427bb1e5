"""A rollup's rows as they are kept, read without an engine, which would spell out every text of a million rows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

AT_ONCE = 2  # files are small: more threads only wait for each other


def read(
    folder: Path, columns: Sequence[str], time: str, since: datetime, until: datetime
) -> pa.Table:
    """Rows of the rollup in `folder` whose column `time` is in [since, until) (naive UTC), in the order they
    are kept in. The rollup has files of a day at least."""
    return _read_all(_of_days(folder, since, until), columns, (), (time, since, until))


def read_coded(
    folder: Path, columns: Sequence[str], time: str, since: datetime, until: datetime
) -> pa.Table:
    """The same with texts by dictionaries, which differ from day to day."""
    paths = _of_days(folder, since, until)
    with pa.memory_map(str(paths[0])) as file:
        texts = [field.name for field in pq.read_schema(file) if pa.types.is_string(field.type)]
    return _read_all(paths, columns, texts, (time, since, until))


def _read_all(
    paths: Sequence[Path],
    columns: Sequence[str],
    coded: Sequence[str],
    within: tuple[str, datetime, datetime],
) -> pa.Table:
    time, since, until = within
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = pa.concat_tables(pool.map(partial(_read, columns=columns, coded=coded), paths))
    times = rows[time]
    low, high = (pa.scalar(edge, times.type) for edge in (since, until))
    inside = pc.and_(pc.greater_equal(times, low), pc.less(times, high))
    return rows if pc.all(inside).as_py() else rows.filter(inside)


def _of_days(folder: Path, since: datetime, until: datetime) -> list[Path]:
    """A rollup's files of the days that [since, until) touches; never none."""
    days = sorted(folder.glob("event_day=*/*.parquet"))
    first, last = f"event_day={since:%Y-%m-%d}", f"event_day={until:%Y-%m-%d}"
    return [path for path in days if first <= path.parent.name <= last] or days[:1]


def _read(path: Path, columns: Sequence[str], coded: Sequence[str]) -> pa.Table:
    with (
        pa.memory_map(str(path)) as file,
        pq.ParquetFile(file, read_dictionary=coded) as rows,  # pq.read_table would import pandas
    ):
        return rows.read(columns=list(columns), use_threads=False)

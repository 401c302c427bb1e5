"""Care of a store: what is in it, fewer and larger files, and days that are no longer kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.schema import SCHEMA
from ingest.store import Store, open_store
from ingest.writer import ROWS_A_GROUP, Place, write_file
from stormtrail.errors import StoreError
from stormtrail.layout import EventFile, Layout

_FULL_ROWS = 1_000_000  # a file of so many rows is left alone
_FEW_FILES = 1  # a day of so many small files is left alone

Report = Callable[[str], None]


@dataclass(frozen=True)
class StoreStatus:
    """What a store holds. Days are UTC, `YYYY-MM-DD`; bytes are those of event files."""

    event_files: int
    small_files: int
    rows: int
    bytes: int
    days: int
    first_day: str | None
    last_day: str | None
    sources: int
    rejected: int
    batches: int

    def to_dict(self) -> dict[str, int | str | None]:
        """The JSON object of `stormtrail store status --json`."""
        return asdict(self)


@dataclass(frozen=True)
class Change:
    """What a change of the store did to its event files."""

    files_before: int
    files_after: int
    rows_removed: int = 0


def status(layout: Layout) -> StoreStatus:
    """What is in the store; StoreError where there is none."""
    if not layout.ledger.exists():
        hint = "load something with `stormtrail ingest`"
        raise StoreError("there is no store", where=str(layout.root), hint=hint)
    files = layout.committed_files()
    days = sorted({file.event_day for file in files})
    sources, rejected, batches = _counts(layout)
    return StoreStatus(
        event_files=len(files),
        small_files=sum(map(_is_small, files)),
        rows=sum(file.rows for file in files),
        bytes=sum(_size(layout.root / file.path) for file in files),
        days=len(days),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        sources=sources,
        rejected=rejected,
        batches=batches,
    )


def _counts(layout: Layout) -> tuple[int, int, int]:
    try:
        with closing(sqlite3.connect(layout.ledger_address, uri=True)) as connection:
            one = [
                connection.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608
                for table in ("sources", "rejects", "batches")
            ]
            return one[0], one[1], one[2]
    except sqlite3.Error as error:
        raise StoreError(f"ledger cannot be read ({error})", where=str(layout.ledger)) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_small(file: EventFile) -> bool:
    return file.rows < _FULL_ROWS


def compact(layout: Layout, report: Report = lambda _: None) -> Change:
    """Joins the small files of each day; every entry stays. Safe while others read or write.

    A reader that has a list of the old files may have to ask for the new one.
    """
    with open_store(layout) as store:
        before = layout.committed_files()
        for day, small in _small_by_day(before):
            report(f"{day}: {len(small)} files")
            for number, group in enumerate(_groups(small)):
                _join(store, group, number)
        return Change(len(before), len(layout.committed_files()))


def _small_by_day(files: Sequence[EventFile]) -> Iterator[tuple[str, list[EventFile]]]:
    for day, found in groupby(files, key=lambda file: file.event_day):
        small = [file for file in found if _is_small(file)]
        if len(small) > _FEW_FILES:
            yield day, small


def _groups(files: Sequence[EventFile]) -> Iterator[list[EventFile]]:
    """Files that together make about one full file: bounds memory."""
    group: list[EventFile] = []
    for file in files:
        group.append(file)
        if sum(one.rows for one in group) >= _FULL_ROWS:
            yield group
            group = []
    if len(group) > _FEW_FILES:
        yield group


def _join(store: Store, files: Sequence[EventFile], part: int) -> None:
    place = Place(store.staging, max(file.batch_id for file in files), part)
    paths = [store.layout.root / file.path for file in files]
    joined = write_file(_row_groups(paths), files[0].event_day, place)
    store.exchange([file.path for file in files], [joined])


def _row_groups(paths: Sequence[Path]) -> Iterator[Any]:
    """The rows of all files, some at a time."""
    kept: list[Any] = []
    for batch in _batches(paths):
        kept.append(batch)
        if sum(one.num_rows for one in kept) >= ROWS_A_GROUP:
            yield pa.Table.from_batches(kept).cast(SCHEMA)
            kept = []
    if kept:
        yield pa.Table.from_batches(kept).cast(SCHEMA)


def _batches(paths: Sequence[Path]) -> Iterator[Any]:
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=ROWS_A_GROUP)
        except (pa.ArrowException, OSError) as error:
            hint = "the file is damaged or missing: ingest its day into a new store"
            raise StoreError("event file cannot be read", where=str(path), hint=hint) from error


def drop_before(layout: Layout, day: date) -> Change:
    """Deletes the entries of all UTC days before `day`. Their source files stay known."""
    with open_store(layout) as store:
        before = layout.committed_files()
        old = [file for file in before if file.event_day < day.isoformat()]
        store.exchange([file.path for file in old], [])
        return Change(len(before), len(before) - len(old), sum(file.rows for file in old))

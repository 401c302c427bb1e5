"""Rollups: the only part of the analysis that reads every entry.

Each is one query of `queries/`, kept as Parquet by UTC day; a day is made again when its event files, those of
the day before (whose last hours its queries read) or the queries change, so re-analysis costs in proportion to
what is new. The queries count each day by itself, so days that follow one another are made together: planning a
query costs as much as a small day. What a function called on days before the first run of it that is known is its
own in days that are made after that.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import queries
from analytics.engines.base import Engine, Opener
from analytics.warehouse import Warehouse
from stormtrail.errors import StoreError
from stormtrail.layout import EventFile, Layout


@dataclass(frozen=True)
class Rollup:
    """The query of a rollup, and the column whose UTC day its rows belong to."""

    query: str
    time: str


# by view name
ROLLUPS = {
    "run_minutes": Rollup("rollup_runs", "minute"),
    "subject_hours": Rollup("rollup_hours", "hour"),
    "edge_days": Rollup("rollup_edges", "first_seen"),
    "traffic_minutes": Rollup("rollup_traffic", "minute"),
    "call_minutes": Rollup("rollup_calls", "minute"),
    "changes": Rollup("rollup_changes", "event_time"),
    "delivery_minutes": Rollup("rollup_deliveries", "minute"),
    "file_days": Rollup("rollup_files", "day"),
    "bucket_days": Rollup("rollup_checks", "day"),
}
STAGES = ("issued_keys", "hour_details", "run_kinds", "runs_of_days")
"""Queries whose rows several rollups are made of; each may read those before it."""
FUNCTIONS, FUNCTIONS_OF_DAY = "function_days", Rollup("known_functions", "first_seen")
ROWS_AT_ONCE = 3_000_000  # what the engine groups at once: some hundred megabytes
ONE_DAY = timedelta(days=1)

Progress = Callable[[int, int], None]
Days = dict[str, list[EventFile]]


def refresh(
    layout: Layout, progress: Progress | None = None, opened: Opener = Warehouse.bare
) -> tuple[str, ...]:
    """Brings every rollup up to date with the committed events; returns the days that were made.

    `opened` opens the engine that reads the entries. StoreError where nothing can be written.
    """
    by_day = _files_by_day(layout.committed_files())
    state, versions = _read_state(layout), _versions(by_day)
    if state == versions:  # a store that nobody may write into can be analysed still
        return ()
    stale = [day for day, version in sorted(versions.items()) if state.get(day) != version]
    try:
        _drop_days(layout, set(state) - set(versions))
        if stale:
            _build(layout, opened(layout), by_day, list(_pieces(by_day, stale)), progress)
        _write_state(layout, versions)
    except OSError as error:
        what = f"rollups cannot be written ({error.strerror or error})"
        hint = "free some space, or analyse a copy in a folder that you may write into"
        raise StoreError(what, where=str(layout.rollups), hint=hint) from error
    return tuple(stale)


def _pieces(by_day: Days, days: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The days in pieces that follow one another and hold at most so many rows, or are one day."""
    piece: list[str] = []
    rows = 0
    for day in days:
        more = sum(file.rows for file in by_day[day])
        if piece and (rows + more > ROWS_AT_ONCE or day != _day_after(piece[-1])):
            yield tuple(piece)
            piece, rows = [], 0
        piece.append(day)
        rows += more
    if piece:
        yield tuple(piece)


def _build(
    layout: Layout,
    engine: Engine,
    by_day: Days,
    pieces: Sequence[tuple[str, ...]],
    progress: Progress | None,
) -> None:
    for piece in pieces:
        engine.use_events([layout.root / file.path for day in piece for file in by_day[day]])
        found = engine.query(FUNCTIONS_OF_DAY.query, **_span(piece))
        _keep_days(layout, FUNCTIONS, FUNCTIONS_OF_DAY, piece, found)
    engine.register("known_sessions", known_sessions(_all_functions(layout)))
    for done, piece in enumerate(pieces):
        engine.use_events([layout.root / file.path for file in _files_read(by_day, piece)])
        define_stages(engine, **_span(piece))
        rows = engine.answers([rollup.query for rollup in ROLLUPS.values()], **_span(piece))
        for (view, rollup), found in zip(ROLLUPS.items(), rows, strict=True):
            _keep_days(layout, view, rollup, piece, found)
        if progress:
            progress(done + 1, len(pieces))


def define_stages(engine: Engine, **span: datetime) -> None:
    """What the rollups' queries read beside events and known sessions, over [day_start, day_end)."""
    for name in STAGES:
        engine.define(name, name, **span)


def _keep_days(
    layout: Layout, view: str, rollup: Rollup, days: tuple[str, ...], rows: pa.Table
) -> None:
    """Keeps each day's rows of a rollup in a file of its own."""
    of_day = pc.floor_temporal(rows[rollup.time], unit="day")
    for day in days:
        own = pc.equal(of_day, pa.scalar(datetime.fromisoformat(day), of_day.type))
        _keep(layout, view, day, rows.filter(own))


def known_sessions(functions: Iterable[str]) -> pa.Table:
    """Which role session names are functions: account_id, session_name, aws_region, function_arn.

    Lambda names a function's role session after the function. The region is null where one region
    alone has a function of that name, so that its calls to other regions are its own too.
    """
    named: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for arn in functions:
        part = arn.split(":")
        named[part[4], part[6]].append((part[3], arn))
    rows = [
        {
            "account_id": account,
            "session_name": name,
            "aws_region": None if len(places) == 1 else region,
            "function_arn": arn,
        }
        for (account, name), places in sorted(named.items())
        for region, arn in places
    ]
    fields = ("account_id", "session_name", "aws_region", "function_arn")
    return pa.Table.from_pylist(rows, schema=pa.schema([(field, pa.string()) for field in fields]))


def _all_functions(layout: Layout) -> list[str]:
    paths = sorted((layout.rollups / FUNCTIONS).glob("*/*.parquet"))
    tables = [pq.read_table(path, columns=["function_arn"], partitioning=None) for path in paths]
    if not tables:
        return []
    arns: list[str] = pc.unique(pa.concat_tables(tables)["function_arn"]).to_pylist()
    return sorted(arn for arn in arns if arn.count(":") >= 6)


def _span(days: tuple[str, ...]) -> dict[str, datetime]:
    first, last = (datetime.fromisoformat(day) for day in (days[0], days[-1]))
    return {"day_start": first, "day_end": last + ONE_DAY}


def _day_after(day: str, days: int = 1) -> str:
    return (datetime.fromisoformat(day) + days * ONE_DAY).date().isoformat()


def _files_read(by_day: Days, days: tuple[str, ...]) -> list[EventFile]:
    """The event files of days that follow one another, after those of the day before."""
    return [file for day in (_day_after(days[0], -1), *days) for file in by_day.get(day, [])]


def _files_by_day(files: Iterable[EventFile]) -> Days:
    by_day: Days = defaultdict(list)
    for file in files:
        by_day[file.event_day].append(file)
    return dict(by_day)


def _versions(by_day: Days) -> dict[str, str]:
    """By day what its rollups are made from."""
    return {day: _version(_files_read(by_day, (day,))) for day in by_day}


def _version(files: Iterable[EventFile]) -> str:
    return hashlib.sha256(
        "\n".join([*(file.path for file in files), _queries()]).encode()
    ).hexdigest()


@cache
def _queries() -> str:
    """Every text that rows of rollups depend on."""
    used = (*(rollup.query for rollup in ROLLUPS.values()), FUNCTIONS_OF_DAY.query, *STAGES)
    return "\n".join(queries.text(name) for name in used)


def _keep(layout: Layout, view: str, day: str, table: pa.Table) -> None:
    folder = layout.rollups / view / f"event_day={day}"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{os.getpid()}.new"
    pq.write_table(table, fresh, compression="zstd")
    fresh.replace(folder / "part.parquet")


def _drop_days(layout: Layout, days: set[str]) -> None:
    for day in days:
        for path in layout.rollups.glob(f"*/event_day={day}/*.parquet"):
            path.unlink()


def _state_path(layout: Layout) -> Path:
    return layout.rollups / "state.json"


def _read_state(layout: Layout) -> dict[str, str]:
    try:
        state: dict[str, str] = json.loads(_state_path(layout).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state


def _write_state(layout: Layout, versions: dict[str, str]) -> None:
    layout.rollups.mkdir(parents=True, exist_ok=True)
    fresh = layout.rollups / f".state.{os.getpid()}.new"
    fresh.write_text(json.dumps(versions, indent=1, sort_keys=True))
    fresh.replace(_state_path(layout))

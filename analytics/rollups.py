"""Rollups: the only part of the analysis that reads every entry.

Each is one query of `queries/`, run once a UTC day and kept as Parquet; a day is made again when its
event files or the queries change, so re-analysis costs in proportion to what is new.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import queries
from analytics.engines.base import Engine, Opener
from analytics.warehouse import Warehouse
from stormtrail.layout import EventFile, Layout

# view name -> query; the order matters only for reading
ROLLUPS = {
    "traffic_minutes": "rollup_traffic",
    "run_minutes": "rollup_runs",
    "call_minutes": "rollup_calls",
    "delivery_minutes": "rollup_deliveries",
    "changes": "rollup_changes",
    "edge_days": "rollup_edges",
    "subject_hours": "rollup_hours",
}
FUNCTIONS = "function_days"

Progress = Callable[[int, int], None]


def refresh(
    layout: Layout, progress: Progress | None = None, opened: Opener = Warehouse.open
) -> tuple[str, ...]:
    """Brings every rollup up to date with the committed events; returns the days that were made.

    `opened` opens the engine that reads the entries.
    """
    by_day = _files_by_day(layout, layout.committed_files())
    state = _read_state(layout)
    versions = {day: _version(files) for day, files in by_day.items()}
    stale = [day for day, version in sorted(versions.items()) if state.get(day) != version]
    _drop_days(layout, set(state) - set(versions))
    if stale:
        _build_days(layout, opened(layout), by_day, stale, progress)
    _write_state(layout, versions)
    return tuple(stale)


def _build_days(
    layout: Layout,
    engine: Engine,
    by_day: dict[str, list[Path]],
    days: list[str],
    progress: Progress | None,
) -> None:
    for day in days:
        engine.use_events(by_day[day])
        _keep(layout, FUNCTIONS, day, engine.query("known_functions", **_span(day)))
    engine.register("known_sessions", known_sessions(_all_functions(layout)))
    for done, day in enumerate(days):
        _build_day(layout, engine, by_day, day)
        if progress:
            progress(done + 1, len(days))


def _build_day(layout: Layout, engine: Engine, by_day: dict[str, list[Path]], day: str) -> None:
    before = (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()
    engine.use_events([*by_day.get(before, []), *by_day[day]])
    engine.define("issued_keys", "issued_keys", **_span(day))
    for view, name in ROLLUPS.items():
        _keep(layout, view, day, engine.query(name, **_span(day)))


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


def _span(day: str) -> dict[str, datetime]:
    start = datetime.fromisoformat(day)
    return {"day_start": start, "day_end": start + timedelta(days=1)}


def _files_by_day(layout: Layout, files: Iterable[EventFile]) -> dict[str, list[Path]]:
    by_day: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        by_day[file.event_day].append(layout.root / file.path)
    return dict(by_day)


def _version(files: list[Path]) -> str:
    text = [str(file) for file in files] + [
        queries.text(name) for name in (*ROLLUPS.values(), "known_functions", "issued_keys")
    ]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


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

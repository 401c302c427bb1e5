"""What pages read: findings and query results, kept for as long as the store stands still.

Everything is cached by the store's version, which changes with every committed batch; so a page
that is open while an ingest runs shows the new entries at its next turn.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import pyarrow as pa
import streamlit as st

from analytics import kept, rollups
from analytics.findings import Findings
from analytics.warehouse import LEDGER_TABLES, Warehouse
from dashboard.filters import Filters, narrow
from stormtrail.errors import StoreError
from stormtrail.layout import Layout
from stormtrail.stores import refresh_now_and_then

if TYPE_CHECKING:
    from analytics.situation import Situation

USUAL = "{}"
_ROLLING = threading.Lock()  # what one thread rolls up, another need not


@dataclass(frozen=True)
class Store:
    """A store folder in the state that `version` names; empty before the first ingest.

    `settings` is a JSON text: the options of its analysis that are not the usual.
    """

    root: str
    version: str
    settings: str = USUAL

    @property
    def layout(self) -> Layout:
        """The places inside the store."""
        return Layout(Path(self.root))

    @property
    def empty(self) -> bool:
        """Whether no entry was ever committed."""
        return self.version.startswith("0:")


def open_store(root: Path, settings: str = USUAL) -> Store:
    """The store as it stands now; StoreError where the ledger cannot be read."""
    layout = Layout(root.resolve())
    refresh_now_and_then(layout)
    given = [*layout.topology.glob("*.json"), layout.promises]
    times = sorted(path.stat().st_mtime_ns for path in given if path.exists())
    return Store(str(layout.root), f"{_committed(layout)}:{times}", settings)


def _committed(layout: Layout) -> str:
    """Rows, files and last batch: they change together with what is committed, and only then."""
    if not layout.ledger.exists():
        return "0:"
    query = "select coalesce(sum(rows), 0), count(*), max(batch_id) from event_files"
    try:
        with closing(sqlite3.connect(layout.ledger_address, uri=True)) as connection:
            return ":".join(map(str, connection.execute(query).fetchone()))
    except sqlite3.Error as error:
        hint = "is this folder a Stormtrail store?"
        raise StoreError(
            f"ledger cannot be read ({error})", where=str(layout.ledger), hint=hint
        ) from error


@dataclass(frozen=True)
class Extent:
    """What can be chosen from: accounts, regions, first and last minute (UTC), entries."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    entries: int


@lru_cache(maxsize=4)
def extent(store: Store) -> Extent:
    """All that the store holds; quicker than an analysis, so that a page can begin with it."""
    with _ROLLING:
        rollups.refresh(store.layout)
    cells = Warehouse.open(store.layout).query("dashboard/extent").to_pylist()
    return Extent(
        tuple(sorted({row["account_id"] for row in cells if row["account_id"]})),
        tuple(sorted({row["aws_region"] for row in cells if row["aws_region"]})),
        min((row["first_minute"] for row in cells), default=None),
        max((row["last_minute"] for row in cells), default=None),
        sum(row["entries"] for row in cells),
    )


def findings(store: Store, filters: Filters) -> Findings:
    """What `stormtrail analyze` finds, narrowed to the chosen accounts and regions."""
    return narrow(_analysis(store, filters.since, filters.until), filters)


@st.cache_data(max_entries=8, show_spinner="Analysing the store …")
def _analysis(store: Store, since: Any, until: Any) -> Findings:
    return kept.findings(store.layout, _told(store, since, until))


def _told(store: Store, since: Any, until: Any) -> kept.Told:
    """The store's options, and the chosen span of time where there is one."""
    chosen = {"since": since, "until": until}
    span = {name: at for name, at in chosen.items() if at is not None}
    return {**msgspec.json.decode(store.settings), **msgspec.to_builtins(span)}


def situation(store: Store, filters: Filters) -> Situation | None:
    """What cures are worked out from, of the chosen time; None where nothing was recorded in it."""
    return _situation(store, filters.since, filters.until)


@st.cache_data(max_entries=4, show_spinner="Measuring what could be moved …")
def _situation(store: Store, since: Any, until: Any) -> Situation | None:
    from analytics.situation import with_flows

    found = kept.situation(store.layout, _told(store, since, until))
    return with_flows(found) if found else None


def prepare(store: Store) -> None:
    """Has at hand what pages ask for: the findings, then what cures are worked out from."""
    told = _told(store, None, None)
    kept.findings(store.layout, told)
    kept.situation(store.layout, told)


def rows(store: Store, name: str, **params: Any) -> pa.Table:
    """The answer of the query `queries/dashboard/NAME.sql`."""
    return _answer(store, f"dashboard/{name}", params)


@st.cache_data(max_entries=128, show_spinner=False)
def _answer(store: Store, name: str, params: Mapping[str, Any]) -> pa.Table:
    return Warehouse.open(store.layout).query(name, **params)


def ledger(store: Store, name: str, **params: Any) -> pa.Table:
    """The answer of a query in `queries/dashboard/` that reads the ledger's tables."""
    return _ledger_answer(store, f"dashboard/{name}", params)


@st.cache_data(max_entries=32, show_spinner=False)
def _ledger_answer(store: Store, name: str, params: Mapping[str, Any]) -> pa.Table:
    warehouse = Warehouse(duckdb.connect())
    for table, columns in LEDGER_TABLES.items():
        warehouse.register(table, store.layout.ledger_table(table, columns))
    return warehouse.query(name, **params)

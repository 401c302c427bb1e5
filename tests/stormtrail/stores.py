"""Small stores with chosen rows, committed and published as an ingest does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.warehouse import publish
from ingest.ledger import Batch, Ledger
from ingest.schema import SCHEMA
from stormtrail.layout import EventFile, Layout

DAY = "2026-01-01"


def store_of(root: Path, rows: Iterable[Mapping[str, Any]]) -> Layout:
    """A published store with these rows of `events`, all of one day; what a row lacks is null."""
    layout = Layout(root)
    table = events_table(rows)
    path = layout.events / f"event_day={DAY}" / "part.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    ledger = Ledger(layout.ledger)
    file = EventFile(str(path.relative_to(root)), DAY, table.num_rows, 1)
    ledger.commit(Batch(1, f"{DAY}T00:00:00Z", (), (file,), {}))
    ledger.close()
    publish(layout)
    return layout


def events_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The rows with every column of `events`; times are read from text, and are there always."""
    full = [{name: _value(name, row.get(name)) for name in SCHEMA.names} for row in rows]
    return pa.Table.from_pylist(full, schema=SCHEMA)


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value or DAY) if name == "event_time" else value

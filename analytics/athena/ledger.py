"""The ledger as Parquet: what was loaded and rejected, where engines cannot read SQLite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from analytics.warehouse import LEDGER_TABLES
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

FOLDER = "ledger"


def ledger_schemas() -> dict[str, Any]:
    """Columns and types of the ledger's tables."""
    nowhere = Layout(Path(os.devnull))
    return {
        name: nowhere.ledger_rows(name, columns).schema for name, columns in LEDGER_TABLES.items()
    }


def export_ledger(layout: Layout) -> Iterator[Path]:
    """Writes `STORE/ledger/NAME/part.parquet` for each of its tables; gives their paths.

    Each is replaced whole. StoreError where the ledger cannot be read or a file not be written.
    """
    for name, columns in LEDGER_TABLES.items():
        path = layout.root / FOLDER / name / "part.parquet"
        try:
            _write(layout, name, columns, path)
        except OSError as error:
            hint = "free some space or check the folder's permissions"
            what = f"cannot be written ({error.strerror or error})"
            raise StoreError(what, where=str(path), hint=hint) from error
        yield path


def _write(layout: Layout, name: str, columns: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{os.getpid()}.new")
    rows = layout.ledger_rows(name, columns)
    try:
        with pq.ParquetWriter(fresh, rows.schema, compression="zstd") as writer:
            for batch in rows:
                writer.write_batch(batch)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)

"""Tables as files that a person downloads."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stormtrail.text import csv_cell


def to_csv(table: pa.Table) -> bytes:
    """CSV with a header; text that a spreadsheet would take for a formula begins with `'`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_cell(name) for name in table.column_names])
    for row in table.to_pylist():
        writer.writerow([_cell(value) for value in row.values()])
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else csv_cell(value)


def to_json(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A JSON array of objects."""
    return json.dumps(list(rows), indent=1, default=_plain).encode()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def to_parquet(table: pa.Table) -> bytes:
    """Parquet, as pyarrow writes it."""
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def to_zip(files: Mapping[str, str]) -> bytes:
    """Files by name, in one archive that is the same for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()

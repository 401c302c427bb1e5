"""Archives as they are: simulated, with copies in other files, damaged files and damaged records."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import simulation
from stormtrail.layout import Layout

COPIED_EACH = 5  # of so many files one has a copy in another file


def untidy(kind: str, folder: Path, hours: float, scale: float) -> Path:
    """A simulated archive that two trails wrote to, and in which something is broken."""
    simulation.make(kind, 1, folder, hours=hours, scale=scale)
    archive = folder / "archive"
    files = sorted(archive.rglob("*.json.gz"))
    for path in files[::COPIED_EACH]:
        path.with_name(path.name.replace("Z_", "Z_again")).write_bytes(path.read_bytes())
    cut, damaged = files[1], files[3]
    cut.write_bytes(cut.read_bytes()[:-9])
    records = json.loads(gzip.decompress(damaged.read_bytes()))["Records"]
    del records[0]["eventTime"]
    damaged.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return archive


def ledger(layout: Layout) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger says of every source, reject and event file, but for times and file names."""
    queries = {
        "sources": "select id, uri, etag, size, records, inserted, duplicates, rejected, "
        "delivered_at, batch_id, integrity, sha256 from sources order by id",
        "rejects": "select * from rejects order by source_id, record_index, reason",
        "event_files": "select batch_id, event_day, rows from event_files order by 1, 2",
        "batches": "select id from batches order by id",
    }
    with closing(sqlite3.connect(layout.ledger)) as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}

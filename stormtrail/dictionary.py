"""The data dictionary: every view and table of `stormtrail.duckdb`, made from what a store has.

`python -m stormtrail.dictionary STORE > docs/data-dictionary.md` after an analysis of the store;
a test holds the file against a store of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import queries
from analytics.rollups import ROLLUPS
from analytics.sandbox import run_readonly
from ingest.schema import COLUMNS
from stormtrail.layout import Layout

TABLES = {
    "events": ("Every entry once.", "one CloudTrail record"),
    "sources": ("Every file that was read.", "one object or file"),
    "event_files": ("The Parquet files that are committed.", "one file"),
    "rejects": ("What could not be read, and why.", "one record, or a whole file"),
    "batches": ("The commits of the store.", "one commit"),
    "event_integrity": (
        "What CloudTrail's digests prove of the file that each entry was loaded from.",
        "one CloudTrail record",
    ),
    "function_days": ("When each function ran first and last, day by day.", "function_arn, day"),
}
_LEDGER = {
    "id": "Its number.",
    "uri": "Where it was read: a path or s3:// URL.",
    "etag": "The object's ETag, or what stands for it; null where reading failed.",
    "size": "Bytes as stored at the source.",
    "records": "Records found in it.",
    "inserted": "Of them, new ones.",
    "duplicates": "Of them, already in the store.",
    "rejected": "Of them, those that could not be read.",
    "delivered_at": "When CloudTrail delivered it, from its name; UTC.",
    "batch_id": "batches.id of the commit.",
    "integrity": "proven, unproven or tampered; see `stormtrail ingest --verify`.",
    "integrity_reason": "Why it is not proven, in words; null where it is.",
    "sha256": "Of its content without gzip, in hex; null where it was loaded without --verify.",
    "path": "Below the store's folder.",
    "event_day": "UTC day of event_time.",
    "rows": "Rows in the file.",
    "source_id": "sources.id.",
    "record_index": "Position in the file, from 0; null for a whole file.",
    "reason": "Why, in words.",
    "started_at": "When work on it began, UTC.",
    "committed_at": "When it was committed, UTC.",
}
_COUNTS = {
    "minute": "UTC minute, its beginning.",
    "entries": "Entries of that row.",
    "runs": "Runs that began in that minute, by request id.",
    "executed": "Of them, those in which code ran.",
    "throttled": "Throttled attempts.",
    "first_seen": "The earliest entry, UTC.",
    "last_seen": "The latest entry, UTC.",
    "first_event_id": "event_id of the earliest entry.",
    "last_event_id": "event_id of the latest entry.",
    "low_event_id": "The lowest event_id, a sample.",
    "high_event_id": "The highest event_id, a sample.",
    "event_day": "UTC day, the partition.",
    "target": "What the call was about: bucket, queue, topic, stream, table or state machine.",
    "hour": "UTC hour, its beginning.",
    "subject": "What is counted: a function, caller, account or service.",
    "subject_kind": "What kind of subject it is.",
    "day": "UTC day.",
    "files": "Log files that held entries of the account.",
    "checks": "How often CloudTrail asked for the bucket's access control list.",
    "mixed_files": "Of them, those that held management and data entries: one trail recorded both.",
}
_EVENTS = {column.name: column.meaning for column in COLUMNS} | {
    "event_day": "UTC day of event_time."
}


def dictionary(layout: Layout) -> str:
    """The page as Markdown, for a store that was analysed."""
    parts = ["# Data dictionary", "", _HEAD, ""]
    for table, columns in _schema(layout).items():
        parts += [*_heading(table), "| column | type | meaning |", "|---|---|---|"]
        parts += [f"| {name} | {kind} | {_meaning(table, name)} |" for name, kind in columns]
        parts.append("")
    return "\n".join(parts)


_HEAD = """Made by `python -m stormtrail.dictionary STORE`; a test compares it with a store.
Times are `TIMESTAMP` in UTC. A column is null where the record has no such field.
The tables that count by minute or day are there after the first `stormtrail analyze`."""


def _schema(layout: Layout) -> Mapping[str, list[tuple[str, str]]]:
    sql = """
        select table_name, column_name, data_type
        from information_schema.columns
        where table_schema = 'main'
        order by table_name, ordinal_position
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for row in run_readonly(layout, sql).to_pylist():
        found.setdefault(row["table_name"], []).append((row["column_name"], row["data_type"]))
    order = [*TABLES, *ROLLUPS]
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0]), item[0])))


def _heading(table: str) -> Iterator[str]:
    about, grain = TABLES[table] if table in TABLES else _of_rollup(table)
    yield f"## `{table}`"
    yield ""
    yield f"{about} A row: {grain}."
    yield ""


def _of_rollup(table: str) -> tuple[str, str]:
    """Question and grain from the head of the rollup's query."""
    lines = queries.text(ROLLUPS[table].query).splitlines()
    grain = lines[1].removeprefix("-- grain: ").partition(";")[0]
    return lines[0].removeprefix("-- "), grain


def _meaning(table: str, column: str) -> str:
    if table in {"sources", "event_files", "rejects", "batches"}:
        return _LEDGER[column]
    if table in {"events", "event_integrity"}:
        return _EVENTS.get(column) or _LEDGER[column]
    return _COUNTS.get(column) or _EVENTS.get(column, "")


if __name__ == "__main__":
    sys.stdout.write(dictionary(Layout(Path(sys.argv[1]))))

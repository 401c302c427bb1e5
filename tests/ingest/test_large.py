"""Files that are too large for the memory at once give the same store, piece by piece."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.fields import read_files
from ingest.pieces import pieces
from ingest.pipeline import IngestOptions, ingest
from ingest.restore import restore
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of

RECORDS: list[Any] = [
    record(n, eventTime=f"2026-03-0{1 + n % 3}T00:00:00Z", userAgent=f"agent {n}") if n % 10 else
    {"number": n} for n in range(1, 200)
]  # fmt: skip


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with very little memory."""
    monkeypatch.setattr("ingest.pieces.PIECE_BYTES", 5_000)
    monkeypatch.setattr("ingest.work.PIECE_BYTES", 5_000)
    monkeypatch.setattr("ingest.work._TABLE_BYTES", 5_000)
    monkeypatch.setattr("ingest.pieces._LARGE_BYTES", 10_000)
    monkeypatch.setattr("ingest.held._HELD_BYTES", 30_000)


def told(layout: Layout) -> list[tuple[Any, ...]]:
    """Index, reason and bytes of every record that was set aside."""
    with closing(sqlite3.connect(layout.ledger)) as connection:
        return connection.execute(
            "select record_index, reason, raw from rejects order by source_id, record_index"
        ).fetchall()


def check(layout: Layout) -> None:
    rows = rows_of(layout)
    assert [restore(row) for row in rows] == [one for one in RECORDS if "eventID" in one]
    assert [row["record_index"] for row in rows] == [
        place for place, one in enumerate(RECORDS) if "eventID" in one
    ]
    assert [(index, reason, json.loads(raw)) for index, reason, raw in told(layout)] == [
        (place, "eventTime is missing", one)
        for place, one in enumerate(RECORDS)
        if "eventID" not in one
    ]


@pytest.mark.parametrize("shape", ["records", "lines", "list"])
def test_a_large_file_is_loaded_in_pieces(
    little: None, tmp_path: Path, layout: Layout, shape: str
) -> None:
    texts = {
        "records": json.dumps({"Records": RECORDS}),
        "lines": "\n".join(map(json.dumps, RECORDS)),
        "list": json.dumps(RECORDS),
    }
    (tmp_path / "a.json").write_text(texts[shape])
    summary = ingest([str(tmp_path / "a.json")], layout, IngestOptions(workers=0))
    assert (summary.files, summary.records, summary.rejected) == (1, 199, 19)
    check(layout)
    assert list(layout.staging.iterdir()) == []


def test_damage_in_a_large_file_costs_one_record(
    little: None, tmp_path: Path, layout: Layout
) -> None:
    texts = [json.dumps(one) for one in RECORDS]
    texts[100] = '{"eventVersion": {"'
    (tmp_path / "a.json").write_text(f'{{"Records": [{", ".join(texts)}]}}')
    ingest([str(tmp_path / "a.json")], layout, IngestOptions(workers=0))
    expected = [one for n, one in enumerate(RECORDS) if "eventID" in one and n != 100]
    assert [restore(row) for row in rows_of(layout)] == expected


def test_a_chunk_that_unpacks_to_too_much_is_put_aside_on_disk(
    little: None, tmp_path: Path, layout: Layout
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for start in range(0, 200, 40):
        packed = gzip.compress(json.dumps({"Records": RECORDS[start : start + 40]}).encode())
        (folder / f"{start:03}.json.gz").write_bytes(packed)
    twice = gzip.compress(json.dumps({"Records": RECORDS[:40]}).encode())
    (folder / "999.json.gz").write_bytes(twice)
    summary = ingest([str(folder)], layout, IngestOptions(workers=0))
    assert (summary.inserted, summary.duplicates, summary.rejected) == (180, 36, 23)
    expected = [one for one in RECORDS if "eventID" in one]
    assert [restore(row) for row in rows_of(layout)] == expected
    assert len(layout.committed_files()) > 3
    assert list(layout.staging.iterdir()) == []


def table(rows: int, **columns: Any) -> bytes:
    content = io.BytesIO()
    made = {
        "eventID": [f"e-{n}" for n in range(rows)],
        "eventName": ["Invoke"] * rows,
        "eventSource": ["lambda.amazonaws.com"] * rows,
        "eventTime": ["2026-03-01T00:00:00Z"] * rows,
        "recipientAccountId": ["111111111111"] * rows,
        "managementEvent": ["false"] * rows,
    }
    plain: Any = {"compression": "none", "use_dictionary": False}
    pq.write_table(pa.table(made | columns), content, row_group_size=100, **plain)
    return content.getvalue()


def test_a_large_parquet_file_is_loaded_in_pieces(
    little: None, tmp_path: Path, layout: Layout
) -> None:
    (tmp_path / "a.parquet").write_bytes(table(1_000))
    summary = ingest([str(tmp_path / "a.parquet")], layout, IngestOptions(workers=0))
    assert (summary.records, summary.inserted) == (1_000, 1_000)
    assert [(row["event_id"], row["record_index"]) for row in rows_of(layout)] == [
        (f"e-{n}", n) for n in range(1_000)
    ]


def test_parquet_may_hold_more_than_a_json_file_may(tmp_path: Path, layout: Layout) -> None:
    (tmp_path / "a.parquet").write_bytes(table(1_000))
    options = IngestOptions(workers=0, max_file_bytes=110_000)
    assert ingest([str(tmp_path / "a.parquet")], layout, options).inserted == 1_000


def test_a_row_that_is_no_text_costs_only_itself(tmp_path: Path, layout: Layout) -> None:
    agents = pa.array([b"good", b"\xff\xfe", b"good"]).view(pa.string())
    (tmp_path / "a.parquet").write_bytes(table(3, userAgent=agents))
    summary = ingest([str(tmp_path / "a.parquet")], layout)
    assert (summary.inserted, summary.rejected) == (2, 1)
    [(index, reason, raw)] = told(layout)
    assert (index, reason[:17]) == (1, "not a JSON record")
    assert json.loads(raw) == "row cannot be read (UnicodeDecodeError)"


def test_damage_in_a_parquet_file_costs_only_its_group_of_rows(
    tmp_path: Path, layout: Layout
) -> None:
    content = bytearray(table(1_000, userAgent=[f"agent number {n}" for n in range(1_000)]))
    middle = content.find(b"agent number 730")
    content[middle - 40 : middle] = b"\xff" * 40
    (tmp_path / "a.parquet").write_bytes(content)
    assert ingest([str(tmp_path / "a.parquet")], layout).inserted == 900
    reason = "Parquet file is damaged in 1 of 10 row groups"
    assert [(index, found) for index, found, _ in told(layout)] == [(None, reason)]


def test_rows_of_nothing_without_end_are_stopped() -> None:
    nulls = pa.nulls(1_000_000, pa.string())
    names = ("eventID", "eventName", "eventSource", "eventTime", "recipientAccountId")
    content = io.BytesIO()
    pq.write_table(pa.table(dict.fromkeys(names, nulls)), content)
    found = list(pieces(content.getvalue(), 0))
    limit = 100 * len(content.getvalue())
    read = read_files([piece.data for piece in found if piece.data is not None])
    assert sum(part.count for part in read.parts) == limit // 64 < 20_000
    assert (reject := found[-1].problem)
    assert reject.reason == f"its records are larger than {limit:,} bytes"

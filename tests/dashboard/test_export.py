from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from dashboard import export

TABLE = pa.table(
    {
        "name": ["=cmd|' /C calc'!A0", 'say "hi"', None],
        "at": [datetime(2026, 1, 10, 14), None, None],
        "n": [1, -2, 3],
    }
)


def test_csv_opens_in_a_spreadsheet_without_running_a_formula() -> None:
    assert export.to_csv(TABLE).decode() == (
        'name,at,n\n\'=cmd|\' /C calc\'!A0,2026-01-10 14:00:00,1\n"say ""hi""",,-2\n,,3\n'
    )


def test_json_keeps_every_value() -> None:
    assert json.loads(export.to_json(TABLE.to_pylist())) == [
        {"name": "=cmd|' /C calc'!A0", "at": "2026-01-10T14:00:00", "n": 1},
        {"name": 'say "hi"', "at": None, "n": -2},
        {"name": None, "at": None, "n": 3},
    ]


def test_parquet_is_the_same_table() -> None:
    assert pq.read_table(io.BytesIO(export.to_parquet(TABLE))).to_pylist() == TABLE.to_pylist()


def test_a_zip_holds_the_files_and_is_the_same_for_the_same_files() -> None:
    files = {"a/1.yaml": "x: 1\n", "STEPS.md": "# do\n"}
    content = export.to_zip(files)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == files
    assert export.to_zip(files) == content

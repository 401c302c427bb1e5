"""What any bytes of a log file must come through, and files to begin with: what `fuzz` and a test share."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.columns import LogFile, complete, receive
from ingest.decode import decode, elements
from ingest.dedupe import entry_keys
from ingest.fields import Read, at_once, by_record
from ingest.inflate import inflate
from ingest.pieces import pieces
from ingest.restore import restore
from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, ROWS, TEXT_FIELDS, TIME_FIELD
from tests.ingest.conftest import record

LIMIT = 1 << 20
SLOWLY = 8  # columns take twenty times as long as records: of every eighth input
_RUN = record(
    3,
    eventSource="lambda.amazonaws.com",
    eventName="Invoke",
    requestParameters={"functionName": "f:1", "invocationType": "Event", "sourceArn": "arn:a:b"},
    additionalEventData={"customerEniId": "", "functionVersion": "arn:aws:lambda:r:1:function:f:1"},
    resources=[{"ARN": "arn:aws:lambda:r:1:function:f", "type": "AWS::Lambda::Function"}],
)
_OLD = {key: value for key, value in record(4, eventVersion="1.0").items() if key != "eventID"}
_WORDS = [*TEXT_FIELDS.values(), *BOOLEAN_FIELDS.values(), *JSON_FIELDS.values(), TIME_FIELD]


def one_input(data: bytes) -> None:
    """What the bytes of one log file go through; every record is loaded or set aside."""
    check(data, built=not len(data) % SLOWLY)


def check(data: bytes, *, built: bool) -> None:
    """No record is lost on the way to rows, or where `built`, in them."""
    plain = inflate(data, LIMIT)
    for piece in pieces(b"" if plain.whole else plain.data, LIMIT):
        if piece.data is not None:
            check_decoded(piece.data)
            if built:
                check_built(piece.data, piece.first_index)


def check_decoded(text: bytes) -> None:
    """No record of a piece is lost, and the native reader finds no other ones."""
    decoded = decode(text)
    rejected = [reject for reject in decoded.rejects if reject.record_index is not None]
    if len(rejected) == len(decoded.rejects):
        found = len(decoded.records) + len(rejected)
        assert found == sum(1 for _ in elements(text))
    if fast := at_once([text]):
        assert [part.count for part in fast.parts] == [len(decoded.records)]
        assert not decoded.rejects
        assert not decoded.extras


def check_built(text: bytes, first_index: int) -> None:
    """Each record becomes a row that it can be had from again, or is set aside."""
    received = receive([LogFile(1, "111111111111", text, first_index)])
    table = complete([received.table])
    assert table.schema == ROWS
    assert entry_keys(table).shape == (table.num_rows, 2)
    for row in table.to_pylist():
        assert isinstance(restore(row), dict)
    slow = by_record([text])
    assert slow.parts[0].count + len(slow.parts[0].rejects) == table.num_rows + len(
        received.rejects[1]
    )
    if fast := at_once([text]):
        check_alike(fast, slow)


def check_alike(fast: Read, slow: Read) -> None:
    """Two readers found the same values, of the same types."""
    assert fast.columns.keys() == slow.columns.keys()
    for name, column in fast.columns.items():
        column.validate(full=True)
        assert column.type == slow.columns[name].type, name
        assert column.to_pylist() == slow.columns[name].to_pylist(), name


def seeds() -> list[bytes]:
    """Files of every shape, to begin with."""
    records: list[dict[str, Any]] = [record(1, eventTime="2026-03-01T00:00:00.5Z"), _RUN, _OLD]
    whole = json.dumps({"Records": records}).encode()
    lines = b"\n".join(json.dumps(one).encode() for one in records)
    flat = {name: [str(value) for _ in range(2)] for name, value in _OLD.items()}
    flat |= {"eventID": ["a", "b"], "managementEvent": ["true", "x"]}
    parquet = io.BytesIO()
    pq.write_table(pa.table(flat), parquet)
    table = ",".join(flat) + "\n" + ",".join(f'"{column[0]}"' for column in flat.values())
    return [whole, lines, whole + whole, gzip.compress(whole), gzip.compress(lines) * 2,
            parquet.getvalue(), table.encode(), json.dumps(records).encode()]  # fmt: skip


def words() -> str:
    """libFuzzer's dictionary: what a log file is made of."""
    signs = [r"\"Records\":[", r"\\ud800", "null", "true", "1e999", r"},{", r"\x1f\x8b\x08", "PAR1"]
    return "\n".join(f'"{word}"' for word in [*signs, *_WORDS])

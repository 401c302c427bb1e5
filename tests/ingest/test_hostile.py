"""Hostile input: each bad record or file is set aside by itself, with file, index and reason."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import IngestOptions, ingest
from ingest.restore import restore
from stormtrail.errors import InputError
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of


def loaded(layout: Layout) -> list[str]:
    """Ids of the entries in the store."""
    return [row["event_id"] for row in rows_of(layout)]


def rejects(layout: Layout) -> list[tuple[str, int | None, str]]:
    """(file name, index, reason) of everything that was set aside."""
    query = (
        "select uri, record_index, reason from rejects join sources on sources.id = source_id "
        "order by uri, record_index"
    )
    with closing(sqlite3.connect(layout.ledger)) as connection:
        found = connection.execute(query).fetchall()
    return [(uri.rpartition("/")[2], index, reason) for uri, index, reason in found]


def ids(*numbers: int) -> list[str]:
    return [record(number)["eventID"] for number in numbers]


def text(*records: Any) -> bytes:
    return json.dumps({"Records": list(records)}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good file, which must always come through."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.json").write_bytes(text(record(900)))
    return folder


def test_a_truncated_gzip_gives_the_records_before_the_cut(folder: Path, layout: Layout) -> None:
    packed = gzip.compress(text(*(record(n, userAgent=f"agent {n * n}") for n in range(50))))
    (folder / "cut.json.gz").write_bytes(packed[:-60])
    summary = ingest([str(folder)], layout)
    whole = loaded(layout)[:-1]
    assert whole == ids(*range(len(whole)))
    assert len(whole) > 20
    assert rejects(layout) == [
        ("cut.json.gz", None, "gzip ends early"),
        ("cut.json.gz", len(whole), "the file ends inside this record"),
    ]
    assert summary.records == len(whole) + 2


def test_a_gzip_with_a_wrong_checksum_gives_nothing(folder: Path, layout: Layout) -> None:
    packed = bytearray(gzip.compress(text(record(1))))
    packed[-8] ^= 1
    (folder / "wrong.json.gz").write_bytes(packed)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(900)
    [(name, index, reason)] = rejects(layout)
    assert (name, index) == ("wrong.json.gz", None)
    assert "checksum" in reason


def test_a_gzip_bomb_is_stopped_at_the_limit(folder: Path, layout: Layout) -> None:
    (folder / "bomb.json.gz").write_bytes(gzip.compress(b"[" + b" " * 5_000_000))
    ingest([str(folder)], layout, IngestOptions(max_file_bytes=1_000_000))
    assert loaded(layout) == ids(900)
    reason = "gzip holds more than 1,000,000 bytes"
    assert rejects(layout) == [("bomb.json.gz", None, reason)]


def test_a_plain_file_over_the_limit_is_set_aside(folder: Path, layout: Layout) -> None:
    (folder / "large.json").write_bytes(b" " * 5_000)
    ingest([str(folder)], layout, IngestOptions(max_file_bytes=1_000))
    assert loaded(layout) == ids(900)
    assert rejects(layout) == [("large.json", None, "larger than 1,000 bytes")]


def test_several_gzip_members_are_one_file(folder: Path, layout: Layout) -> None:
    lines = [json.dumps(record(n)).encode() + b"\n" for n in (1, 2)]
    packed = b"".join(gzip.compress(line) for line in lines)
    (folder / "a.jsonl").write_bytes(packed)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 2, 900)


def test_invalid_utf8_costs_one_record(folder: Path, layout: Layout) -> None:
    bad = text(record(1), record(2, userAgent="@@"), record(3), record(4, requestParameters="@@"))
    (folder / "a.json").write_bytes(bad.replace(b"@@", b"\xff\xfe"))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 3, 900)
    assert rejects(layout) == [
        ("a.json", 1, "not valid UTF-8"),
        ("a.json", 3, "not valid UTF-8"),
    ]


def test_nul_and_other_control_characters_are_kept_as_text(folder: Path, layout: Layout) -> None:
    odd = record(1, userAgent="a\u0000b\u001b[31m", requestParameters={"\u0000": "\u0000"})
    (folder / "a.json").write_bytes(text(odd))
    ingest([str(folder)], layout)
    assert restore(rows_of(layout)[0]) == odd


def test_raw_nul_bytes_cost_one_record(folder: Path, layout: Layout) -> None:
    bad = text(record(1), record(2, userAgent="@@"), record(3))
    (folder / "a.json").write_bytes(bad.replace(b"@@", b"\0"))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 3, 900)
    [(name, index, reason)] = rejects(layout)
    assert (name, index) == ("a.json", 1)
    assert reason.startswith("not a JSON record")


@pytest.mark.parametrize(("opening", "closing_"), [("[", "]"), ('{"a":', "}")])
def test_nesting_ten_thousand_deep_costs_one_record(
    folder: Path, layout: Layout, opening: str, closing_: str
) -> None:
    deep = (opening * 10_000 + "1" + closing_ * 10_000).encode()
    bad = text(record(1), record(2, requestParameters="@@"), record(3))
    (folder / "a.json").write_bytes(bad.replace(b'"@@"', deep))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 3, 900)
    assert rejects(layout) == [("a.json", 1, "nested too deeply")]


def test_values_of_unusual_types_are_loaded_and_can_be_had_again(
    folder: Path, layout: Layout
) -> None:
    odd = [
        record(1, errorCode=404, readOnly="true", awsRegion=None, sourceIPAddress=["::1"]),
        record(2, userIdentity="root", resources={"ARN": 1}, managementEvent=1),
        record(3, unheardOf={"a": [1.50, -0.0, 10**30]}, sessionCredentialFromConsole="true"),
        record(4, eventTime="2026-03-01T00:00:04.125Z"),
        record(5, eventTime="2026-03-01T02:00:05+02:00"),
        record(6, userIdentity={"type": 7, "arn": {"x": 1}, "sessionContext": [None]}),
    ]
    (folder / "a.json").write_bytes(text(*odd))
    ingest([str(folder)], layout)
    rows = rows_of(layout)[:-1]
    assert [restore(row) for row in rows] == odd
    assert [row["event_time"].isoformat() for row in rows[3:5]] == [
        "2026-03-01T00:00:04.125000",
        "2026-03-01T00:00:05",
    ]


NO_TIME = "eventTime is not a time between 1970 and 2200"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(2, eventTime="yesterday"), NO_TIME),
        (record(2, eventTime="2026-02-30T00:00:00Z"), NO_TIME),
        (record(2, eventTime="0001-01-01T00:00:00Z"), NO_TIME),
        (record(2, eventTime="1969-12-31T23:59:59Z"), NO_TIME),
        (record(2, eventTime="2200-01-01T00:00:00Z"), NO_TIME),
        (record(2, eventTime="9999-12-31T23:59:59.5Z"), NO_TIME),
        (record(2, eventTime=1772323200), "eventTime is not text"),
        ({"eventName": "x"}, "eventTime is missing"),
        ({}, "eventTime is missing"),
    ],
)
def test_a_record_without_a_readable_time_is_set_aside_with_its_bytes(
    folder: Path, layout: Layout, bad: dict[str, Any], reason: str
) -> None:
    (folder / "a.json").write_bytes(text(record(1), bad, record(3)))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 3, 900)
    assert rejects(layout) == [("a.json", 1, reason)]
    with closing(sqlite3.connect(layout.ledger)) as connection:
        [(raw,)] = connection.execute("select raw from rejects")
    assert json.loads(raw) == bad


@pytest.mark.parametrize("bad", [None, 1, "text", [], [record(2)], True])
def test_what_is_not_an_object_is_set_aside(folder: Path, layout: Layout, bad: Any) -> None:
    (folder / "a.json").write_bytes(text(record(1), bad, record(3)))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 3, 900)
    [(name, index, reason)] = rejects(layout)
    assert (name, index) == ("a.json", 1)
    assert reason.startswith("not a JSON record")


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"{}", b"[]", b'{"Records":[]}', b'{"Records":{}}', b'{"Records":null}'],
)
def test_files_without_records_do_no_harm(folder: Path, layout: Layout, content: bytes) -> None:
    (folder / "a.json").write_bytes(content)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(900)


@pytest.mark.parametrize(
    "content",
    [
        b"\x1f\x8b",
        b"\x1f\x8bgarbage",
        b"PK\x03\x04",
        b"\x00" * 100,
        b'{"Records":[',
        b"<html></html>",
        b'"' + b'\\"' * 50_000,
        b"]]]]}}}},,,,",
        b"\xef\xbb\xbf",
    ],
)
def test_files_of_garbage_do_no_harm(folder: Path, layout: Layout, content: bytes) -> None:
    (folder / "a.json").write_bytes(content)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(900)


def test_all_shapes_of_files_are_read(folder: Path, layout: Layout) -> None:
    (folder / "a.json").write_text(json.dumps([record(1), record(2)], indent=2))
    (folder / "b.json").write_text(json.dumps(record(3), indent=2))
    (folder / "c.jsonl").write_text("\n".join(json.dumps(record(n)) for n in (4, 5)) + "\n\n")
    (folder / "d.jsonl").write_bytes(text(record(6)) + b"\n" + text(record(7)))
    (folder / "e.json").write_bytes(b"\xef\xbb\xbf" + text(record(8)))
    (folder / "f.json").write_bytes(b" \r\n" + text(record(9)) + b"\r\n")
    (folder / "g.json").write_bytes(json.dumps({"Records": [record(10)], "more": 1}).encode())
    ingest([str(folder)], layout)
    assert sorted(loaded(layout)) == ids(*range(1, 11), 900)
    assert rejects(layout) == []


def test_a_bad_line_costs_one_record(folder: Path, layout: Layout) -> None:
    lines = [json.dumps(record(1)), '{"eventTime": oops}', json.dumps(record(3))]
    (folder / "a.jsonl").write_text("\n".join(lines))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 3, 900)
    assert [(name, index) for name, index, _ in rejects(layout)] == [("a.jsonl", 1)]


def test_files_and_links_with_odd_names(folder: Path, layout: Layout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_bytes(text(record(1)))
    (folder / "link.json").symlink_to(outside / "secret.json")
    (folder / "linked").symlink_to(outside)
    (folder / "circle").symlink_to(folder)
    (folder / "broken.json").symlink_to(folder / "absent.json")
    (folder / "a b%20'\"\n\u00e9\u202e.json").write_bytes(text(record(2)))
    ingest([str(folder)], layout)
    assert sorted(loaded(layout)) == ids(2, 900)


def test_names_that_are_not_text_are_read(folder: Path, layout: Layout) -> None:
    name = b"\xff\xfe.json".decode(errors="surrogateescape")
    (folder / name).write_bytes(text(record(1)))
    ingest([str(folder)], layout)
    assert sorted(loaded(layout)) == ids(1, 900)


def test_a_large_record_in_a_large_file_is_loaded(folder: Path, layout: Layout) -> None:
    large = record(1, requestParameters={"policy": "é" * 120_000})
    (folder / "a.json").write_bytes(text(large, *(record(n) for n in range(1_000, 20_998))))
    summary = ingest([str(folder)], layout)
    assert summary.inserted == 20_000
    assert restore(rows_of(layout)[0]) == large


def test_an_unreadable_file_is_named_and_tried_again(
    folder: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.json").write_bytes(text(record(1)))
    gone = folder / "gone.json"
    gone.write_bytes(text(record(2)))
    from ingest.sources.folder import FileReader

    read = FileReader.read

    def refuse(self: FileReader, location: str, limit: int) -> bytes:
        return read(self, "/nowhere" if location == str(gone) else location, limit)

    monkeypatch.setattr(FileReader, "read", refuse)
    first = ingest([str(folder)], layout)
    assert (first.inserted, first.rejected) == (2, 1)
    monkeypatch.undo()
    second = ingest([str(folder)], layout)
    assert (second.files, second.inserted, second.rejected) == (1, 1, 0)
    assert rejects(layout) == []


def test_nothing_readable_at_all_is_an_error(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "a.json"
    path.mkdir()
    (path / "b.json").symlink_to("/proc/self/mem")
    with pytest.raises(InputError) as caught:
        ingest([str(path / "b.json")], layout)
    assert caught.value.line().endswith("; none of 1 files could be read")


def test_padding_and_empty_members_between_gzip_members_are_passed_over(
    folder: Path, layout: Layout
) -> None:
    packed = gzip.compress(text(record(1))) + b"\0" * 9 + gzip.compress(b"") * 5_000
    (folder / "a.json.gz").write_bytes(packed + gzip.compress(text(record(2))) + b"\0" * 9)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 2, 900)
    assert rejects(layout) == []


def test_a_wrong_checksum_costs_only_its_own_member(folder: Path, layout: Layout) -> None:
    wrong = bytearray(gzip.compress(text(record(2))))
    wrong[-8] ^= 1
    (folder / "a.json.gz").write_bytes(gzip.compress(text(record(1))) + wrong)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 900)
    assert [(name, index) for name, index, _ in rejects(layout)] == [("a.json.gz", None)]


@pytest.mark.parametrize("between", [b"", b"\n", b" , "])
@pytest.mark.parametrize("damage", [b"", b"{oops},"])
def test_several_whole_files_in_one_are_all_read(
    folder: Path, layout: Layout, between: bytes, damage: bytes
) -> None:
    one, other = text(record(1)), text(record(2), record(3))
    one = one.replace(b'{"Records": [', b'{"Records": [' + damage)
    (folder / "a.json").write_bytes(one + between + other)
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 2, 3, 900)
    assert len(rejects(layout)) == (1 if damage else 0)


def test_a_second_list_of_records_is_not_lost(folder: Path, layout: Layout) -> None:
    first, second = (json.dumps([record(n)]) for n in (1, 2))
    (folder / "a.json").write_text(f'{{"x": [0], "Records": {first}, "Records": {second}}}')
    (folder / "b.json").write_text(f'{{"Records": null, "Records": {second}}}')
    summary = ingest([str(folder)], layout)
    assert (loaded(layout), summary.duplicates) == (ids(1, 2, 900), 1)


@pytest.mark.parametrize("damage", ['{"a": {"x": 1', '{"a": 1}}', '{"a": 1', '{"a": [1}'])
def test_brackets_that_do_not_match_cost_one_record(
    folder: Path, layout: Layout, damage: str
) -> None:
    good = [json.dumps(record(n)) for n in (1, 2, 3)]
    body = ", ".join([good[0], damage, good[1], good[2]])
    (folder / "a.json").write_text(f'{{"Records": [{body}]}}')
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 2, 3, 900)
    assert [(name, index) for name, index, _ in rejects(layout)] == [("a.json", 1)]


def test_half_a_character_does_not_keep_a_record_out(folder: Path, layout: Layout) -> None:
    odd = record(1, userAgent="a@b", requestParameters={"@": ["@", "\U0001f600"]}, other="@")
    escaped = json.dumps({"Records": [odd, record(2)]}).replace("@", "\\uD800")
    (folder / "a.json").write_text(escaped)
    ingest([str(folder)], layout)
    whole = json.loads(json.dumps(odd).replace("@", "\\ufffd"))
    assert [restore(row) for row in rows_of(layout)[:2]] == [whole, record(2)]
    assert rejects(layout) == []


def test_numbers_without_end_do_not_stop_an_entry_without_an_id(
    folder: Path, layout: Layout
) -> None:
    old = record(1, eventVersion="1.0", requestParameters="@@")
    del old["eventID"]
    copies = [json.dumps(old).replace('"@@"', digit * 5_000) for digit in "789"]
    (folder / "a.json").write_text(f'{{"Records": [{", ".join([*copies, copies[0]])}]}}')
    summary = ingest([str(folder)], layout)
    assert (summary.inserted, summary.duplicates, summary.rejected) == (4, 1, 0)
    assert restore(rows_of(layout)[1])["requestParameters"] == "8" * 5_000


def test_very_many_bad_records_are_each_set_aside(folder: Path, layout: Layout) -> None:
    (folder / "a.json").write_text(json.dumps({"Records": [{"a": n} for n in range(20_000)]}))
    summary = ingest([str(folder)], layout)
    assert (summary.inserted, summary.rejected) == (1, 20_000)
    with closing(sqlite3.connect(layout.ledger)) as connection:
        found = connection.execute("select record_index, raw from rejects order by record_index")
        assert [json.loads(raw) == {"a": index} for index, raw in found] == [True] * 20_000


@pytest.mark.parametrize("element", [b"{},", b"[],", b"1,"])
def test_a_file_of_tiny_values_made_to_fill_the_memory_is_set_aside(
    folder: Path, layout: Layout, element: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.decode.MOST_RECORDS", 1_000)
    monkeypatch.setattr("ingest.pieces.MOST_RECORDS", 1_000)
    monkeypatch.setattr("ingest.decode._MOST_ELEMENTS", 2_000)
    (folder / "a.json").write_bytes(b'{"Records": [' + element * 10_000 + b"1]}")
    (folder / "b.json").write_bytes(text(record(1, requestParameters=[1] * 30_000), record(2)))
    ingest([str(folder)], layout)
    assert loaded(layout) == ids(1, 2, 900)
    assert rejects(layout) == [("a.json", None, "holds more than 1,000 records")]


@pytest.mark.parametrize("content", [b'{"Records":[', b'{"Records": [ ', b'{"Records":[]', b"["])
def test_a_file_that_ends_before_its_first_record_is_set_aside(
    folder: Path, layout: Layout, content: bytes
) -> None:
    (folder / "a.json").write_bytes(content)
    ingest([str(folder)], layout)
    assert rejects(layout) == [("a.json", None, "the file ends before its first record")]


@pytest.mark.parametrize("content", [b'{"Records":[]}', b"[]", b" \n"])
def test_a_file_without_records_is_whole(folder: Path, layout: Layout, content: bytes) -> None:
    (folder / "a.json").write_bytes(content)
    ingest([str(folder)], layout)
    assert rejects(layout) == []

"""Rollups of records whose counts are known, through the store that ingest writes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from analytics import rollups, warehouse
from analytics.rollup_data import load
from analytics.rollups import refresh
from analytics.warehouse import Warehouse, is_elsewhere, publish, reads_rollups
from ingest.maintenance import status
from ingest.pipeline import IngestOptions, ingest
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

HOME, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{HOME}:function:forwarder"
GROUP = f"arn:aws:logs:{REGION}:{HOME}:log-group:audit"

Record = dict[str, Any]


def record(event_id: str, at: str, name: str, run: str, account: str = HOME) -> Record:
    """An accepted run (`Invoke`) or its execution."""
    accepted = name == "Invoke"
    host = "logs.amazonaws.com" if accepted else "lambda.amazonaws.com"
    extra: Record = {"functionVersion": f"{FUNCTION}:$LATEST"}
    return {
        "eventVersion": "1.11",
        "eventID": event_id,
        "eventTime": at,
        "eventSource": "lambda.amazonaws.com",
        "eventName": name,
        "eventCategory": "Data",
        "awsRegion": REGION,
        "recipientAccountId": account,
        "requestID": run,
        "userIdentity": {"type": "AWSService", "invokedBy": host},
        "sourceIPAddress": host,
        "requestParameters": {
            "functionName": FUNCTION,
            "sourceArn": f"{GROUP}:*" if accepted else FUNCTION,
        },
        "additionalEventData": extra if accepted else {**extra, "customerEniId": ""},
        "resources": [{"ARN": FUNCTION, "accountId": HOME, "type": "AWS::Lambda::Function"}],
    }


def store(folder: Path, name: str, records: Sequence[Record]) -> Layout:
    """The store of this folder after an ingest of these records, its rollups not yet made."""
    archive = folder / "archive"
    archive.mkdir(exist_ok=True)
    (archive / f"{name}.json").write_text(json.dumps({"Records": list(records)}))
    layout = Layout(folder / "store")
    ingest([str(archive)], layout, IngestOptions(workers=0))
    return layout


def run_minutes(layout: Layout) -> list[tuple[object, ...]]:
    columns = "minute, account_id, trigger_kind, trigger_arn, runs, executed, entries"
    rows = Warehouse.open(layout).sql(f"select {columns} from run_minutes order by all")  # noqa: S608
    return [(str(row["minute"]), *list(row.values())[1:]) for row in rows.to_pylist()]


def test_a_run_is_one_request_however_many_records_it_writes(tmp_path: Path) -> None:
    layout = store(
        tmp_path,
        "a",
        [
            record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1"),
            record("e2", "2026-03-01T10:00:02Z", "InvokeExecution", "r1"),
            record("e3", "2026-03-01T10:01:02Z", "InvokeExecution", "r1"),
        ],
    )
    refresh(layout)
    expected = ("2026-03-01 10:00:00", HOME, "cloudwatch_logs", GROUP, 1, 1, 3)
    assert run_minutes(layout) == [expected]


def test_an_execution_after_midnight_is_no_new_run(tmp_path: Path) -> None:
    layout = store(
        tmp_path,
        "a",
        [
            record("e1", "2026-03-01T23:59:58Z", "Invoke", "r1"),
            record("e2", "2026-03-02T00:00:02Z", "InvokeExecution", "r1"),
        ],
    )
    refresh(layout)
    found = run_minutes(layout)
    assert [(row[0], row[4], row[6]) for row in found] == [
        ("2026-03-01 23:59:00", 1, 1),
        ("2026-03-02 00:00:00", 0, 1),
    ]


def test_a_run_that_two_accounts_record_counts_once_and_its_entries_twice(tmp_path: Path) -> None:
    layout = store(
        tmp_path,
        "a",
        [
            record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1"),
            record("e2", "2026-03-01T10:00:01Z", "Invoke", "r1", account=OTHER),
        ],
    )
    refresh(layout)
    data = load(Warehouse.open(layout), None, None)
    assert data is not None
    totals = {name: float(values.sum()) for name, values in data.runs.measures.items()}
    assert (totals["runs"], totals["entries"]) == (1.0, 2.0)


def test_a_file_with_management_and_data_entries_is_one_trails_that_records_both(
    tmp_path: Path,
) -> None:
    run = record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")
    listed = {
        **record("e2", "2026-03-01T10:00:02Z", "ListFunctions20150331", "r2"),
        "resources": [],
    }
    listed |= {"eventCategory": "Management", "requestParameters": None}
    other = {**listed, "eventID": "e3", "recipientAccountId": OTHER}
    layout = store(tmp_path, "a", [run, listed, other])
    store(tmp_path, "b", [{**run, "eventID": "e4", "requestID": "r4"}])
    refresh(layout)
    rows = Warehouse.open(layout).sql("select account_id, files, mixed_files from file_days")
    assert [tuple(row.values()) for row in rows.to_pylist()] == [(HOME, 2, 1), (OTHER, 1, 0)]
    data = load(Warehouse.open(layout), None, None)
    assert data is not None
    assert data.mixed_accounts == {HOME}


TABLE = f"arn:aws:dynamodb:{REGION}:{HOME}:table/index"


@pytest.mark.parametrize(
    ("name", "parameters", "target"),
    [
        ("PutItem", {"tableName": "index", "key": {"id": "1"}}, "index"),
        ("PutItem", {"tableName": TABLE}, TABLE),
        ("BatchWriteItem", {"requestItems": {"index": []}}, TABLE),
        ("BatchWriteItem", None, TABLE),
    ],
)
def test_a_functions_call_on_a_table_names_it(
    tmp_path: Path, name: str, parameters: object, target: str
) -> None:
    written = record("e1", "2026-03-01T10:00:01Z", name, "r1") | {
        "eventSource": "dynamodb.amazonaws.com",
        "userIdentity": {
            "type": "AssumedRole",
            "accountId": HOME,
            "inScopeOf": {"credentialsIssuedTo": FUNCTION},
        },
        "requestParameters": parameters,
        "resources": [{"ARN": TABLE, "accountId": HOME, "type": "AWS::DynamoDB::Table"}],
    }
    layout = store(tmp_path, "a", [written])
    refresh(layout)
    rows = Warehouse.open(layout).sql("select caller_function_arn, target from call_minutes")
    assert rows.to_pylist() == [{"caller_function_arn": FUNCTION, "target": target}]


def test_only_the_days_with_new_entries_are_made_again(tmp_path: Path) -> None:
    first = record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")
    second = record("e2", "2026-03-03T10:00:01Z", "Invoke", "r2")
    late = record("e3", "2026-03-03T11:00:01Z", "Invoke", "r3")
    layout = store(tmp_path, "a", [first, second])
    made = [refresh(layout), refresh(layout)]
    store(tmp_path, "b", [late])
    made.append(refresh(layout))
    assert made == [("2026-03-01", "2026-03-03"), (), ("2026-03-03",)]


def published(layout: Layout, sql: str) -> list[tuple[Any, ...]]:
    publish(layout)
    return answered(layout, sql)


def answered(layout: Layout, sql: str) -> list[tuple[Any, ...]]:
    """By the database as it is published."""
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_run_whose_beginning_arrives_late_is_no_run_of_the_next_day(tmp_path: Path) -> None:
    executed = record("e2", "2026-03-02T00:00:02Z", "InvokeExecution", "r1")
    layout = store(tmp_path, "late", [executed])
    refresh(layout)
    store(tmp_path, "later", [record("e1", "2026-03-01T23:59:58Z", "Invoke", "r1")])
    assert refresh(layout) == ("2026-03-01", "2026-03-02")
    assert [(row[0], row[4]) for row in run_minutes(layout)] == [
        ("2026-03-01 23:59:00", 1),
        ("2026-03-02 00:00:00", 0),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_files_that_arrive_in_any_order_leave_what_all_at_once_leave(
    tmp_path: Path, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    told = []
    for run in range(40):
        begun = datetime(2026, 3, 1) + timedelta(minutes=int(draw.integers(3 * 24 * 60)))
        times = begun, begun + timedelta(minutes=int(draw.choice([0, 1, 100, 350])))
        for time, name in zip(times, ("Invoke", "InvokeExecution"), strict=True):
            told.append(record(f"{name}{run}", f"{time:%Y-%m-%dT%H:%M:%SZ}", name, f"r{run}"))
    told = [told[place] for place in draw.permutation(len(told))]
    for part in range(8):
        refresh(store(tmp_path, f"part{part}", told[part::8]))
    (tmp_path / "whole").mkdir()
    whole = store(tmp_path / "whole", "whole", told)
    refresh(whole)
    found, expected = (
        [pq.read_table(path, partitioning=None) for path in kept(layout)]
        for layout in (Layout(tmp_path / "store"), whole)
    )
    assert found == expected


@pytest.mark.parametrize("name", ["a*b", "[ab]", "a#b", "50%20", "it's", "{a,b}", "a b"])
def test_a_store_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "ab").mkdir()  # what the name would match as a pattern
    store(tmp_path / "ab", "b", [record("e2", "2026-03-01T10:00:01Z", "Invoke", "r2")])
    (tmp_path / name).mkdir()
    layout = store(tmp_path / name, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    refresh(layout)
    assert published(layout, "select event_id from events") == [("e1",)]
    assert published(layout, "select sum(runs) from run_minutes") == [(1,)]
    assert not is_elsewhere(layout)
    assert status(layout).rows == 1


def test_an_empty_store_is_published_and_answers(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "store")
    tables = "select (select count(*) from events), (select count(*) from sources)"
    assert published(layout, tables) == [(0, 0)]


def test_the_database_is_swapped_in_whole_while_a_reader_keeps_the_old_one(tmp_path: Path) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    publish(layout)
    old = layout.database.stat().st_ino
    with duckdb.connect(str(layout.database), read_only=True) as reader:
        count = "select sum(inserted) from sources"
        before = reader.execute(count).fetchall()
        store(tmp_path, "b", [record("e2", "2026-03-01T11:00:01Z", "Invoke", "r2")])
        fresh = Layout(tmp_path / "store")
        publish(fresh)
        assert reader.execute(count).fetchall() == before == [(1,)]
    assert layout.database.stat().st_ino != old
    assert published(layout, count) == [(2,)]
    assert list(layout.root.glob("*.new")) == []


@pytest.mark.parametrize("name", ["traffic_minutes", "run_minutes", "changes"])
def test_rollups_can_be_read_from_the_published_database(tmp_path: Path, name: str) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    refresh(layout)
    rows = {"changes": 0}.get(name, 1)
    assert published(layout, f"select count(*) from {name}") == [(rows,)]  # noqa: S608


def test_a_published_database_reads_days_that_were_rolled_up_since(tmp_path: Path) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    publish(layout)
    refresh(layout)
    unknown = reads_rollups(layout)
    publish(layout)
    store(tmp_path, "b", [record("e2", "2026-03-02T10:00:01Z", "Invoke", "r2")])
    refresh(layout)
    assert (unknown, reads_rollups(layout)) == (False, True)
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        assert connection.execute("select sum(runs) from run_minutes").fetchall() == [(2,)]


def test_days_made_together_are_the_days_made_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [
        record("e1", "2026-03-01T23:59:58Z", "Invoke", "r1"),
        record("e2", "2026-03-02T00:00:02Z", "InvokeExecution", "r1"),
        record("e3", "2026-03-02T17:30:00Z", "Invoke", "r2"),
        record("e4", "2026-03-02T23:30:00Z", "InvokeExecution", "r2"),
        record("e5", "2026-03-03T05:00:00Z", "InvokeExecution", "r2"),
        record("e6", "2026-03-05T05:00:00Z", "InvokeExecution", "r3"),
    ]
    layout = store(tmp_path, "a", told)
    refresh(layout)
    together = {path: pq.read_table(path, partitioning=None) for path in kept(layout)}
    (layout.rollups / "state.json").unlink()
    monkeypatch.setattr(rollups, "ROWS_AT_ONCE", 0)
    refresh(layout)
    assert together == {path: pq.read_table(path, partitioning=None) for path in kept(layout)}
    assert len(together) == 4 * len(rollups.ROLLUPS)


def test_answers_worked_out_at_once_are_those_of_one_after_the_other(tmp_path: Path) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:00Z", "Invoke", "r1")])
    span = {"day_start": datetime(2026, 3, 1), "day_end": datetime(2026, 3, 2)}
    engine = Warehouse.open(layout)
    for functions in ([], [FUNCTION]):  # a table that is registered again is seen anew
        engine.register("known_sessions", rollups.known_sessions(functions))
        rollups.define_stages(engine, **span)
        names = [rollup.query for rollup in rollups.ROLLUPS.values()]
        alone = [engine.query(name, **span) for name in names]
        assert list(engine.answers(names, **span)) == alone


def kept(layout: Layout) -> list[Path]:
    """The files of all rollups but that which counts log files."""
    found = layout.rollups.glob("*/*/*.parquet")
    return sorted(path for path in found if path.parts[-3] != "file_days")


ROLE = "arn:aws:iam::444455556666:role/log-writer"


def assumed(event_id: str, at: str, key: str, account: str) -> Record:
    """The forwarder's AssumeRole into another account, as its own account or that one records it."""
    there: Record = {"type": "AWSAccount", "principalId": "AROA1:forwarder", "accountId": HOME}
    arn = f"arn:aws:sts::{HOME}:assumed-role/forwarder-role/forwarder"
    here: Record = {"type": "AssumedRole", "arn": arn, "accountId": HOME}
    return {
        **record(event_id, at, "AssumeRole", event_id, account),
        "eventSource": "sts.amazonaws.com",
        "eventCategory": "Management",
        "userIdentity": here if account == HOME else there,
        "requestParameters": {"roleArn": ROLE, "roleSessionName": "writing"},
        "responseElements": {"credentials": {"accessKeyId": key}},
        "additionalEventData": None,
        "resources": None,
    }


def written(event_id: str, at: str, key: str) -> Record:
    """A PutObject with that key."""
    arn = f"arn:aws:sts::{OTHER}:assumed-role/log-writer/writing"
    return {
        **record(event_id, at, "PutObject", event_id, OTHER),
        "eventSource": "s3.amazonaws.com",
        "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": OTHER, "accessKeyId": key},
        "requestParameters": {"bucketName": "archive", "key": event_id},
        "additionalEventData": None,
        "resources": None,
    }


def test_what_a_function_does_as_another_role_is_its_own_in_other_files_and_days(
    tmp_path: Path,
) -> None:
    # the calls are loaded first; the third key is of a caller that nothing is known of
    store(
        tmp_path,
        "b",
        [
            written("p1", "2026-03-01T23:50:00Z", "ASIA1"),
            written("p2", "2026-03-02T00:20:00Z", "ASIA1"),
            written("p3", "2026-03-02T00:20:00Z", "ASIA3"),
        ],
    )
    layout = store(
        tmp_path,
        "a",
        [
            record("e1", "2026-03-01T23:30:00Z", "Invoke", "r1"),
            assumed("a1", "2026-03-01T23:30:01Z", "ASIA1", HOME),
            assumed("a2", "2026-03-01T23:30:01Z", "ASIA1", OTHER),
        ],
    )
    refresh(layout)
    text = (
        "select account_id, event_name, sum(entries) as n, count(distinct caller_function_arn) as c"
    )
    rows = Warehouse.open(layout).sql(f"{text} from call_minutes group by all order by all")
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        (HOME, "AssumeRole", 1, 1),
        (OTHER, "AssumeRole", 1, 1),
        (OTHER, "PutObject", 2, 1),
    ]


def test_rollups_are_published_into_a_copy_of_what_is_published_where_that_holds_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    publish(layout)
    refresh(layout)
    monkeypatch.setattr(warehouse, "publish", lambda _: pytest.fail("published whole"))
    warehouse.publish_rollups(layout)
    assert reads_rollups(layout)
    assert answered(layout, "select sum(runs) from run_minutes") == [(1,)]
    assert answered(layout, "select count(*) from sources") == [(1,)]


def test_a_database_that_lacks_a_commit_is_published_whole(tmp_path: Path) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    publish(layout)
    store(tmp_path, "b", [record("e2", "2026-03-02T10:00:01Z", "Invoke", "r2")])
    refresh(layout)
    warehouse.publish_rollups(layout)
    assert answered(layout, "select count(*) from sources") == [(2,)]
    assert answered(layout, "select sum(runs) from run_minutes") == [(2,)]


def test_an_empty_store_has_the_columns_of_a_full_one(tmp_path: Path) -> None:
    layout = store(tmp_path, "a", [])
    publish(layout)
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        assert connection.sql("select event_day, event_id from events").fetchall() == []


def test_rollups_that_cannot_be_written_are_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])

    def full(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(rollups, "_write_state", full)
    with pytest.raises(StoreError, match="rollups cannot be written") as caught:
        refresh(layout)
    assert "a folder that you may write into" in caught.value.hint


def test_a_store_that_was_copied_answers_from_its_own_files(tmp_path: Path) -> None:
    layout = store(tmp_path, "a", [record("e1", "2026-03-01T10:00:01Z", "Invoke", "r1")])
    publish(layout)
    copied = Layout(tmp_path / "copied")
    shutil.copytree(layout.root, copied.root)
    assert (is_elsewhere(layout), is_elsewhere(copied), reads_rollups(copied)) == (
        False,
        True,
        False,
    )
    publish(copied)
    assert not is_elsewhere(copied)

"""Derived columns of `events`: everything that needs JSON, nesting or regex, done once at load.

Works on whole columns. Texts repeat (identities, parameters of runs), so each distinct one is
read once; only S3 and AssumeRole entries are read one by one, because theirs never repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.changes import category_of, is_change
from ingest.identity import Identity, identity_columns, member, read_identities, text
from ingest.runs import LAMBDA, RUN_PREFIX, Run, RunKey, parse, read_run
from ingest.schema import SCHEMA

Columns = Mapping[str, Any]

# The key customerEniId tells whether code ran; it was introduced during 2021.
_KEY_EXPECTED_FROM = np.datetime64("2022-01-01", "us").astype(int)


def derive(columns: Columns, key_accounts: Any) -> dict[str, Any]:
    """Every derived column for the received `columns`.

    `key_accounts` is a text array: the account in the key of each row's file, or null.
    """
    identities, codes = read_identities(columns["user_identity"])
    found = identity_columns(identities, codes)
    found["account_id"] = pc.coalesce(
        columns["recipient_account_id"], found["identity_account_id"], key_accounts
    )
    found["category"], found["configuration_change"] = _by_call(columns)
    found |= _run_columns({**columns, **found}, identities, codes)
    found |= _object_columns(columns, found["category"])
    found |= _session_columns(columns)
    return found


def _distinct(columns: Sequence[Any]) -> tuple[list[tuple[Any, ...]], Any]:
    """The distinct combinations of values of some columns, and which of them each row has (int64)."""
    coded = [column.dictionary_encode("encode") for column in columns]
    places = np.zeros(len(columns[0]), np.int64)
    for column in coded:
        # coded anew after each column, so that no product of codes outgrows 64 bits
        codes = pc.fill_null(column.indices, 0).to_numpy()
        pairs = pa.array(places * max(len(column.dictionary), 1) + codes).dictionary_encode()
        places = pairs.indices.to_numpy().astype(np.int64)
    _, firsts = np.unique(places, return_index=True)
    combinations = (column.take(pa.array(firsts)).to_pylist() for column in columns)
    return list(zip(*combinations, strict=True)), places


def _by_call(columns: Columns) -> tuple[Any, Any]:
    """category and configuration_change: both follow from four fields."""
    names = ("event_category", "management_event", "event_source", "event_name")
    calls, places = _distinct([columns[name] for name in names])
    categories = pa.array([category_of(*call) for call in calls], pa.string())
    changes = pa.array([is_change(*call[2:]) for call in calls], pa.bool_())
    rows = pa.array(places, pa.int64())
    return categories.take(rows), changes.take(rows)


def _rows(mask: Any) -> Any:
    """Places of the true values, as int64."""
    return np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))


def _scatter(values: Any, rows: Any, length: int, picks: Any = None) -> Any:
    """A column of `length` with `values` (or those at `picks`) at `rows`, null elsewhere."""
    places = np.full(length, -1, np.int64)
    places[rows] = np.arange(len(rows)) if picks is None else picks
    return values.take(pa.array(places, mask=places < 0))


_RUN_TEXTS = (
    "request_parameters",
    "additional_event_data",
    "resources",
    "aws_region",
    "account_id",
)


def _run_columns(columns: Columns, identities: list[Identity], codes: Any) -> dict[str, Any]:
    names = columns["event_name"]
    is_run = pc.and_(
        pc.equal(columns["event_source"], LAMBDA), pc.starts_with(names, pattern=RUN_PREFIX)
    )
    rows = _rows(is_run)
    keys, places = _distinct(_run_facts(columns, codes, rows))
    runs = [_read_run(key, identities) for key in keys]
    fields = zip(*runs, strict=True) if runs else [()] * len(Run._fields)
    result = {
        name: _scatter(pa.array(values, SCHEMA.field(name).type), rows, len(names), places)
        for name, values in zip(Run._fields, fields, strict=True)
    }
    run_ids = pc.coalesce(columns["request_id"], columns["event_id"])
    result["run_id"] = pc.if_else(pc.fill_null(is_run, False), run_ids, None)
    return result


def _run_facts(columns: Columns, codes: Any, rows: Any) -> list[Any]:
    """The fields of `RunKey` for the runs at `rows`, with codes in place of identities."""
    agent = columns["user_agent"].take(rows)
    times = columns["event_time"].take(rows).cast(pa.int64())
    return [
        columns["event_name"].take(rows),
        codes.take(rows),
        pc.is_valid(columns["error_code"].take(rows)),
        pc.fill_null(pc.match_substring(agent, "exec-env/AWS_Lambda_"), False),
        pc.greater_equal(times, _KEY_EXPECTED_FROM),
        *(columns[name].take(rows) for name in _RUN_TEXTS),
    ]


def _read_run(key: tuple[Any, ...], identities: list[Identity]) -> Run:
    name, code, *rest = key
    return read_run(RunKey(name, Identity() if code is None else identities[code], *rest))


def _object_columns(columns: Columns, category: Any) -> dict[str, Any]:
    """bucket_name and object_key of S3 data events."""
    source = pc.equal(columns["event_source"], "s3.amazonaws.com")
    rows = _rows(pc.and_(source, pc.equal(category, "Data")))
    parameters = [parse(raw) for raw in columns["request_parameters"].take(rows).to_pylist()]
    length = len(category)
    return {
        column: _scatter(_texts(parameters, name), rows, length)
        for column, name in (("bucket_name", "bucketName"), ("object_key", "key"))
    }


def _session_columns(columns: Columns) -> dict[str, Any]:
    """The session that an AssumeRole* call issued."""
    names = columns["event_name"]
    source = pc.equal(columns["event_source"], "sts.amazonaws.com")
    rows = _rows(pc.and_(source, pc.starts_with(names, pattern="AssumeRole")))
    answers = [parse(raw) for raw in columns["response_elements"].take(rows).to_pylist()]
    asked = [parse(raw) for raw in columns["request_parameters"].take(rows).to_pylist()]
    keys = _texts(answers, "credentials", "accessKeyId")
    return {
        "issued_access_key_id": _scatter(keys, rows, len(names)),
        "issued_session": _scatter(_texts(asked, "roleSessionName"), rows, len(names)),
    }


def _texts(values: Iterable[Any], *path: str) -> Any:
    """The texts at a path of members, as a text column."""
    return pa.array([text(member(value, *path)) for value in values], pa.string())

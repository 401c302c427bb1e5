"""Derived columns of `events`: everything that needs JSON, nesting or regex, done once at load.

Works on whole columns. Texts repeat (identities, parameters of runs), so each distinct one is
read once; only S3 and AssumeRole entries are read one by one, because theirs never repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.changes import category_of, is_change
from ingest.coded import distinct, mask, spread
from ingest.identity import Identity, identity_columns, member, read_identities, text
from ingest.runs import LAMBDA, RUN_PREFIX, Run, RunKey, parse, read_run
from ingest.schema import SCHEMA

Columns = Mapping[str, Any]

# The key customerEniId tells whether code ran; it was introduced during 2021.
_KEY_EXPECTED_FROM = np.datetime64("2022-01-01", "us").astype(int)


def derive(columns: Columns, key_accounts: Any) -> dict[str, Any]:
    """Every derived column for the received `columns`, whose repeated texts are dictionaries.

    `key_accounts` is a text column: the account in the key of each row's file, or null.
    """
    identities, codes = read_identities(columns["user_identity"])
    found = identity_columns(identities, codes)
    found["account_id"] = _first_known(
        columns["recipient_account_id"], found["identity_account_id"], key_accounts
    )
    found["category"], found["configuration_change"] = _by_call(columns)
    found |= _run_columns({**columns, **found}, identities, codes)
    found |= _object_columns(columns, found["category"])
    found |= _session_columns(columns)
    return found


def _first_known(*columns: Any) -> Any:
    """Of each row the first value that is not null."""
    rows, picks = distinct(columns)
    values = [next((value for value in row if value is not None), None) for row in rows]
    return spread(pa.array(values, pa.string()), pa.array(picks))


def _by_call(columns: Columns) -> tuple[Any, Any]:
    """category and configuration_change: both follow from four fields."""
    names = ("event_category", "management_event", "event_source", "event_name")
    calls, places = distinct([columns[name] for name in names])
    categories = pa.array([category_of(*call) for call in calls], pa.string())
    changes = pa.array([is_change(*call[2:]) for call in calls], pa.bool_())
    rows = pa.array(places)
    return spread(categories, rows), spread(changes, rows)


def _rows_of(columns: Columns, service: str, prefix: str = "") -> Any:
    """Which rows (bool) are calls of a service, and begin like that."""
    of_service = mask(columns["event_source"], lambda names: pc.equal(names, service))
    begins = mask(columns["event_name"], lambda names: pc.starts_with(names, pattern=prefix))
    return of_service & begins if prefix else of_service


_RUN_TEXTS = (
    "request_parameters",
    "additional_event_data",
    "resources",
    "aws_region",
    "account_id",
)


def _run_columns(columns: Columns, identities: list[Identity], codes: Any) -> dict[str, Any]:
    is_run = _rows_of(columns, LAMBDA, RUN_PREFIX)
    rows = np.flatnonzero(is_run)
    keys, places = distinct(_run_facts(columns, codes, rows))
    runs = [_read_run(key, identities) for key in keys]
    fields = zip(*runs, strict=True) if runs else [()] * len(Run._fields)
    result = {
        name: spread(pa.array(values, SCHEMA.field(name).type), places, rows, len(is_run))
        for name, values in zip(Run._fields, fields, strict=True)
    }
    run_ids = pc.coalesce(columns["request_id"], columns["event_id"])
    result["run_id"] = pc.if_else(pa.array(is_run), run_ids, None)
    return result


def _run_facts(columns: Columns, codes: Any, rows: Any) -> list[Any]:
    """The fields of `RunKey` for the runs at `rows`, with codes in place of identities."""
    from_code = mask(
        columns["user_agent"], lambda names: pc.match_substring(names, "exec-env/AWS_Lambda_")
    )
    times = columns["event_time"].take(rows).cast(pa.int64())
    return [
        columns["event_name"].take(rows),
        codes.take(rows),
        pc.is_valid(columns["error_code"].take(rows)),
        pa.array(from_code[rows]),
        pc.greater_equal(times, _KEY_EXPECTED_FROM),
        *(columns[name].take(rows) for name in _RUN_TEXTS),
    ]


def _read_run(key: tuple[Any, ...], identities: list[Identity]) -> Run:
    name, code, *rest = key
    return read_run(RunKey(name, Identity() if code is None else identities[code], *rest))


def _object_columns(columns: Columns, category: Any) -> dict[str, Any]:
    """bucket_name and object_key of S3 data events."""
    is_data = mask(category, lambda names: pc.equal(names, "Data"))
    rows = np.flatnonzero(_rows_of(columns, "s3.amazonaws.com") & is_data)
    parameters = _parsed(columns["request_parameters"], rows)
    return {
        column: _at(rows, len(is_data), _texts(parameters, name))
        for column, name in (("bucket_name", "bucketName"), ("object_key", "key"))
    }


def _session_columns(columns: Columns) -> dict[str, Any]:
    """The session that an AssumeRole* call issued."""
    is_call = _rows_of(columns, "sts.amazonaws.com", "AssumeRole")
    rows = np.flatnonzero(is_call)
    answers = _parsed(columns["response_elements"], rows)
    asked = _parsed(columns["request_parameters"], rows)
    return {
        "issued_access_key_id": _at(
            rows, len(is_call), _texts(answers, "credentials", "accessKeyId")
        ),
        "issued_session": _at(rows, len(is_call), _texts(asked, "roleSessionName")),
    }


def _parsed(column: Any, rows: Any) -> list[Any]:
    """The JSON values at some rows of a column of texts."""
    return [parse(raw) for raw in column.take(rows).dictionary_decode().to_pylist()]


def _texts(values: Iterable[Any], *path: str) -> Any:
    """The texts at a path of members, as a text column."""
    return pa.array([text(member(value, *path)) for value in values], pa.string())


def _at(rows: Any, length: int, values: Any) -> Any:
    """A column with a value for each of `rows`, null elsewhere."""
    return spread(values, np.arange(len(rows)), rows, length)

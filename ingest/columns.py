"""Decoded records of many files -> one Arrow table of `events`, and what had to be rejected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ingest.coded import spread
from ingest.decode import REST_FIELDS, Reject, elements, object_text
from ingest.derive import derive
from ingest.fields import Part, Read, read_files
from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, ROWS, TEXT_FIELDS, TIME_FIELD
from ingest.times import UNREADABLE, YEARS, parse_times

_KEY_ACCOUNT = "key_account"  # of received rows only: the account in the key of the row's file
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class LogFile:
    """One file's JSON: ledger id, account in its key, plain bytes.

    Of a piece of a file, `first_index` is the place of its first record in the whole.
    """

    source_id: int
    account: str | None
    data: bytes
    first_index: int = 0


@dataclass
class _Rows:
    """Records of several files side by side, a column a field, with the place each came from."""

    fields: Mapping[str, Any]
    source_ids: Any
    indexes: Any
    extras: dict[int, list[tuple[str, Any]]]

    def without(self, places: Sequence[int]) -> _Rows:
        """All rows but those at `places`."""
        keep = np.ones(len(self.indexes), bool)
        keep[list(places)] = False
        new_place = np.cumsum(keep) - 1
        kept = pa.array(keep)
        return _Rows(
            {name: column.filter(kept) for name, column in self.fields.items()},
            self.source_ids[keep],
            self.indexes[keep],
            {int(new_place[old]): extra for old, extra in self.extras.items() if keep[old]},
        )


@dataclass(frozen=True)
class Received:
    """A table of the files' records as they came, and the rejects of each source id."""

    table: Any
    rejects: dict[int, list[Reject]] = field(default_factory=dict)


def receive(files: Sequence[LogFile]) -> Received:
    """The files' records, to be completed; a record without a readable eventTime is rejected.

    No two of `files` are pieces of one file.
    """
    read = read_files([file.data for file in files])
    rows = _side_by_side(files, read)
    written = rows.fields[TIME_FIELD]
    times, odd = parse_times(written)
    rejects = {
        file.source_id: list(_rejects(file, part))
        for file, part in zip(files, read.parts, strict=True)
    }
    if odd:
        unreadable = [place for place in odd if times[place] == UNREADABLE]
        for source_id, found in _rejected(unreadable, written, rows, files):
            rejects[source_id] += found
        _keep_texts(rows, written, set(odd).difference(unreadable))
        rows, times = rows.without(unreadable), np.delete(times, unreadable)
    accounts = {file.source_id: file.account for file in files}
    return Received(_table(rows, times, accounts), rejects)


def complete(received: Sequence[Any]) -> Any:
    """Tables that `receive` gave, as one with `ROWS`: adds what is derived, quickest over many rows."""
    rows = pa.concat_tables(received)
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    columns |= derive(columns, columns.pop(_KEY_ACCOUNT))
    return pa.table([columns[field.name].cast(field.type) for field in ROWS], schema=ROWS)


def _rejects(file: LogFile, part: Part) -> Iterator[Reject]:
    for reject in part.rejects:
        index = reject.record_index
        yield reject if index is None else replace(reject, record_index=file.first_index + index)


def _side_by_side(files: Sequence[LogFile], read: Read) -> _Rows:
    indexes: list[Any] = [np.zeros(0, np.int32)]
    extras: dict[int, list[tuple[str, Any]]] = {}
    base = 0
    for file, part in zip(files, read.parts, strict=True):
        places = range(part.count) if part.indexes is None else part.indexes
        indexes.append(np.array(places, np.int32) + file.first_index)
        for place, extra in part.extras.items():
            extras[base + place] = list(extra)
        base += part.count
    counts = [part.count for part in read.parts]
    source_ids = np.repeat(np.array([file.source_id for file in files], np.int32), counts)
    return _Rows(read.columns, source_ids, np.concatenate(indexes), extras)


def _time_problem(text: str | None, extra: Iterable[tuple[str, Any]]) -> str:
    if text is None:
        odd = any(name == TIME_FIELD for name, _ in extra)
        return "eventTime is not text" if odd else "eventTime is missing"
    return "eventTime is not a time between {} and {}".format(*YEARS)


def _rejected(
    places: Sequence[int], times: Any, rows: _Rows, files: Sequence[LogFile]
) -> Iterator[tuple[int, list[Reject]]]:
    """By source id: why the records at `places` are rejected, and their bytes."""
    reasons: dict[int, dict[int, str]] = defaultdict(dict)
    for place in places:
        reason = _time_problem(times[place].as_py(), rows.extras.get(place, ()))
        reasons[int(rows.source_ids[place])][int(rows.indexes[place])] = reason
    for file in files:
        if found := reasons.get(file.source_id):
            # a record's bytes are found again in its file, all in one pass
            texts_of_all = enumerate(elements(file.data), file.first_index)
            raws = {index: text for index, (text, _) in texts_of_all if index in found}
            yield file.source_id, [Reject(i, why, raws.get(i)) for i, why in found.items()]


def _keep_texts(rows: _Rows, times: Any, places: Iterable[int]) -> None:
    """A time in an unusual form is a column and, as it was written, a field of `extra`."""
    for place in places:
        rows.extras.setdefault(place, []).append((TIME_FIELD, _encode(times[place].as_py())))


def _table(rows: _Rows, times: Any, accounts: dict[int, str | None]) -> Any:
    received = {**TEXT_FIELDS, **BOOLEAN_FIELDS, **JSON_FIELDS}
    columns = {name: rows.fields[key] for name, key in received.items()}
    columns["event_time"] = pa.array(times, pa.timestamp("us"))
    columns["extra"] = _extra_column(rows)
    columns["source_id"] = pa.array(rows.source_ids, pa.int32())
    columns["record_index"] = pa.array(rows.indexes, pa.int32())
    columns[_KEY_ACCOUNT] = _key_accounts(rows, accounts)
    return pa.table(columns)


def _extra_column(rows: _Rows) -> Any:
    extras = rows.extras
    for name in REST_FIELDS:
        column = rows.fields[name]
        if column.null_count < len(column):
            for row in np.flatnonzero(column.is_valid()).tolist():
                extras.setdefault(row, []).append((name, column[row].as_py().encode()))
    found: list[bytes | None] = [None] * len(rows.indexes)
    for place, members in extras.items():
        found[place] = object_text(members)
    return pa.array(found, pa.string())


def _key_accounts(rows: _Rows, accounts: dict[int, str | None]) -> Any:
    """The account in the key of each row's file."""
    places = np.searchsorted(list(accounts), rows.source_ids)  # files are in the order of their ids
    return spread(pa.array(accounts.values(), pa.string()), places)

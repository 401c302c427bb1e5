"""The JSON of some files -> their records' fields as columns: by the native reader where all of them are ordinary
and it is there, else by way of a Python object for each record. Both give the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest import native
from ingest.decode import Decoded, Reject, decode
from ingest.lines import columns_of


@dataclass(frozen=True)
class Part:
    """What one file gave: `count` records, and all of `Decoded` but those themselves."""

    count: int
    indexes: Sequence[int] | None = None
    extras: Mapping[int, list[tuple[str, Any]]] = field(default_factory=dict)
    rejects: Sequence[Reject] = ()


@dataclass(frozen=True)
class Read:
    """A column a field (`ingest.decode.KINDS`) of all records of the files, in their order."""

    columns: Mapping[str, Any]
    parts: Sequence[Part]


def read_files(texts: Sequence[bytes]) -> Read:
    """All records of the files; never raises."""
    return at_once(texts) or by_record(texts)


def at_once(texts: Sequence[bytes]) -> Read | None:
    """All records of the files by the native reader; None where a file is not ordinary, or there is no such reader."""
    if native.library is None:
        return None
    fields, counts = native.Fields(), []
    for text in texts:
        if (count := fields.add(text)) is None:
            return None
        counts.append(count)
    return Read(fields.columns(), [Part(count) for count in counts])


def by_record(texts: Sequence[bytes]) -> Read:
    """All records of the files by way of a Python object for each."""
    decoded = [decode(text) for text in texts]
    records = [record for found in decoded for record in found.records]
    return Read(columns_of(records), [_part(found) for found in decoded])


def _part(found: Decoded) -> Part:
    return Part(len(found.records), found.indexes, found.extras, found.rejects)

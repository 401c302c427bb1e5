"""A plain reading of an archive, with nothing of the simulator in it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Archive:
    """The files of an archive by key, each with its records."""

    files: dict[str, list[Record]]

    @property
    def records(self) -> list[Record]:
        return [record for records in self.files.values() for record in records]

    @property
    def unique(self) -> list[Record]:
        found = {(r["eventID"], r["recipientAccountId"]): r for r in self.records}
        return list(found.values())


def read_archive(folder: Path) -> Archive:
    paths = sorted(folder.rglob("*.json.gz"))
    return Archive(
        {
            path.relative_to(folder).as_posix(): json.loads(gzip.decompress(path.read_bytes()))[
                "Records"
            ]
            for path in paths
        }
    )


def run_of(record: Record) -> str | None:
    """The function whose run this is a record of."""
    if record["eventName"] in ("Invoke", "InvokeExecution"):
        arn: str = record["resources"][0]["ARN"]
        return arn
    return None


def called_by(record: Record) -> str | None:
    """The function with whose credentials a call other than Invoke was made."""
    scope = record["userIdentity"].get("inScopeOf", {})
    arn: str | None = scope.get("credentialsIssuedTo")
    return arn if run_of(record) is None else None

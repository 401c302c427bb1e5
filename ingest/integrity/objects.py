"""What the checks need of an archive: its keys, an object's bytes, and its metadata.

S3 keeps a digest's signature in the object's metadata. A folder has none: a file `KEY.metadata.json`
beside a digest may hold it, `{"signature": "…", "signature-algorithm": "SHA256withRSA"}`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote_to_bytes

from ingest.sources.folder import file_etag
from stormtrail.errors import InputError

SIDECAR = ".metadata.json"
_ROOT = "AWSLogs/"


@dataclass(frozen=True)
class Fetched:
    """An object's bytes, its metadata with lower-case names, and its state as the ledger has it."""

    data: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


class Objects(Protocol):
    """An archive. Every method may be called from several threads at once."""

    @property
    def threads(self) -> int:
        """How many reads at once are worth it."""
        ...

    @property
    def keeps_metadata(self) -> bool:
        """Whether an object without a signature is one whose signature was taken away."""
        ...

    def listing(self) -> Iterator[str]:
        """Every key of the archive; InputError where it cannot be listed."""
        ...

    def below(self, folder: str, first: date, last: date) -> Iterator[str]:
        """Every key in the folders `YYYY/MM/DD/` of these days below `folder`, in order."""
        ...

    def fetch(self, key: str) -> Fetched | None:
        """The object, None where there is none; InputError where it cannot be read."""
        ...

    def resolve(self, digest: str, bucket: str, name: str) -> str | None:
        """The key of what the digest with key `digest` calls `bucket`/`name`; None if not here."""
        ...

    def uri(self, key: str) -> str:
        """The key as the ledger calls the object."""
        ...

    def key(self, uri: str) -> str:
        """The key of an object of this archive that the ledger calls `uri`."""
        ...


@dataclass(frozen=True)
class Folder:
    """An archive in a folder. Keys are absolute paths; the bucket's name is not known."""

    root: Path
    threads: int = 4
    keeps_metadata: bool = False

    def listing(self) -> Iterator[str]:
        """Every file's path; links are not followed."""
        if not self.root.is_dir():
            raise InputError("no such folder", where=str(self.root), hint="check the path")
        for folder, folders, names in os.walk(self.root.resolve(), onerror=_raise):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if not path.is_symlink() and _is_own(name):
                    yield path.as_posix()

    def below(self, folder: str, first: date, last: date) -> Iterator[str]:
        """Every file's path; a day without a folder has none."""
        for number in range((last - first).days + 1):
            place = Path(folder, f"{first + timedelta(days=number):%Y/%m/%d}")
            paths = sorted(place.iterdir()) if place.is_dir() else []
            yield from (path.as_posix() for path in paths if _is_own(path.name))

    def fetch(self, key: str) -> Fetched | None:
        """The file and what its sidecar says; what is reached by a link is not here."""
        path = Path(key)
        if path.resolve() != path:
            return None
        try:
            with path.open("rb") as file:
                etag = file_etag(os.fstat(file.fileno()))
                return Fetched(file.read(), _sidecar(Path(f"{key}{SIDECAR}")), etag)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"file cannot be read ({error.strerror})", where=key) from error

    def resolve(self, digest: str, bucket: str, name: str) -> str | None:  # noqa: ARG002
        """The path below the `AWSLogs` folder that the digest itself stands in."""
        before, mark, _ = digest.rpartition(f"/{_ROOT}")
        _, named, after = name.rpartition(_ROOT)
        if not mark or not named or ".." in after.split("/"):
            return None
        return f"{before}/{_ROOT}{after}"

    def uri(self, key: str) -> str:
        """`file:///…`."""
        return Path(key).as_uri()

    def key(self, uri: str) -> str:
        """The path in a `file:///…`."""
        return os.fsdecode(unquote_to_bytes(uri.removeprefix("file://")))


def _is_own(name: str) -> bool:
    return not name.endswith(SIDECAR)


def _raise(error: OSError) -> None:
    raise InputError(
        f"folder cannot be listed ({error.strerror})", where=str(error.filename)
    ) from error


def _sidecar(path: Path) -> Mapping[str, str]:
    """What stands in a sidecar, as text; one that is no JSON object says nothing."""
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name.lower(): value for name, value in content.items() if isinstance(value, str)}

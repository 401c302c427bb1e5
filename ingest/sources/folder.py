"""Logs in a folder, or in one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.sources.base import LogObject, Selection
from ingest.sources.keys import KeyFacts, is_log, read_key
from stormtrail.errors import InputError

_STORE_MARK = "ledger.sqlite"  # a store that stands inside the archive is not a part of it


@dataclass(frozen=True)
class FileReader:
    """Reads local files."""

    @property
    def concurrency(self) -> int:
        """Local reads are quick: one at a time."""
        return 1

    def read(self, location: str, limit: int) -> bytes:
        """At most `limit` + 1 bytes of the file."""
        try:
            with open(location, "rb", buffering=0) as file:  # noqa: PTH123  (bytes of odd names)
                return (
                    file.read(limit + 1)
                    if os.fstat(file.fileno()).st_size > limit
                    else file.readall()
                )
        except OSError as error:
            raise InputError(f"file cannot be read ({error.strerror})", where=location) from error


_READER = FileReader()


@dataclass(frozen=True)
class Folder:
    """Every log file below `root`; links that lead out of it are not followed."""

    root: Path
    selection: Selection

    def objects(self) -> Iterator[LogObject]:
        """Wanted files by path; InputError where the folder cannot be listed."""
        base = self.root.resolve()
        for entry in _walk(base, base):
            facts = read_key(entry.path[len(str(base)) :])
            if is_log(entry.name, facts) and self.selection.wants(facts):
                found = _object(Path(entry.path), entry.stat(), facts)
                if found.size:
                    yield found


@dataclass(frozen=True)
class SingleFile:
    """One file, whatever its name."""

    path: Path

    def objects(self) -> Iterator[LogObject]:
        """The file."""
        path = self.path.resolve()
        yield _object(path, path.stat(), read_key(str(path)))


def _walk(folder: Path, base: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"folder cannot be listed ({error.strerror})", where=str(folder)
        ) from error
    if any(entry.name == _STORE_MARK for entry in entries):
        return
    for entry in entries:
        if entry.is_symlink() and not _leads_to_a_file_inside(entry, base):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), base)
        elif entry.is_file():
            yield entry


def _leads_to_a_file_inside(entry: os.DirEntry[str], base: Path) -> bool:
    # Linked folders are never entered: they could turn in circles.
    target = Path(os.path.realpath(entry.path))
    return target.is_relative_to(base) and target.is_file()


def file_etag(state: os.stat_result) -> str:
    """What stands for a local file's state, as an ETag does for an object's."""
    return f"{state.st_size}-{state.st_mtime_ns}"


def _object(path: Path, state: os.stat_result, facts: KeyFacts) -> LogObject:
    return LogObject(
        uri=path.as_uri(),
        etag=file_etag(state),
        size=state.st_size,
        location=str(path),
        reader=_READER,
        facts=facts,
    )

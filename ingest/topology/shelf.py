"""The topology files of a store: stored whole or not at all; a new pull replaces what it asked again."""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from ingest.topology.document import Document, decode, encode
from stormtrail.errors import InputError, StoreError
from stormtrail.layout import Layout

PULLED, ADDED = "pulled-", "added-"  # the analysis reads by name: what a user adds comes first


def store_pulled(layout: Layout, document: Document) -> Path:
    """Stores a pull as `pulled-TIME.json` and takes what it tells anew out of older pulls.

    A link that is no longer told goes; one whose call was denied this time stays as it was known.
    """
    stamp = re.sub(r"[-:]", "", document.taken_at or "")
    path = layout.topology / f"{PULLED}{stamp}.json"
    older = [file for file in pulled_files(layout) if file != path]
    _write(path, encode(document))
    for file in older:
        _replaced(file, document)
    return path


def add(layout: Layout, file: Path) -> Path:
    """Checks a user's file and copies it as `added-NAME.json`; InputError says where it is wrong."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(file)) from error
    document = decode(content, str(file))
    name = re.sub(r"[^\w.-]", "_", file.stem).removeprefix(ADDED)
    path = layout.topology / f"{ADDED}{name}.json"
    _write(path, encode(document))
    return path


def documents(layout: Layout) -> dict[Path, Document]:
    """Every topology file by its path, in the order in which the analysis reads them."""
    return {
        file: decode(file.read_bytes(), str(file))
        for file in sorted(layout.topology.glob("*.json"))
    }


def pulled_files(layout: Layout) -> list[Path]:
    """The files of earlier pulls, oldest first."""
    return sorted(layout.topology.glob(f"{PULLED}*.json"))


def _replaced(file: Path, newer: Document) -> None:
    """Rewrites an older pull without what the newer tells or asked again; removes it where nothing is left."""
    old = decode(file.read_bytes(), str(file))
    calls, keys = set(newer.calls), {link.key for link in newer.links}
    told_again = {trail.arn for trail in newer.trails if trail.has_selectors}
    links = tuple(link for link in old.links if link.told not in calls and link.key not in keys)
    trails = tuple(
        trail
        for trail in old.trails
        if trail.told not in calls or _selectors_lost(trail.arn, newer)
    )
    trails = tuple(trail for trail in trails if trail.arn not in told_again)
    if not links and not trails:
        file.unlink(missing_ok=True)
    elif (links, trails) != (old.links, old.trails):
        left = tuple(told for told in old.calls if told not in calls)
        _write(file, encode(msgspec.structs.replace(old, calls=left, links=links, trails=trails)))


def _selectors_lost(arn: str, newer: Document) -> bool:
    """Whether the newer pull knows the trail and was not told what it records: then the older one does."""
    return any(trail.arn == arn and not trail.has_selectors for trail in newer.trails)


def _write(path: Path, content: bytes) -> None:
    """Writes beside and moves into place, so that a reader sees all of a file or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as beside:
            beside.write(content)
            beside.flush()
            os.fsync(beside.fileno())
        Path(beside.name).replace(path)
    except OSError as error:
        hint = "check the folder's permissions and free space"
        raise StoreError(
            f"cannot be written ({error.strerror})", where=str(path), hint=hint
        ) from error

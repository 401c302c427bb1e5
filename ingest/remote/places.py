"""Where this machine keeps its mirrors, and which store a mirror's folder is one of."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import msgspec

from ingest.remote.address import Address
from ingest.remote.bucket import Bucket
from ingest.remote.mirror import Mirror, Report
from stormtrail.errors import StoreError
from stormtrail.layout import Layout


def mirrors_folder() -> Path:
    """`stormtrail/stores` in the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "stormtrail" / "stores"


def open_mirror(address: Address, folder: Path, report: Report = lambda _: None) -> Mirror:
    """The mirror of the store below `folder`, as it stands; StoreError where it cannot be written."""
    layout = Layout(folder / address.folder)
    content = msgspec.json.encode(address)
    path = layout.mirrored
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            fresh = layout.root / f".{uuid4().hex}.new"
            fresh.write_bytes(content)
            fresh.replace(path)
    except OSError as error:
        hint = "set XDG_CACHE_HOME to a folder that can be written"
        what = f"cannot be written ({error.strerror})"
        raise StoreError(what, where=str(layout.root), hint=hint) from error
    return Mirror(Bucket(address), layout, report)


def mirror_at(layout: Layout) -> Mirror:
    """The mirror whose folder this is; StoreError where it is none."""
    path = layout.mirrored
    try:
        address = msgspec.json.decode(path.read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError) as error:
        hint = "delete the folder: it is made anew from the store"
        raise StoreError(
            f"is no mirror of a store ({error})", where=str(path), hint=hint
        ) from error
    return Mirror(Bucket(address), layout)

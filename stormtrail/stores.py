"""A store as the user names it -> its places on this machine, up to date.

A folder is what it is. `s3://bucket/prefix` is a store that several machines share: its places are
those of this machine's mirror (docs/decisions/store-on-s3.md).
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from stormtrail.console import note, stages
from stormtrail.errors import InputError, StormtrailError

if TYPE_CHECKING:
    from ingest.remote.mirror import Mirror
    from stormtrail.layout import Layout

SCHEME = "s3://"
_PUBLISHED = "published"  # the commit up to which the mirror's database is
LOOK_SECONDS = 20.0
"""How often a page looks for what other machines wrote."""

_looking = Lock()
_looked_at: dict[Path, float] = {}
_problems: dict[Path, str] = {}


def opened(store: Path | str, endpoint_url: str | None, profile: str | None) -> Layout:
    """The places of the store; of one on S3, those of its mirror, with all that is new."""
    if isinstance(store, Path):
        from stormtrail.layout import Layout  # with pyarrow, which `--help` does without

        return Layout(store)
    from ingest.remote.address import Address
    from ingest.remote.places import mirrors_folder, open_mirror
    from ingest.sources.base import S3Settings

    address = Address.parse(store, S3Settings(endpoint_url, profile))
    with stages("mirroring the store") as say:
        mirror = open_mirror(address, mirrors_folder(), say)
        _brought_up_to_date(mirror)
    return mirror.layout


def refresh(layout: Layout) -> None:
    """Brings a mirror up to date; nothing where the folder is a store of this machine alone."""
    if layout.is_mirror:
        from ingest.remote.places import mirror_at

        _brought_up_to_date(mirror_at(layout))


def refresh_now_and_then(layout: Layout) -> None:
    """The same for who asks often, such as pages: every 20 seconds, and what fails is kept for them.

    Of several that ask at once one looks, and the others go on with what is here.
    """
    if not layout.is_mirror or not _looking.acquire(blocking=False):
        return
    try:
        if time.monotonic() - _looked_at.get(layout.root, -math.inf) >= LOOK_SECONDS:
            _look(layout)
    finally:
        _looking.release()


def _look(layout: Layout) -> None:
    _problems.pop(layout.root, None)
    try:
        refresh(layout)
    except StormtrailError as error:
        _problems[layout.root] = error.line()
    _looked_at[layout.root] = time.monotonic()


def problem(layout: Layout) -> str | None:
    """What kept the mirror from being up to date when it was last looked at, in one line."""
    return _problems.get(layout.root)


def share(layout: Layout) -> None:
    """Gives other machines the links, promises and reports that were kept here since the last time."""
    if layout.is_mirror:
        from ingest.remote.documents import share as publish_documents
        from ingest.remote.places import mirror_at

        mirror = mirror_at(layout)
        try:
            publish_documents(mirror)
        finally:
            mirror.close()


def share_if_allowed(layout: Layout) -> None:
    """The same for what is a by-product: whoever may only read the store is told, and goes on."""
    try:
        share(layout)
    except InputError as error:
        note(f"kept on this machine alone: {error.line()}")


def _brought_up_to_date(mirror: Mirror) -> None:
    """Pulls, and publishes the mirror's database where that shows an older state."""
    from analytics.warehouse import publish

    try:
        mirror.pull()
        layout, position = mirror.layout, str(mirror.position())
        mark = layout.root / _PUBLISHED
        stale = not layout.database.exists() or not mark.exists() or mark.read_text() != position
        if layout.ledger.exists() and stale:
            publish(layout)
            mark.write_text(position)
    finally:
        mirror.close()

"""The small files that machines share beside the entries: links, promises of plans, kept reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

from ingest.remote.commits import Commit, Draft, stamp
from ingest.remote.ledger import text_hash
from stormtrail.layout import Layout

if TYPE_CHECKING:
    from ingest.remote.mirror import Mirror

_PATTERNS = ("topology/[!.]*.json", "reports/[!.]*.json", "promises.json")
_MERGED = "promises.json"  # one file of several machines: their promises by function


def share(mirror: Mirror) -> None:
    """Publishes the documents that this machine wrote or deleted since they came."""
    with mirror.held():
        if not mirror.layout.ledger.exists():
            mirror.pull()
        before = mirror.ledger.known_documents()
        mine = _read(mirror.layout)
    written = {path: text for path, text in mine.items() if text_hash(text) != before.get(path)}
    deleted = before.keys() - mine.keys()
    if not written and not deleted:
        return

    def draft() -> Draft | None:
        known = mirror.ledger.known_documents()
        changes: dict[str, str | None] = {path: None for path in deleted if path in known}
        for path, text in written.items():
            theirs = mirror.layout.root / path
            merged = (
                _merged(text, theirs.read_text()) if path == _MERGED and path in known else text
            )
            if text_hash(merged) != known.get(path):
                changes[path] = merged
        return Draft(Commit(*stamp(), documents=changes)) if changes else None

    mirror.publish(draft)


def receive(layout: Layout, changes: Mapping[str, str | None]) -> None:
    """Writes a commit's documents."""
    for name, text in changes.items():
        path = layout.root / name
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{uuid4().hex}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)


def _read(layout: Layout) -> dict[str, str]:
    """Every document of the mirror by its path below it."""
    paths = [path for pattern in _PATTERNS for path in layout.root.glob(pattern)]
    return {str(path.relative_to(layout.root)): path.read_text("utf-8") for path in paths}


def _merged(mine: str, theirs: str) -> str:
    """The promises of both; of the same function mine, which is the later."""
    kept = {item["function"]: item for item in json.loads(theirs)}
    kept |= {item["function"]: item for item in json.loads(mine)}
    return json.dumps([kept[name] for name in sorted(kept)], indent=2) + "\n"

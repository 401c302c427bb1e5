"""Earlier reports of a store: kept beside it as findings JSON, so the next can say what changed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analytics.findings import SCHEMA, Findings
from reports.changes import Change, changes
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

_KEPT = 30


def since_last(layout: Layout, findings: Findings) -> tuple[Change, ...] | None:
    """What changed since the newest kept report; None where there is none."""
    kept = _kept(layout)
    return changes(_read(kept[-1]), findings.to_dict()) if kept else None


def keep(layout: Layout, findings: Findings, made: datetime) -> Path:
    """Keeps the findings for the next comparison, whole or not at all; forgets the oldest."""
    folder = _folder(layout)
    path = folder / f"{made.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"
    fresh = folder / f".{os.getpid()}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(findings.to_dict()), encoding="utf-8")
        fresh.replace(path)
        for old in _kept(layout)[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror})", where=str(path)) from error
    return path


def _folder(layout: Layout) -> Path:
    return layout.root / "reports"


def _kept(layout: Layout) -> list[Path]:
    return sorted(_folder(layout).glob("[0-9]*.json"))


def _read(path: Path) -> dict[str, Any]:
    hint = "remove the file to start anew"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot be read ({error})", where=str(path), hint=hint) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise StoreError("is no report", where=str(path), hint=hint)
    return found

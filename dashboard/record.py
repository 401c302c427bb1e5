"""A record as text to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ingest.restore import restore


def as_text(row: Mapping[str, Any]) -> str:
    """The original record of a row of `events`: indented JSON in ASCII, so nothing hides in it."""
    return json.dumps(restore(row), indent=2, ensure_ascii=True)

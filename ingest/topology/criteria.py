"""Selection criteria of an account's subscription policy (PutAccountPolicy's API reference)."""

from __future__ import annotations

import json
import re

_EXCEPT = re.compile(r"LogGroupName\s+NOT\s+IN\s+(\[.*\])", re.IGNORECASE | re.DOTALL)


def excepted(criteria: object) -> frozenset[str]:
    """The names of log groups that a policy's selection criteria leave out.

    >>> sorted(excepted('LogGroupName NOT IN ["a", "b"]'))
    ['a', 'b']
    """
    found = _EXCEPT.search(criteria) if isinstance(criteria, str) else None
    try:
        names = json.loads(found.group(1)) if found else []
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str))

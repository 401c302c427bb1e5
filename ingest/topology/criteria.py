"""What an account's subscription policy and a bucket's notification leave out.

Source: the API references of PutAccountPolicy and PutBucketNotificationConfiguration; CloudTrail's keys.
"""

from __future__ import annotations

import json
import re
from typing import Any

_EXCEPT = re.compile(r"LogGroupName\s+NOT\s+IN\s+(\[.*\])", re.IGNORECASE | re.DOTALL)
_OF_FILES = re.compile(
    r"AWSLogs/(?:o-[a-z0-9]+/)?(?P<account>\d{12})/"
    r"(?:CloudTrail/(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)/)?)?",
    re.ASCII,
)


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


def of_files(notification: object) -> str | None:
    """Which entries are in the files that a notification's prefix lets through, as a subscription filter would ask:
    the account and the region in their keys. None where it lets all through, or that cannot be told.

    >>> of_files({"Key": {"FilterRules": [{"Name": "prefix", "Value": "AWSLogs/111122223333/"}]}})
    '{ $.recipientAccountId = "111122223333" }'
    """
    found = _OF_FILES.search(_prefix(notification))
    if not found:
        return None
    asked = {"$.recipientAccountId": found["account"], "$.awsRegion": found["region"]}
    return "{ " + " && ".join(f'{key} = "{text}"' for key, text in asked.items() if text) + " }"


def _prefix(given: Any) -> str:
    """The value of the rule that is called prefix, wherever it stands: records and answers differ in that."""
    todo = [given]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo += item
        elif isinstance(item, dict):
            named = {str(key).lower(): value for key, value in item.items()}
            value = named.get("value")
            if str(named.get("name")).lower() == "prefix" and isinstance(value, str):
                return value
            todo += item.values()
    return ""

"""One configuration change's request and response, read without trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics import arns

Row = Mapping[str, Any]


class Event:
    """A row of `changes`, with its request and response as objects."""

    def __init__(self, row: Row, request: Mapping[str, Any]) -> None:
        self.row = row
        self.request = request
        self.response = json_object(row["response_elements"]) or {}
        self.name = str(row["event_name"])
        self.id: str = row["event_id"]
        self.time: datetime = row["event_time"]
        self.account = str(row["account_id"] or "")
        self.region = str(row["aws_region"] or "")

    def text(self, *names: str) -> str | None:
        """The first of these request keys that holds a text."""
        for name in names:
            value = get(self.request, name)
            if isinstance(value, str) and value:
                return value
        return None

    def reply(self, name: str) -> str | None:
        """A text of the response."""
        value = get(self.response, name)
        return value if isinstance(value, str) and value else None

    def flag(self, name: str) -> bool | None:
        """A boolean of the request or response, also as text."""
        for place in (self.request, self.response):
            value = get(place, name)
            if value is not None:
                return value in (True, "true", "True")
        return None

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this event's account and region."""
        partition = arns.partition(self.region)
        return f"arn:{partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket(self, name: str) -> str:
        """A bucket's ARN, in this event's partition."""
        return f"arn:{arns.partition(self.region)}:s3:::{name}"

    def group(self, name: str) -> str:
        """A log group's ARN."""
        whole = name.startswith("arn:")
        return arns.log_group(name) if whole else self.arn("logs", f"log-group:{name}")

    def function(self, name: str) -> str:
        """A function's unqualified ARN, of a bare name, `ACCOUNT:function:NAME` or an ARN."""
        if name.startswith("arn:"):
            return arns.function(name)
        parts = name.split(":")
        if len(parts) >= 3 and parts[1] == "function":
            place = f"{arns.partition(self.region)}:lambda:{self.region}:{parts[0]}"
            return f"arn:{place}:function:{parts[2]}"
        return self.arn("lambda", f"function:{parts[0]}")


def unqualified(arn: str) -> str:
    """A target's ARN, of a function without version or alias."""
    return arns.function(arn) if arns.service(arn) == "lambda" else arn


def json_object(text: object) -> Mapping[str, Any] | None:
    """The object that a text of JSON holds, or None."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def get(item: Mapping[str, Any], name: str) -> Any:
    """A key's value, whatever the case of its letters (services differ)."""
    if name in item:
        return item[name]
    return next((value for key, value in item.items() if key.lower() == name.lower()), None)


def objects(given: object) -> list[Mapping[str, Any]]:
    """The objects of an array, or the one object that stands for an array of one."""
    return [
        item for item in (given if isinstance(given, list) else [given]) if isinstance(item, dict)
    ]


def listed(given: object, name: str) -> list[Mapping[str, Any]]:
    """One object or an array of them, under its name or its plural."""
    if not isinstance(given, dict):
        return []
    return objects(get(given, name) or get(given, f"{name}s"))

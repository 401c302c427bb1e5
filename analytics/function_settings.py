"""What the archive tells of functions themselves: memory, processor and role, from the changes that set them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics import arns

SETTING = ("CreateFunction", "UpdateFunctionConfiguration", "UpdateFunctionCode")


@dataclass(frozen=True)
class FunctionSettings:
    """A function's memory (None: not known), whether it runs on ARM, its role's name (empty: not known)."""

    memory_mb: float | None = None
    arm: bool = False
    role: str = ""


def settings(changes: Iterable[Mapping[str, Any]]) -> Mapping[str, FunctionSettings]:
    """By function ARN, as the last of these successful changes (rows, any order) left it."""
    found: dict[str, FunctionSettings] = {}
    for row in sorted(changes, key=lambda row: (row["event_time"], row["event_id"] or "")):
        if str(row["event_name"]).startswith(SETTING):
            asked, told = (
                _object(row[name]) for name in ("request_parameters", "response_elements")
            )
            arn = _arn(told.get("functionArn") or asked.get("functionName"), row)
            found[arn] = _changed(found.get(arn, FunctionSettings()), {**asked, **told})
    return found


def _changed(known: FunctionSettings, given: Mapping[str, Any]) -> FunctionSettings:
    memory, kinds = given.get("memorySize"), given.get("architectures")
    if isinstance(memory, (int, float)) and not isinstance(memory, bool) and memory > 0:
        known = replace(known, memory_mb=float(memory))
    role = given.get("role")
    if isinstance(role, str) and ":role/" in role:
        known = replace(known, role=role.rpartition("/")[2])
    return replace(known, arm="arm64" in kinds) if isinstance(kinds, list) and kinds else known


def _arn(named: object, row: Mapping[str, Any]) -> str:
    """A function's ARN, of an ARN or a bare name in the change's account and region."""
    if isinstance(named, str) and named.startswith("arn:"):
        return arns.function(named)
    region = row["aws_region"]
    return f"arn:{arns.partition(region)}:lambda:{region}:{row['account_id']}:function:{named}"


def _object(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

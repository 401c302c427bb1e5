"""Loops and anomalies as OCSF Detection Findings, for SIEMs and Security Lake.

Schema: OCSF 1.3.0, class Detection Finding (2004) with the cloud profile, an object a line.
The uid of a loop comes from its sources, so that a later finding of the same loop updates it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from importlib.metadata import version
from typing import Any

from analytics.findings import Anomaly, Findings, Loop
from reports import words

SCHEMA_VERSION = "1.3.0"
CLASS_UID = 2004
CATEGORY_UID = 2
_CREATE = 1
_NEW, _RESOLVED = 1, 4
_SEVERITIES = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
_OF_STATE = {"runaway": 5, "sustained": 4, "amplifying": 3, "ended": 1}
_OF_ANOMALY = 2


def to_ocsf(findings: Findings) -> str:
    """JSON lines: a Detection Finding for every loop, then one for every anomaly."""
    found = [_loop(findings, loop) for loop in findings.loops]
    found += [_anomaly(findings, item) for item in findings.anomalies]
    return "".join(json.dumps(item) + "\n" for item in found)


def _loop(findings: Findings, loop: Loop) -> dict[str, Any]:
    names = ", ".join(map(words.short, loop.sources))
    title = f"{loop.state.capitalize()} log loop over {names}"
    cause = loop.cause
    why = f"; closed by {cause.event_name} of {words.actor(cause.actor)}" if cause else ""
    text = (
        f"{words.number(loop.entries)} entries, {words.share(loop.share_of_entries)} of all; "
        f"spectral radius {words.number(loop.spectral_radius)}{why}"
    )
    event = _event(findings, _OF_STATE.get(loop.state, 3), _uid("loop", *sorted(loop.sources)))
    event["finding_info"] |= {
        "title": title,
        "desc": text,
        "types": ["Log recursion"],
        "first_seen_time": _milliseconds(loop.onset),
        "last_seen_time": _milliseconds(loop.ended or findings.window.end),
    }
    event["status_id"] = _RESOLVED if loop.state == "ended" else _NEW
    return _complete(event, [*loop.sources, *loop.functions], loop.accounts, loop.evidence)


def _anomaly(findings: Findings, item: Anomaly) -> dict[str, Any]:
    start = item.window.start.isoformat() if item.window.start else ""
    event = _event(findings, _OF_ANOMALY, _uid("anomaly", item.detector, item.subject, start))
    event["finding_info"] |= {
        "title": f"Unusual log processing: {words.short(item.subject)}",
        "desc": item.explanation,
        "types": [item.detector],
        "first_seen_time": _milliseconds(item.window.start),
        "last_seen_time": _milliseconds(item.window.end),
    }
    event["status_id"] = _NEW
    return _complete(event, [item.subject], (), item.evidence)


def _event(findings: Findings, severity: int, uid: str) -> dict[str, Any]:
    at = _milliseconds(findings.window.end) or 0
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY_UID,
        "category_name": "Findings",
        "class_uid": CLASS_UID,
        "class_name": "Detection Finding",
        "type_uid": CLASS_UID * 100 + _CREATE,
        "type_name": "Detection Finding: Create",
        "severity_id": severity,
        "severity": _SEVERITIES[severity],
        "time": at,
        "metadata": {
            "version": SCHEMA_VERSION,
            "profiles": ["cloud"],
            "product": {
                "name": "Stormtrail",
                "vendor_name": "Stormtrail",
                "version": version("stormtrail"),
            },
        },
        "finding_info": {"uid": uid, "created_time": at, "data_sources": ["AWS CloudTrail"]},
    }


def _complete(
    event: dict[str, Any], arns: list[str], accounts: tuple[str, ...], evidence: tuple[str, ...]
) -> dict[str, Any]:
    """The parts that name things: resources, the cloud they stand in, events to look at."""
    info = {key: value for key, value in event["finding_info"].items() if value is not None}
    info["related_events"] = [{"uid": uid, "type_uid": 0} for uid in evidence]
    cloud: dict[str, Any] = {"provider": "AWS"}
    if account := accounts[0] if accounts else _part(arns, 4):
        cloud["account"] = {"uid": account}
    if region := _part(arns, 3):
        cloud["region"] = region
    return event | {
        "finding_info": info,
        "message": f"{info['title']}: {info['desc']}",
        "cloud": cloud,
        "resources": [{"uid": arn, "name": words.short(arn)} for arn in arns],
    }


def _part(arns: list[str], place: int) -> str | None:
    """The first account (4) or region (3) that the ARNs name."""
    parts = (arn.split(":") for arn in arns if arn.startswith("arn:"))
    return next((part[place] for part in parts if len(part) > place and part[place]), None)


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)


def _uid(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

"""EventBridge event patterns: which entries a rule hands to its targets.

A cell knows of an entry what it is, where from, and at most the bucket or function that was called: what a
pattern asks beyond that cannot be told (None), and what follows from it is worked out as far as it can (Kleene's
three-valued logic).

Source: EventBridge user guide, "Amazon EventBridge event patterns" and "Comparison operators".
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import arns, kleene
from analytics.selectors import Cell
from analytics.topology import Topology

# what is known of an event: texts, booleans, several names of one thing, objects
Values = Mapping[str, Any]

_RESOURCES = ("bucketName", "functionName")


@dataclass(frozen=True)
class Pattern:
    """An EventBridge event pattern, as a test of cells."""

    pattern: Mapping[str, Any]

    @property
    def reads_cloudtrail(self) -> bool:
        """Whether the rule asks for what CloudTrail records."""
        kinds = self.pattern.get("detail-type")
        if kinds is not None:
            return any("via CloudTrail" in kind for kind in _strings(kinds))
        detail = self.pattern.get("detail")
        if isinstance(detail, dict):
            return "eventSource" in detail or "eventName" in detail
        # a rule on a service alone is sent its API calls too
        return detail is None and any(
            name.startswith("aws.") for name in _strings(self.pattern.get("source"))
        )

    def told(self, cell: Cell) -> bool | None:
        """Whether such an entry starts the rule's targets; None where the cell cannot tell. Read-only calls are
        not delivered to rules unless the rule asks for them, which a pattern does not tell: they count."""
        asked = {key: item for key, item in self.pattern.items() if key != "detail-type"}
        return _object(asked, _known(cell))

    def matches(self, cell: Cell) -> bool:
        """Whether such an entry may start the rule's targets."""
        return self.told(cell) is not False

    def guesses(self, cell: Cell) -> bool:
        """Whether it matches such entries only as far as something says that the cell does not know."""
        return self.told(cell) is None

    @property
    def names_some(self) -> bool:
        """Whether it names buckets or functions."""
        return any(name in _RESOURCES for name in _names(self.pattern))

    def looks_inside(self, beginning: str) -> bool:
        """Whether it may tell apart resources whose ARNs begin so: what it asks of an object is unknown of
        them all."""
        del beginning
        return False


def pattern(text: str | None) -> Pattern | None:
    """The pattern in a rule's JSON text; None where there is none to read."""
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return Pattern(value) if isinstance(value, dict) else None


def told_buckets(text: str) -> list[str]:
    """The buckets of which a pattern wants to be told of each new object by S3 itself (Amazon S3 user guide,
    "Using EventBridge", event "Object Created")."""
    found = pattern(text)
    asked = found.pattern if found else {}
    if "Object Created" not in _strings(asked.get("detail-type")):
        return []
    detail = asked.get("detail")
    bucket = detail.get("bucket") if isinstance(detail, dict) else None
    return _strings(bucket.get("name")) if isinstance(bucket, dict) else []


def of_rule(node: str, topology: Topology) -> tuple[tuple[datetime | None, Pattern], ...]:
    """The patterns of a rule that can be read, in order of time, each with since when."""
    found = ((since, pattern(text)) for since, text in topology.rule_patterns(node))
    return tuple((since, one) for since, one in found if one)


def reads_cloudtrail(node: str, topology: Topology) -> bool:
    """Whether a rule asks for what CloudTrail records, in any of its patterns."""
    return any(one.reads_cloudtrail for _, one in of_rule(node, topology))


def rule_behind(node: str, topology: Topology) -> str | None:
    """The rule on what CloudTrail records that hands entries to a node: itself, or one whose target it is or that is
    behind such a target."""
    found = (place for place, _ in topology.upstream(node))
    return next((place for place in found if reads_cloudtrail(place, topology)), None)


def rules(topology: Topology) -> list[str]:
    """Every rule that has targets."""
    sources = {link.source for link in topology.links}
    return sorted(node for node in sources if arns.service(node) == "events")


def _known(cell: Cell) -> Values:
    detail: dict[str, Any] = {
        "eventSource": cell.event_source,
        "eventName": cell.event_name,
        "awsRegion": cell.region,
        "readOnly": cell.read_only,
        "eventCategory": cell.category,
        "managementEvent": None if cell.category is None else cell.category == "Management",
        "requestParameters": _called(cell.resource),
    }
    service = f"aws.{(cell.event_source or '').split('.')[0]}"
    return {"source": service, "account": cell.account, "region": cell.region, "detail": detail}


def _called(resource: str | None) -> Values:
    """The parameter that names what was called: a bucket, or a function in any of the forms of its name."""
    if resource is None:
        return {}
    if arns.service(resource) == "s3":
        return {"bucketName": arns.part(resource, 5).split("/")[0]}
    if arns.service(resource) == "lambda":
        return {"functionName": (resource, arns.function_name(resource))}
    return {}


def _object(asked: Mapping[str, Any], known: Values) -> bool | None:
    return kleene.every(_field(name, wanted, known) for name, wanted in asked.items())


def _field(name: str, wanted: object, known: Values) -> bool | None:
    if name == "$or":
        options = wanted if isinstance(wanted, list) else []
        return kleene.some(_object(option, known) for option in options if isinstance(option, dict))
    value = known.get(name)
    if isinstance(wanted, dict):
        return _object(wanted, value if isinstance(value, Mapping) else {})
    if not isinstance(wanted, list):
        return None
    return kleene.some(_one(item, value) for item in wanted)


def _one(item: object, value: object) -> bool | None:
    """Whether a value, or one of its several names, is what an element of a pattern's list wants."""
    if isinstance(value, tuple):
        return kleene.some(_one(item, name) for name in value)
    if value is None or isinstance(value, Mapping):
        return None
    if not isinstance(item, dict):
        return item == value
    if "exists" in item:
        return bool(item["exists"])
    if not isinstance(value, str):
        return None
    tests = [_TESTS[name](wanted, value) for name, wanted in item.items() if name in _TESTS]
    return kleene.every(tests) if len(tests) == len(item) else None


def _beginning(wanted: object, value: str) -> bool | None:
    return _affix(str.startswith, wanted, value)


def _ending(wanted: object, value: str) -> bool | None:
    return _affix(str.endswith, wanted, value)


def _affix(test: Callable[[str, str], bool], wanted: object, value: str) -> bool | None:
    if isinstance(wanted, str):
        return test(value, wanted)
    text = wanted.get("equals-ignore-case") if isinstance(wanted, dict) else None
    return test(value.lower(), text.lower()) if isinstance(text, str) else None


def _but(wanted: object, value: str) -> bool | None:
    """`anything-but` of a value, of several, or of what another operator finds, also several times."""
    if isinstance(wanted, dict):
        each = [
            {name: one}
            for name, given in wanted.items()
            for one in (given if isinstance(given, list) else [given])
        ]
        return kleene.unlike(kleene.some(_one(item, value) for item in each))
    listed = wanted if isinstance(wanted, list) else [wanted]
    return kleene.unlike(kleene.some(_one(item, value) for item in listed))


_TESTS: Mapping[str, Callable[[object, str], bool | None]] = {
    "prefix": _beginning,
    "suffix": _ending,
    "wildcard": lambda wanted, value: fnmatch.fnmatchcase(value, str(wanted).replace("[", "[[]")),
    "equals-ignore-case": lambda wanted, value: str(wanted).lower() == value.lower(),
    "anything-but": _but,
}


def _names(asked: object) -> Iterable[str]:
    """The names of all fields that a pattern asks for."""
    if isinstance(asked, dict):
        for name, item in asked.items():
            yield name
            yield from _names(item)
    elif isinstance(asked, list):
        for item in asked:
            yield from _names(item)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

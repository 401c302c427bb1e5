"""Event selectors: which entries a trail records.

Source: CloudTrail user guide, "Logging management / data events" and "advanced event selectors".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics import arns

DATA_SERVICES = {
    "AWS::Lambda::Function": "lambda.amazonaws.com",
    "AWS::S3::Object": "s3.amazonaws.com",
    "AWS::DynamoDB::Table": "dynamodb.amazonaws.com",
    "AWS::SQS::Queue": "sqs.amazonaws.com",
    "AWS::SNS::Topic": "sns.amazonaws.com",
    "AWS::Kinesis::Stream": "kinesis.amazonaws.com",
    "AWS::Kinesis::StreamConsumer": "kinesis.amazonaws.com",
}


@dataclass(frozen=True)
class Cell:
    """What kind of entry: the dimensions of `traffic_minutes`; and the ARN of what was called, where that
    is known (where it is not, what a selector says of ARNs counts as matched)."""

    account: str | None
    region: str | None
    category: str | None
    event_source: str | None
    event_name: str | None
    read_only: bool | None
    resource: str | None = None


@dataclass(frozen=True)
class Selector:
    """One setting of a trail's event selectors, as a test of cells."""

    rules: tuple[Mapping[str, Any], ...]
    advanced: bool

    def matches(self, cell: Cell) -> bool:
        """Whether a trail with these selectors records such an entry."""
        test = _advanced if self.advanced else _basic
        return any(test(rule, cell) for rule in self.rules)

    def guesses(self, cell: Cell) -> bool:
        """Whether it matches such entries only as far as something says that the cell does not know: the
        ARN of what was called, or who called."""
        test = _advanced if self.advanced else _basic
        unnamed = on_unnamed(cell)
        return self.matches(cell) and not any(
            test(rule, unnamed) and not (self.advanced and _asks_more(rule, cell))
            for rule in self.rules
        )

    @property
    def names_some(self) -> bool:
        """Whether it names resources, other than all of a service (`arn:aws:s3`)."""
        return any(
            text.rstrip(":").count(":") > 2 or not text.startswith("arn:")
            for rule in self.rules
            for text in _named_arns(rule, self.advanced)
        )

    def looks_inside(self, beginning: str) -> bool:
        """Whether it may tell apart resources whose ARNs begin so."""
        return any(
            (text.startswith(beginning) and text != beginning) or not text.startswith("arn:")
            for rule in self.rules
            for text in _named_arns(rule, self.advanced)
        )

    @property
    def categories(self) -> tuple[str, ...]:
        """Management and/or Data, as far as the selectors ask for them."""
        return tuple(
            sorted({name for rule in self.rules for name in _categories(rule, self.advanced)})
        )


def on_unnamed(cell: Cell) -> Cell:
    """The cell of a data entry on a resource that no selector names, where its resource is not known: what
    only selectors of all record."""
    if cell.category != "Data" or not cell.event_source or cell.resource:
        return cell
    service = cell.event_source.split(".")[0]
    place = "::" if service == "s3" else f"{cell.region}:{cell.account}:"
    kind = "function:" if service == "lambda" else ""
    return replace(cell, resource=f"arn:{arns.partition(cell.region)}:{service}:{place}{kind}")


MANAGEMENT_ONLY = Selector(
    ({"readWriteType": "All", "includeManagementEvents": True, "dataResources": []},), False
)


def parse(basic: object, advanced: object) -> Selector | None:
    """A selector of PutEventSelectors' two lists; None where neither is given."""
    for rules, is_advanced in ((advanced, True), (basic, False)):
        if isinstance(rules, list) and rules:
            return Selector(tuple(rule for rule in rules if isinstance(rule, dict)), is_advanced)
    return None


def _basic(rule: Mapping[str, Any], cell: Cell) -> bool:
    kind = str(_get(rule, "readWriteType") or "All")
    if (kind == "ReadOnly" and cell.read_only is False) or (
        kind == "WriteOnly" and cell.read_only is True
    ):
        return False
    if cell.category == "Management":
        excluded = _strings(_get(rule, "excludeManagementEventSources"))
        return (
            _get(rule, "includeManagementEvents") not in (False, "false")
            and cell.event_source not in excluded
        )
    if cell.category != "Data":
        return False
    resources = _get(rule, "dataResources")
    listed = resources if isinstance(resources, list) else []
    return any(
        _service_of(str(_get(item, "type"))) == cell.event_source and _named(item, cell.resource)
        for item in listed
        if isinstance(item, dict)
    )


def _named(item: Mapping[str, Any], resource: str | None) -> bool:
    """Whether a data resource's values hold this ARN: beginnings of ARNs, but of functions whole ones."""
    values = [_unqualified(value) for value in _strings(_get(item, "values"))]
    if resource is None or not values:
        return True
    beginnings = tuple(value for value in values if ":function:" not in value)
    return resource in values or resource.startswith(beginnings)


def _unqualified(arn: str) -> str:
    """A function's ARN without version or alias, as records name it; any other text as it is."""
    return arns.function(arn) if ":function:" in arn else arn


def _service_of(resource_type: str) -> str:
    known = DATA_SERVICES.get(resource_type)
    return (
        known or f"{resource_type.split('::')[1].lower()}.amazonaws.com"
        if resource_type.count("::") == 2
        else known or ""
    )


def _advanced(rule: Mapping[str, Any], cell: Cell) -> bool:
    fields = _get(rule, "fieldSelectors")
    return isinstance(fields, list) and all(
        _field(item, cell) for item in fields if isinstance(item, dict)
    )


def _field(item: Mapping[str, Any], cell: Cell) -> bool:
    name = str(_get(item, "field"))
    value = {
        "eventCategory": cell.category,
        "readOnly": None if cell.read_only is None else str(cell.read_only).lower(),
        "eventName": cell.event_name,
        "eventSource": cell.event_source,
        "resources.ARN": cell.resource,
    }.get(name)
    if name == "resources.type":
        services = {_service_of(kind) for kind in _strings(_get(item, "equals"))}
        return not services or cell.event_source in services
    return value is None or _conditions(item, value)


_KNOWN_FIELDS = frozenset(
    {"eventCategory", "readOnly", "eventName", "eventSource", "resources.type", "resources.ARN"}
)
_NOT = ("notEquals", "notStartsWith", "notEndsWith")


def _asks_more(rule: Mapping[str, Any], cell: Cell) -> bool:
    """Whether a rule leaves out entries by what the cell does not know of them."""
    fields = [item for item in _get(rule, "fieldSelectors") or [] if isinstance(item, dict)]
    names = {str(_get(item, "field")) for item in fields}
    excludes = cell.resource is None and any(
        _get(item, "field") == "resources.ARN" and any(_get(item, name) for name in _NOT)
        for item in fields
    )
    return excludes or not names <= _KNOWN_FIELDS


_TESTS: Mapping[str, Callable[[str, list[str]], bool]] = {
    "equals": lambda value, wanted: value in wanted,
    "notEquals": lambda value, wanted: value not in wanted,
    "startsWith": lambda value, wanted: value.startswith(tuple(wanted)),
    "notStartsWith": lambda value, wanted: not value.startswith(tuple(wanted)),
    "endsWith": lambda value, wanted: value.endswith(tuple(wanted)),
    "notEndsWith": lambda value, wanted: not value.endswith(tuple(wanted)),
}


def _conditions(item: Mapping[str, Any], value: str) -> bool:
    asked = {name: [_unqualified(text) for text in _strings(_get(item, name))] for name in _TESTS}
    return all(_TESTS[name](value, wanted) for name, wanted in asked.items() if wanted)


def _named_arns(rule: Mapping[str, Any], advanced: bool) -> Iterable[str]:
    """The ARNs, or parts of such, that a rule names."""
    listed = _get(rule, "fieldSelectors" if advanced else "dataResources")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and not advanced:
            yield from _strings(_get(item, "values"))
        elif isinstance(item, dict) and _get(item, "field") == "resources.ARN":
            for name in _TESTS:
                yield from _strings(_get(item, name))


def _categories(rule: Mapping[str, Any], advanced: bool) -> Iterable[str]:
    if not advanced:
        if _get(rule, "includeManagementEvents") not in (False, "false"):
            yield "Management"
        if _get(rule, "dataResources"):
            yield "Data"
        return
    for item in _get(rule, "fieldSelectors") or []:
        if isinstance(item, dict) and _get(item, "field") == "eventCategory":
            yield from _strings(_get(item, "equals"))


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _get(item: Mapping[str, Any], name: str) -> Any:
    """The value of a key, whatever the case of its first letter (API and archive differ)."""
    return item.get(name, item.get(name[:1].upper() + name[1:]))

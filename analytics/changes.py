"""From successful configuration changes to a Topology with its history.

Source: the request parameters of CloudTrail management events, DOMAIN section 5. Lambda's names carry
API dates; they are matched by prefix.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from analytics import arns, event_patterns, selectors
from analytics.topology import Change, Filter, Link, Topology, Trail

Row = Mapping[str, Any]
_FUNCTION_ARN = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+")


class _Builder:
    """Folds changes, in order of time, into links and trails."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.trails: dict[str, Trail] = {}
        self.changes: list[Change] = []
        self.disabled: dict[str, list[str]] = {}  # rules, and the targets that they had
        self.filters: dict[str, list[Filter]] = defaultdict(list)  # by group and name
        self.patterns: dict[str, list[tuple[datetime, str]]] = defaultdict(list)  # by rule
        self.names: dict[
            str, str
        ] = {}  # local names (uuid, filter, destination) -> what they stand for

    def add(self, row: Row) -> None:
        """Takes one change; what it does not understand it leaves alone."""
        name = str(row["event_name"])
        handler = next(
            (found for prefix, found in HANDLERS.items() if name.startswith(prefix)), None
        )
        request = _object(row["request_parameters"])
        if handler is None or request is None:
            return
        touched = {
            arn
            for arn in handler(self, _Event(row, request, _object(row["response_elements"]) or {}))
            if arn
        }
        actor = row["identity_arn"] or row["invoked_by"]
        self.changes.append(
            Change(
                row["event_id"],
                row["event_time"],
                name,
                actor,
                row["source_ip_address"],
                frozenset(touched),
            )
        )

    def link(self, event: _Event, source: str, target: str, **more: Any) -> None:
        """Opens a link from this event on; one that is there already, alike, stays as it is."""
        if any(
            (link.source, link.target, link.until) == (source, target, None) for link in self.links
        ):
            return
        self.links.append(
            Link(source, target, since=event.time, event_id=event.row["event_id"], **more)
        )

    def close(self, event: _Event, source: str, target: str | None = None) -> None:
        """Ends the open links of a source (to one target, or all)."""
        self.links = [
            replace(link, until=event.time)
            if link.source == source and link.until is None and target in (None, link.target)
            else link
            for link in self.links
        ]

    def filter(self, event: _Event, name: str, made: Filter | None) -> None:
        """Ends a group's filter of that name, and sets this one in its place."""
        history = self.filters[name]
        if history and history[-1].until is None:
            history[-1] = replace(history[-1], until=event.time)
        if made is not None:
            history.append(replace(made, since=event.time, event_id=event.row["event_id"]))

    def trail(self, event: _Event, name: str) -> Trail:
        """The trail of this name or ARN, made if new."""
        arn = name if name.startswith("arn:") else event.arn("cloudtrail", f"trail/{name}")
        found = self.trails.get(arn)
        if found is None:
            found = Trail(arn, arns.account(arn) or event.account, arns.region(arn) or event.region)
            self.trails[arn] = found
        return found


class _Event:
    """One change's request and response, read without trust."""

    def __init__(self, row: Row, request: Mapping[str, Any], response: Mapping[str, Any]) -> None:
        self.row = row
        self.request = request
        self.response = response
        self.time: datetime = row["event_time"]
        self.account = str(row["account_id"] or "")
        self.region = str(row["aws_region"] or "")

    def text(self, *names: str) -> str | None:
        """The first of these request keys that holds a text."""
        for name in names:
            value = _get(self.request, name)
            if isinstance(value, str) and value:
                return value
        return None

    def reply(self, name: str) -> str | None:
        """A text of the response."""
        value = _get(self.response, name)
        return value if isinstance(value, str) and value else None

    def flag(self, name: str) -> bool | None:
        """A boolean of the request or response, also as text."""
        for place in (self.request, self.response):
            value = _get(place, name)
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
        return (
            arns.log_group(name)
            if name.startswith("arn:")
            else self.arn("logs", f"log-group:{name}")
        )

    def function(self, name: str) -> str:
        """A function's unqualified ARN, of a bare name, `ACCOUNT:function:NAME` or an ARN."""
        if name.startswith("arn:"):
            return arns.function(name)
        parts = name.split(":")
        if len(parts) >= 3 and parts[1] == "function":
            place = f"{arns.partition(self.region)}:lambda:{self.region}:{parts[0]}"
            return f"arn:{place}:function:{parts[2]}"
        return self.arn("lambda", f"function:{parts[0]}")


def _create_trail(build: _Builder, event: _Event) -> Iterable[str | None]:
    name = event.reply("trailARN") or event.text("name", "trailName") or ""
    trail = build.trail(event, name)
    created = event.row["event_name"] == "CreateTrail"
    trail = replace(
        trail,
        organization=_known(event.flag("isOrganizationTrail"), trail.organization),
        multi_region=_known(event.flag("isMultiRegionTrail"), trail.multi_region),
        created=event.time if created else trail.created,
        selectors=((event.time, selectors.MANAGEMENT_ONLY),) if created else trail.selectors,
    )
    build.trails[trail.arn] = trail
    touched: list[str | None] = [trail.arn]
    group = event.text("cloudWatchLogsLogGroupArn")
    bucket = event.text("s3BucketName")
    if group:
        build.link(event, trail.arn, event.group(group))
        touched.append(event.group(group))
    if bucket:
        build.link(event, trail.arn, event.bucket(bucket))
        touched.append(event.bucket(bucket))
    return touched


def _delete_trail(build: _Builder, event: _Event) -> Iterable[str | None]:
    trail = build.trail(event, event.text("name") or "")
    build.close(event, trail.arn)
    return [trail.arn]


def _logging(build: _Builder, event: _Event) -> Iterable[str | None]:
    trail = build.trail(event, event.text("name") or "")
    on = event.row["event_name"] == "StartLogging"
    build.trails[trail.arn] = replace(trail, logging=(*trail.logging, (event.time, on)))
    return [trail.arn]


def _selectors(build: _Builder, event: _Event) -> Iterable[str | None]:
    trail = build.trail(event, event.text("trailName", "trailARN") or event.reply("trailARN") or "")
    chosen = selectors.parse(
        _get(event.request, "eventSelectors"), _get(event.request, "advancedEventSelectors")
    )
    if chosen is not None:
        build.trails[trail.arn] = replace(trail, selectors=(*trail.selectors, (event.time, chosen)))
    return [trail.arn]


def _subscription(build: _Builder, event: _Event) -> Iterable[str | None]:
    group, target = event.text("logGroupName", "logGroupIdentifier"), event.text("destinationArn")
    if not group or not target:
        return []
    source = event.group(group)
    destination = arns.function(target) if arns.service(target) == "lambda" else target
    key = f"{source} {event.text('filterName')}"
    if build.names.get(key, destination) != destination:
        build.close(event, source, build.names[key])
    build.names[key] = destination
    pattern = event.text("filterPattern")
    build.link(event, source, destination, pattern=pattern)
    build.filter(event, key, Filter(source, destination, pattern))
    return [source, destination]


def _no_subscription(build: _Builder, event: _Event) -> Iterable[str | None]:
    group = event.text("logGroupName", "logGroupIdentifier")
    if not group:
        return []
    key = f"{event.group(group)} {event.text('filterName')}"
    target = build.names.get(key)
    build.close(event, event.group(group), target)
    build.filter(event, key, None)
    return [event.group(group), target]


def _destination(build: _Builder, event: _Event) -> Iterable[str | None]:
    name, target = event.text("destinationName"), event.text("targetArn")
    if not name or not target:
        return []
    build.link(event, event.arn("logs", f"destination:{name}"), target)
    return [event.arn("logs", f"destination:{name}"), target]


def _account_policy(build: _Builder, event: _Event) -> Iterable[str | None]:
    document = _object(event.text("policyDocument"))
    target = document.get("DestinationArn") if document else None
    if not isinstance(target, str):
        return []
    every = event.arn("logs", "log-group:*")
    destination = arns.function(target) if arns.service(target) == "lambda" else target
    pattern = document.get("FilterPattern") if document else None
    build.link(event, every, destination)
    build.filter(
        event, every, Filter(every, destination, pattern if isinstance(pattern, str) else None)
    )
    return [every, target]


def _no_account_policy(build: _Builder, event: _Event) -> Iterable[str | None]:
    if event.text("policyType") != "SUBSCRIPTION_FILTER_POLICY":
        return []
    every = event.arn("logs", "log-group:*")
    build.close(event, every)
    build.filter(event, every, None)
    return [every]


def _mapping(build: _Builder, event: _Event) -> Iterable[str | None]:
    uuid = event.text("uUID", "uuid", "UUID") or event.reply("uUID") or event.reply("uuid") or ""
    known = build.names.get(uuid, " ").split(" ")
    source = event.text("eventSourceArn") or event.reply("eventSourceArn") or known[0]
    named = event.reply("functionArn") or event.text("functionName")
    target = event.function(named) if named else known[1]
    if not source or not target:
        return []
    size = _get(event.request, "batchSize")
    if event.flag("enabled") is False or str(event.row["event_name"]).startswith("Delete"):
        build.close(event, source, target)
    else:
        build.link(event, source, target, batch_size=size if isinstance(size, int) else None)
    build.names[uuid] = f"{source} {target}"
    return [source, target]


_NOTIFIED = (
    ("LambdaFunctionConfiguration", "LambdaFunctionArn"),
    ("CloudFunctionConfiguration", "CloudFunction"),
    ("QueueConfiguration", "Queue"),
    ("TopicConfiguration", "Topic"),
)


def _bucket_notification(build: _Builder, event: _Event) -> Iterable[str | None]:
    bucket = event.text("bucketName")
    given = _get(event.request, "notificationConfiguration") or _get(
        event.request, "NotificationConfiguration"
    )
    if not bucket:
        return []
    source = event.bucket(bucket)
    targets = [
        arns.function(str(target)) if arns.service(str(target)) == "lambda" else str(target)
        for listed, key in _NOTIFIED
        for item in _items(given, listed)
        for target in [
            item.get(key)
            or item.get(f"{listed.removesuffix('Configuration')}Arn")
            or _any_arn(item)
        ]
        if target
    ]
    build.close(event, source)
    for target in targets:
        build.link(event, source, target)
    return [source, *targets]


def _rule(build: _Builder, event: _Event) -> Iterable[str | None]:
    arn = event.reply("ruleArn") or event.arn("events", f"rule/{_rule_name(event)}")
    pattern = event.text("eventPattern")
    if not pattern:
        return [arn]
    build.patterns[arn].append((event.time, pattern))
    found = [event.bucket(name) for name in event_patterns.told_buckets(pattern)]
    for link in [link for link in build.links if link.target == arn]:
        if link.source not in found:
            build.close(event, link.source, arn)
    for bucket in found:
        build.link(event, bucket, arn)
    return [arn, *found]


def _targets(build: _Builder, event: _Event) -> Iterable[str | None]:
    rule = event.arn("events", f"rule/{_rule_name(event, 'rule')}")
    given = _get(event.request, "targets")
    found = (
        [str(_get(item, "arn")) for item in given if isinstance(item, dict) and _get(item, "arn")]
        if isinstance(given, list)
        else []
    )
    targets = [arns.function(arn) if arns.service(arn) == "lambda" else arn for arn in found]
    for target in targets:
        build.link(event, rule, target)
    return [rule, *targets]


def _no_targets(build: _Builder, event: _Event) -> Iterable[str | None]:
    rule = event.arn("events", f"rule/{_rule_name(event, 'rule')}")
    build.close(event, rule)
    return [rule]


def _disabled(build: _Builder, event: _Event) -> Iterable[str | None]:
    rule = event.arn("events", f"rule/{_rule_name(event)}")
    build.disabled[rule] = [
        link.target for link in build.links if link.source == rule and link.until is None
    ]
    build.close(event, rule)
    return [rule]


def _enabled(build: _Builder, event: _Event) -> Iterable[str | None]:
    """Its targets are those that it had when it was disabled."""
    rule = event.arn("events", f"rule/{_rule_name(event)}")
    for target in build.disabled.pop(rule, []):
        build.link(event, rule, target)
    return [rule]


def _subscribe(build: _Builder, event: _Event) -> Iterable[str | None]:
    topic, target = event.text("topicArn"), event.text("endpoint")
    if not topic or not target or not target.startswith("arn:"):
        return []
    destination = arns.function(target) if arns.service(target) == "lambda" else target
    build.link(event, topic, destination)
    return [topic, destination]


def _function(build: _Builder, event: _Event) -> Iterable[str | None]:
    del build
    name = event.reply("functionArn") or event.text("functionName")
    return [event.function(name)] if name else []


def _delivery_stream(build: _Builder, event: _Event) -> Iterable[str | None]:
    """The functions that transform for a delivery stream, and the Kinesis stream that it reads. A change of
    its destination that says nothing of functions leaves them as they were."""
    name = event.text("deliveryStreamName")
    if not name:
        return []
    stream = event.arn("firehose", f"deliverystream/{name}")
    told = _processing(event.request)
    on = [part for part in told if _get(part, "enabled") not in (False, "false")]
    found = sorted(set(_FUNCTION_ARN.findall(json.dumps(on if told else dict(event.request)))))
    for link in [link for link in build.links if link.source == stream] if told else []:
        if link.target not in found:
            build.close(event, stream, link.target)
    for target in found:
        build.link(event, stream, target)
    read = _get(event.request, "kinesisStreamSourceConfiguration")
    source = _get(read, "kinesisStreamARN") if isinstance(read, dict) else None
    if not isinstance(source, str):
        return [stream, *found]
    build.link(event, source, stream)
    return [source, stream, *found]


def _processing(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a delivery stream's destinations say of the functions that transform for them."""
    given = (
        _get(value, "processingConfiguration")
        for value in request.values()
        if isinstance(value, dict)
    )
    return [part for part in given if isinstance(part, dict)]


def _no_delivery_stream(build: _Builder, event: _Event) -> Iterable[str | None]:
    name = event.text("deliveryStreamName")
    if not name:
        return []
    stream = event.arn("firehose", f"deliverystream/{name}")
    build.close(event, stream)
    return [stream]


HANDLERS: Mapping[str, Callable[[_Builder, _Event], Iterable[str | None]]] = {
    "CreateTrail": _create_trail,
    "UpdateTrail": _create_trail,
    "DeleteTrail": _delete_trail,
    "StartLogging": _logging,
    "StopLogging": _logging,
    "PutEventSelectors": _selectors,
    "PutSubscriptionFilter": _subscription,
    "DeleteSubscriptionFilter": _no_subscription,
    "PutDestinationPolicy": lambda *_: [],
    "PutDestination": _destination,
    "PutAccountPolicy": _account_policy,
    "DeleteAccountPolicy": _no_account_policy,
    "CreateEventSourceMapping": _mapping,
    "UpdateEventSourceMapping": _mapping,
    "DeleteEventSourceMapping": _mapping,
    "PutBucketNotification": _bucket_notification,
    "PutRule": _rule,
    "PutTargets": _targets,
    "RemoveTargets": _no_targets,
    "DisableRule": _disabled,
    "EnableRule": _enabled,
    "DeleteRule": _no_targets,
    "Subscribe": _subscribe,
    "CreateDeliveryStream": _delivery_stream,
    "UpdateDestination": _delivery_stream,
    "DeleteDeliveryStream": _no_delivery_stream,
    "CreateFunction": _function,
    "UpdateFunctionConfiguration": _function,
    "UpdateFunctionCode": _function,
    "AddPermission": _function,
}


def from_changes(rows: Iterable[Row]) -> Topology:
    """The topology that these successful changes (rows of `changes`, any order) leave, with its history."""
    build = _Builder()
    for row in sorted(rows, key=lambda row: (row["event_time"], row["event_id"] or "")):
        build.add(row)
    filters = tuple(item for history in build.filters.values() for item in history)
    patterns = {rule: tuple(history) for rule, history in build.patterns.items()}
    return Topology(tuple(build.links), build.trails, tuple(build.changes), filters, patterns)


def _rule_name(event: _Event, key: str = "name") -> str:
    name = event.text(key, "name", "rule") or ""
    bus = event.text("eventBusName") or "default"
    short = bus.rsplit("/", 1)[-1]
    return name if short == "default" else f"{short}/{name}"


def _known(value: bool | None, other: bool) -> bool:
    return other if value is None else value


def _object(text: object) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _get(item: Mapping[str, Any], name: str) -> Any:
    """A key's value, whatever the case of its letters (services differ)."""
    if name in item:
        return item[name]
    return next((value for key, value in item.items() if key.lower() == name.lower()), None)


def _items(given: object, listed: str) -> list[Mapping[str, Any]]:
    """One object or an array of them, under its name or its plural."""
    if not isinstance(given, dict):
        return []
    value = _get(given, listed) or _get(given, f"{listed}s")
    found = value if isinstance(value, list) else [value]
    return [item for item in found if isinstance(item, dict)]


def _any_arn(item: Mapping[str, Any]) -> str | None:
    return next(
        (value for value in item.values() if isinstance(value, str) and value.startswith("arn:")),
        None,
    )

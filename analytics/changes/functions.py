"""Changes of functions and of what starts them: mappings, bucket notifications, topics, delivery streams."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from analytics.changes.builder import Builder, Handler
from analytics.changes.event import Event, get, listed, unqualified
from analytics.topology import Filter
from ingest.topology.criteria import of_files

_FUNCTION_ARN = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+")
_NOTIFIED = (
    ("LambdaFunctionConfiguration", "LambdaFunctionArn"),
    ("CloudFunctionConfiguration", "CloudFunction"),
    ("QueueConfiguration", "Queue"),
    ("TopicConfiguration", "Topic"),
)


def _changed(_: Builder, event: Event) -> Iterable[str | None]:
    name = event.reply("functionArn") or event.text("functionName")
    return [event.function(name)] if name else []


def _permitted(build: Builder, event: Event) -> Iterable[str | None]:
    """Who may start a function. Without it no subscription filter can be made (PutSubscriptionFilter tries it), so that
    nothing begins with one for CloudWatch Logs."""
    of_logs = (event.text("principal") or "").startswith("logs.")
    return [] if of_logs else _changed(build, event)


def _created(build: Builder, event: Event) -> Iterable[str | None]:
    """What started a function of that name that was deleted starts the new one."""
    touched = list(_changed(build, event))
    for function in touched:
        for source, target in build.put_aside.pop(str(function), []):
            build.link(event, source, target)
    return touched


def _deleted(build: Builder, event: Event) -> Iterable[str | None]:
    """Filters, rules and notifications stay, and start nothing."""
    touched = list(_changed(build, event))
    if event.text("qualifier"):  # of a version alone
        return touched
    for function in map(str, touched):
        build.put_aside[function] = [(source, function) for source in build.sources(function)]
        for source, _ in build.put_aside[function]:
            build.close(event, source, function)
    return touched


def _mapping(build: Builder, event: Event) -> Iterable[str | None]:
    uuid = event.text("uUID", "uuid", "UUID") or event.reply("uUID") or event.reply("uuid") or ""
    known = build.mappings.get(uuid, ("", ""))
    source = event.text("eventSourceArn") or event.reply("eventSourceArn") or known[0]
    named = event.reply("functionArn") or event.text("functionName")
    target = event.function(named) if named else known[1]
    if not source or not target:
        return []
    if known not in {("", ""), (source, target)}:
        build.close(event, *known)
    size = get(event.request, "batchSize")
    if event.flag("enabled") is False or event.name.startswith("Delete"):
        build.close(event, source, target)
    else:
        build.link(event, source, target, batch_size=size if isinstance(size, int) else None)
    build.mappings[uuid] = (source, target)
    return [source, target]


def _notification(build: Builder, event: Event) -> Iterable[str | None]:
    bucket = event.text("bucketName")
    if not bucket:
        return []
    source, given = event.bucket(bucket), get(event.request, "notificationConfiguration")
    told: dict[str, str] = {}  # by target, of what it is notified
    patterns: dict[str, str | None] = {}
    for name, key in _NOTIFIED:
        for item in listed(given, name):
            if target := _notified(item, key, f"{name.removesuffix('Configuration')}Arn"):
                target = unqualified(target)
                patterns[target] = None if target in told else of_files(item)
                told[target] = told.get(target, "") + _of_what(item)
    before = build.notified.get(source, {})
    for target in build.targets(source):
        if before.get(target) != told.get(target):
            build.close(event, source, target)
            build.filter(event, f"{source} {target}", None)
    for target in told:
        if target not in build.targets(source):
            build.filter(event, f"{source} {target}", Filter(source, target, patterns[target]))
        build.link(event, source, target)
    build.notified[source] = told
    return [source, *told]


def _of_what(item: Mapping[str, Any]) -> str:
    return json.dumps({key: item[key] for key in item if key.lower() != "id"}, sort_keys=True)


def _notified(item: Mapping[str, Any], *keys: str) -> str | None:
    texts = (item.get(key) for key in keys)
    others = (value for value in item.values() if str(value).startswith("arn:"))
    return next((value for value in (*texts, *others) if isinstance(value, str) and value), None)


def _subscribe(build: Builder, event: Event) -> Iterable[str | None]:
    topic, target = event.text("topicArn"), event.text("endpoint")
    if not topic or not target or not target.startswith("arn:"):
        return []
    destination = unqualified(target)
    build.link(event, topic, destination)
    if called := event.reply("subscriptionArn"):
        build.subscriptions[called] = (topic, destination)
    return [topic, destination]


def _unsubscribe(build: Builder, event: Event) -> Iterable[str | None]:
    """By the subscription's ARN, which a topic's begins; one that was made before the archive began is not known."""
    topic, target = build.subscriptions.pop(event.text("subscriptionArn") or "", ("", ""))
    if (topic, target) not in build.subscriptions.values():
        build.close(event, topic, target)
    return [topic, target]


def _no_topic(build: Builder, event: Event) -> Iterable[str | None]:
    topic = event.text("topicArn") or ""
    return [topic, *build.close(event, topic)]


def _delivery_stream(build: Builder, event: Event) -> Iterable[str | None]:
    """The functions that transform for a delivery stream, and the Kinesis stream that it reads. A change of
    its destination that says nothing of functions leaves them as they were."""
    name = event.text("deliveryStreamName")
    if not name:
        return []
    stream = event.arn("firehose", f"deliverystream/{name}")
    told = _processing(event.request)
    on = [part for part in told if get(part, "enabled") not in (False, "false")]
    found = sorted(set(_FUNCTION_ARN.findall(json.dumps(on if told else dict(event.request)))))
    for target in build.targets(stream) if told else []:
        if target not in found:
            build.close(event, stream, target)
    for target in found:
        build.link(event, stream, target)
    read = get(event.request, "kinesisStreamSourceConfiguration")
    source = get(read, "kinesisStreamARN") if isinstance(read, dict) else None
    if not isinstance(source, str):
        return [stream, *found]
    build.link(event, source, stream)
    return [source, stream, *found]


def _processing(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a delivery stream's destinations say of the functions that transform for them."""
    given = (
        get(value, "processingConfiguration")
        for value in request.values()
        if isinstance(value, dict)
    )
    return [part for part in given if isinstance(part, dict)]


def _no_delivery_stream(build: Builder, event: Event) -> Iterable[str | None]:
    name = event.text("deliveryStreamName")
    if not name:
        return []
    stream = event.arn("firehose", f"deliverystream/{name}")
    return [stream, *build.close(event, stream)]


HANDLERS: Mapping[str, Handler] = {
    "CreateEventSourceMapping": _mapping,
    "UpdateEventSourceMapping": _mapping,
    "DeleteEventSourceMapping": _mapping,
    "PutBucketNotification": _notification,
    "Subscribe": _subscribe,
    "Unsubscribe": _unsubscribe,
    "DeleteTopic": _no_topic,
    "CreateDeliveryStream": _delivery_stream,
    "UpdateDestination": _delivery_stream,
    "DeleteDeliveryStream": _no_delivery_stream,
    "CreateFunction": _created,
    "DeleteFunction": _deleted,
    "UpdateFunctionConfiguration": _changed,
    "UpdateFunctionCode": _changed,
    "AddPermission": _permitted,
}

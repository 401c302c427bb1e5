"""Changes of trails: where they write, what they record, whether they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from analytics import arns, selectors
from analytics.changes.builder import Builder, Handler
from analytics.changes.event import Event, get
from analytics.topology import Trail

_INTO = (
    ("logs", "cloudWatchLogsLogGroupArn", "cloudWatchLogsLogGroupArn"),
    ("s3", "s3BucketName", "s3BucketName"),
    ("sns", "snsTopicName", "snsTopicARN"),  # is told of every file
)
"""Of each service a trail writes into one place: what it is called where it is asked for, and in the answer."""

_REACH = ("isOrganizationTrail", "isMultiRegionTrail")


def _create(build: Builder, event: Event) -> Iterable[str | None]:
    name = event.reply("trailARN") or event.text("name", "trailName") or ""
    trail = build.trail(event, name)
    if event.name == "CreateTrail":
        first = ((event.time, selectors.MANAGEMENT_ONLY),)
        trail = replace(trail, created=event.time, selectors=first)
    build.trails[trail.arn] = _reaching(trail, event)
    touched: list[str | None] = [trail.arn]
    for service, asked, told in _INTO:
        given, answer = get(event.request, asked), event.reply(told)
        if isinstance(given, str):  # an empty one takes it away
            target = _place(event, service, answer or given) if given else None
            _moved(build, event, trail.arn, service, target)
            touched.append(target)
        elif answer and service not in map(arns.service, build.targets(trail.arn)):
            build.held(trail.arn, _place(event, service, answer))  # nobody asked for it now
    return touched


def _place(event: Event, service: str, named: str) -> str:
    if service == "logs":
        return event.group(named)
    if service == "s3":
        return event.bucket(named)
    return named if named.startswith("arn:") else event.arn(service, named)


def _moved(build: Builder, event: Event, trail: str, service: str, target: str | None) -> None:
    for other in build.targets(trail):
        if arns.service(other) == service and other != target:
            build.close(event, trail, other)
    if target:
        build.link(event, trail, target)


def _reaching(trail: Trail, event: Event) -> Trail:
    """The trail with its reach from now on. What the answer tells and nobody asked for was so before."""
    told = [event.flag(name) for name in _REACH]
    if told == [None, None]:
        return trail
    organization, regions = (
        old if new is None else new
        for old, new in zip((trail.organization, trail.multi_region), told, strict=True)
    )
    reaches = trail.reaches
    if event.name == "CreateTrail":
        reaches = ((None, organization, regions),)
    elif not reaches:
        asked = [get(event.request, name) is not None for name in _REACH]
        reaches = ((None, None if asked[0] else organization, None if asked[1] else regions),)
    found = trail.reaching(organization, regions)
    return replace(found, reaches=(*reaches, (event.time, organization, regions)))


def _delete(build: Builder, event: Event) -> Iterable[str | None]:
    trail = build.trail(event, event.text("name") or "")
    build.close(event, trail.arn)
    return [trail.arn]


def _logging(build: Builder, event: Event) -> Iterable[str | None]:
    trail = build.trail(event, event.text("name") or "")
    on = event.name == "StartLogging"
    build.trails[trail.arn] = replace(trail, logging=(*trail.logging, (event.time, on)))
    return [trail.arn]


def _selectors(build: Builder, event: Event) -> Iterable[str | None]:
    trail = build.trail(event, event.text("trailName", "trailARN") or event.reply("trailARN") or "")
    chosen = selectors.parse(
        get(event.request, "eventSelectors"), get(event.request, "advancedEventSelectors")
    )
    if chosen is not None:
        build.trails[trail.arn] = replace(trail, selectors=(*trail.selectors, (event.time, chosen)))
    return [trail.arn]


HANDLERS: Mapping[str, Handler] = {
    "CreateTrail": _create,
    "UpdateTrail": _create,
    "DeleteTrail": _delete,
    "StartLogging": _logging,
    "StopLogging": _logging,
    "PutEventSelectors": _selectors,
}

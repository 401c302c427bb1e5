"""Changes of trails: where they write, what they record, whether they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from analytics import arns, selectors
from analytics.changes.builder import Builder, Handler
from analytics.changes.event import Event, get


def _create(build: Builder, event: Event) -> Iterable[str | None]:
    name = event.reply("trailARN") or event.text("name", "trailName") or ""
    trail = build.trail(event, name)
    created = event.name == "CreateTrail"
    trail = replace(
        trail,
        organization=_known(event.flag("isOrganizationTrail"), trail.organization),
        multi_region=_known(event.flag("isMultiRegionTrail"), trail.multi_region),
        created=event.time if created else trail.created,
        selectors=((event.time, selectors.MANAGEMENT_ONLY),) if created else trail.selectors,
    )
    build.trails[trail.arn] = trail
    group, bucket = (
        get(event.request, key) for key in ("cloudWatchLogsLogGroupArn", "s3BucketName")
    )
    touched: list[str | None] = [trail.arn]
    if isinstance(group, str):  # an empty one takes it away
        touched += _writes(build, event, trail.arn, "logs", event.group(group) if group else None)
    if isinstance(bucket, str) and bucket:
        touched += _writes(build, event, trail.arn, "s3", event.bucket(bucket))
    return touched


def _writes(
    build: Builder, event: Event, trail: str, service: str, target: str | None
) -> list[str | None]:
    """A trail writes into one log group and one bucket."""
    for other in build.targets(trail):
        if arns.service(other) == service and other != target:
            build.close(event, trail, other)
    if target:
        build.link(event, trail, target)
    return [target]


def _known(value: bool | None, other: bool) -> bool:
    return other if value is None else value


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

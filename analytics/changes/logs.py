"""Changes of CloudWatch Logs: subscription filters, destinations, an account's subscription policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analytics.changes.builder import Builder, Handler
from analytics.changes.event import Event, json_object, unqualified
from analytics.topology import Filter
from ingest.topology.criteria import excepted


def _filter(build: Builder, event: Event) -> Iterable[str | None]:
    name, target = event.text("logGroupName", "logGroupIdentifier"), event.text("destinationArn")
    if not name or not target:
        return []
    group, destination, called = (
        event.group(name),
        unqualified(target),
        str(event.text("filterName")),
    )
    if build.filters_of[group].get(called, destination) != destination:
        _leave(build, event, group, called)
    build.filters_of[group][called] = destination
    pattern = event.text("filterPattern")
    build.link(event, group, destination, pattern=pattern)
    build.filter(event, f"{group} {called}", Filter(group, destination, pattern))
    return [group, destination]


def _leave(build: Builder, event: Event, group: str, called: str) -> str | None:
    """A filter is its group's no more; its link stays where another filter has the same target. Which one that
    was made before the archive began is not known."""
    target = build.filters_of[group].pop(called, None)
    if target is not None and target not in build.filters_of[group].values():
        build.close(event, group, target)
    return target


def _no_filter(build: Builder, event: Event) -> Iterable[str | None]:
    name = event.text("logGroupName", "logGroupIdentifier")
    if not name:
        return []
    group, called = event.group(name), str(event.text("filterName"))
    build.filter(event, f"{group} {called}", None)
    return [group, _leave(build, event, group, called)]


def _no_group(build: Builder, event: Event) -> Iterable[str | None]:
    """Its filters are deleted with it."""
    name = event.text("logGroupName", "logGroupIdentifier")
    if not name:
        return []
    group = event.group(name)
    for called in build.filters_of.pop(group, {}):
        build.filter(event, f"{group} {called}", None)
    return [group, *build.close(event, group)]


def _destination(build: Builder, event: Event) -> Iterable[str | None]:
    name, target = event.text("destinationName"), event.text("targetArn")
    if not name or not target:
        return []
    destination = event.arn("logs", f"destination:{name}")
    if build.targets(destination) != [target]:
        build.close(event, destination)
    build.link(event, destination, target)
    return [destination, target]


def _no_destination(build: Builder, event: Event) -> Iterable[str | None]:
    name = event.text("destinationName")
    if not name:
        return []
    destination = event.arn("logs", f"destination:{name}")
    return [destination, *build.close(event, destination)]


def _policy(build: Builder, event: Event) -> Iterable[str | None]:
    document = json_object(event.text("policyDocument")) or {}
    target = document.get("DestinationArn")
    if not isinstance(target, str):
        return []
    every, destination = event.arn("logs", "log-group:*"), unqualified(target)
    given = document.get("FilterPattern")
    pattern = given if isinstance(given, str) else None
    but = excepted(event.text("selectionCriteria"))
    if all((link.target, link.excepted) != (destination, but) for link in build.open(every)):
        build.close(event, every)  # an account has one such policy
    build.link(event, every, destination, excepted=but)
    build.filter(event, every, Filter(every, destination, pattern, excepted=but))
    return [every, target]


def _no_policy(build: Builder, event: Event) -> Iterable[str | None]:
    if event.text("policyType") != "SUBSCRIPTION_FILTER_POLICY":
        return []
    every = event.arn("logs", "log-group:*")
    build.close(event, every)
    build.filter(event, every, None)
    return [every]


HANDLERS: Mapping[str, Handler] = {
    "PutSubscriptionFilter": _filter,
    "DeleteSubscriptionFilter": _no_filter,
    "DeleteLogGroup": _no_group,
    "PutDestinationPolicy": lambda *_: [],
    "PutDestination": _destination,
    "DeleteDestination": _no_destination,
    "PutAccountPolicy": _policy,
    "DeleteAccountPolicy": _no_policy,
}

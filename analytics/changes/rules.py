"""Changes of EventBridge's rules: what they match, what they start, whether they are on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analytics import event_patterns
from analytics.changes.builder import Builder, Handler
from analytics.changes.event import Event, get, objects, unqualified


def _arn(event: Event, key: str = "name") -> str:
    name = event.text(key, "name", "rule") or ""
    bus = event.text("eventBusName") or "default"
    short = bus.rsplit("/", 1)[-1]
    return event.arn("events", f"rule/{name if short == 'default' else f'{short}/{name}'}")


def _put(build: Builder, event: Event) -> Iterable[str | None]:
    rule = event.reply("ruleArn") or _arn(event)
    _switch(build, event, rule, on=event.text("state") != "DISABLED")
    pattern = event.text("eventPattern")
    if not pattern:
        return [rule]
    build.patterns[rule].append((event.time, pattern))
    found = [event.bucket(name) for name in event_patterns.told_buckets(pattern)]
    for source in build.sources(rule):
        if source not in found:
            build.close(event, source, rule)
    for bucket in found:
        build.link(event, bucket, rule)
    return [rule, *found]


def _targets(build: Builder, event: Event) -> Iterable[str | None]:
    rule = _arn(event, "rule")
    told = [
        (get(item, "id"), unqualified(str(get(item, "arn"))))
        for item in objects(get(event.request, "targets"))
        if get(item, "arn")
    ]
    for called, target in told:
        if isinstance(called, str):
            if build.targets_of[rule].get(called, target) != target:
                _leave(build, event, rule, called)
            build.targets_of[rule][called] = target
        if rule not in build.put_aside:
            build.link(event, rule, target)
        elif (rule, target) not in build.put_aside[rule]:
            build.put_aside[rule].append((rule, target))
    return [rule, *(target for _, target in told)]


def _leave(build: Builder, event: Event, rule: str, called: str) -> str | None:
    """A rule starts a target no more; its link stays where another id has the same target."""
    target = build.targets_of[rule].pop(called, None)
    if target is not None and target not in build.targets_of[rule].values():
        build.close(event, rule, target)
        if (rule, target) in build.put_aside.get(rule, ()):
            build.put_aside[rule].remove((rule, target))
    return target


def _no_targets(build: Builder, event: Event) -> Iterable[str | None]:
    """By their ids; as many that are not known are the rule's targets whose ids are not known."""
    rule = _arn(event, "rule")
    named = build.targets_of[rule]
    ids = [called for called in get(event.request, "ids") or [] if isinstance(called, str)]
    nameless = [target for target in build.targets(rule) if target not in named.values()]
    touched = [_leave(build, event, rule, called) for called in ids if called in named]
    if len(ids) - len(touched) >= len(nameless):
        touched += [gone for target in nameless for gone in build.close(event, rule, target)]
    return [rule, *touched]


def _deleted(build: Builder, event: Event) -> Iterable[str | None]:
    rule = _arn(event)
    build.targets_of.pop(rule, None)
    build.put_aside.pop(rule, None)
    return [rule, *build.close(event, rule)]


def _disabled(build: Builder, event: Event) -> Iterable[str | None]:
    rule = _arn(event)
    _switch(build, event, rule, on=False)
    return [rule]


def _enabled(build: Builder, event: Event) -> Iterable[str | None]:
    rule = _arn(event)
    _switch(build, event, rule, on=True)
    return [rule]


def _switch(build: Builder, event: Event, rule: str, *, on: bool) -> None:
    """A rule that is off starts nothing; its targets are kept until it is on."""
    if on:
        for source, target in build.put_aside.pop(rule, []):
            build.link(event, source, target)
    else:
        closed = [(rule, target) for target in build.close(event, rule)]
        build.put_aside.setdefault(rule, []).extend(closed)


HANDLERS: Mapping[str, Handler] = {
    "PutRule": _put,
    "DeleteRule": _deleted,
    "DisableRule": _disabled,
    "EnableRule": _enabled,
    "PutTargets": _targets,
    "RemoveTargets": _no_targets,
}

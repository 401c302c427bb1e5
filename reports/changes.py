"""What changed between two reports: the lines a reader of the last one wants first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reports import words

_NOTABLE = 0.1
"""A number is said to have changed where it moved by a tenth of its old value."""


@dataclass(frozen=True)
class Change:
    """One difference: what kind, about what, and in words. May hold a record's text."""

    kind: str
    subject: str
    line: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Differences between two findings in JSON form (`Findings.to_dict`), most alarming first."""
    return (
        *_loops(before, after),
        *_functions(before, after),
        *_factors(before, after),
        *_money(before, after),
    )


def _loops(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """A loop is the same one where it has the same sources: ids are given anew each time."""
    old, new = (_by(found["loops"], _sources_of) for found in (before, after))
    for key, loop in new.items():
        name = words.short(key[0]) if key else loop["id"]
        if key not in old:
            yield Change("loop", name, f"New loop over {name}: {loop['state']}")
        elif old[key]["state"] != loop["state"]:
            line = f"The loop over {name} was {old[key]['state']} and is {loop['state']}"
            yield Change("loop", name, line)
    for key, loop in old.items():
        if key not in new:
            name = words.short(key[0]) if key else loop["id"]
            yield Change("loop", name, f"The loop over {name} is gone")


def _functions(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = ({found["arn"] for found in each["functions"]} for each in (before, after))
    for arn in sorted(new - old):
        yield Change("function", arn, f"{words.short(arn)} now processes logs")
    for arn in sorted(old - new):
        yield Change("function", arn, f"{words.short(arn)} no longer processes logs")


def _factors(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old = {source["arn"]: source["s"] for source in before["sources"]}
    for source in after["sources"]:
        arn, now, then = source["arn"], source["s"], old.get(source["arn"])
        if _moved(then, now):
            line = f"S of {words.short(arn)}: {words.number(then)} → {words.number(now)}"
            yield Change("factor", arn, line)


def _money(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    then, now = (found["cost"]["second_order_monthly_usd"] for found in (before, after))
    if _moved(then, now):
        currency = after["cost"]["currency"]
        line = f"Cost a month: {words.money(then, currency)} → {words.money(now, currency)}"
        yield Change("cost", "second-order entries", line)


def _moved(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return False
    return abs(now - then) > _NOTABLE * max(abs(then), 1e-9)


def _sources_of(loop: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(loop["sources"]))


def _by(items: Iterable[Any], key: Any) -> dict[Any, Any]:
    return {key(item): item for item in items}

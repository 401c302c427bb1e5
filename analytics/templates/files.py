"""Which files a plan is written as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analytics.findings import Recommendation
from analytics.templates import cloudformation, names, terraform
from analytics.templates.others import other_steps
from analytics.templates.spec import Choices, StreamPlan, plans
from analytics.templates.steps import steps
from stormtrail.errors import UsageError


@dataclass(frozen=True)
class Page:
    """One file: its path below the plan's folder, and its text."""

    path: str
    text: str


@dataclass(frozen=True)
class Pages:
    """The files, and a line for each function that no file could be made for."""

    pages: tuple[Page, ...]
    skipped: tuple[str, ...]


def pages(cured: Sequence[Recommendation], choices: Choices, *, terraform: bool = False) -> Pages:
    """Templates and steps, a folder a source; what has no writable name is told, not written."""
    made: list[Page] = []
    skipped: list[str] = []
    for group in _groups(cured, choices):
        try:
            made += _of(group, choices, terraform)
        except UsageError as error:
            skipped.append(f"no template for {group[0].function}: {error.line()}")
    return Pages(tuple(made), tuple(skipped))


def _groups(cured: Sequence[Recommendation], choices: Choices) -> list[list[Recommendation]]:
    """Functions of one source, filter pattern, account and region share a stream."""
    found: dict[tuple[str, ...], list[Recommendation]] = {}
    for item in cured:
        home = tuple(item.function.split(":")[3:5])
        found.setdefault((item.action, *choices.feed(item), *home), []).append(item)
    return list(found.values())


def _of(group: list[Recommendation], choices: Choices, as_terraform: bool) -> Iterable[Page]:
    if group[0].action != "move_behind_kinesis":
        return [Page(f"{names.slug(item.function)}/STEPS.md", other_steps(item)) for item in group]
    return [
        page
        for plan in plans(group, choices)
        for page in (_terraform(plan) if as_terraform else _cloudformation(plan))
    ]


def _cloudformation(plan: StreamPlan) -> list[Page]:
    feed = cloudformation.feed_template(plan)
    made = [
        Page(f"{plan.slug}/STEPS.md", steps(plan)),
        Page(f"{plan.slug}/1-stream.yaml", cloudformation.stream_template(plan)),
    ]
    return made if feed is None else [*made, Page(f"{plan.slug}/2-feed.yaml", feed)]


def _terraform(plan: StreamPlan) -> list[Page]:
    feed = terraform.feed_configuration(plan)
    made = [
        Page(f"{plan.slug}/STEPS.md", steps(plan, terraform=True)),
        Page(f"{plan.slug}/1-stream/main.tf", terraform.stream_configuration(plan)),
    ]
    return made if feed is None else [*made, Page(f"{plan.slug}/2-feed/main.tf", feed)]

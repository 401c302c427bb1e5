"""An organization turned into tables: templates, who records and routes them, and what runs.

Indexes stand for objects from here on; times are seconds from the window's start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulation.organization import Batching, Delay, Organization, Trail, Workload
from simulation.templates import Template

HOUR = 3600.0
LONGEST = 3600.0
"""What is written so long before a source is linked has arrived before that."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Step:
    """A stage as template indexes; `queues` are (queue index, one message an entry?)."""

    accept: int = -1
    copy: int = -1
    execute: int = -1
    throttled: int = -1
    before: int = -1
    calls: tuple[tuple[int, int, float], ...] = ()
    next: tuple[Step, ...] = ()
    queues: tuple[tuple[int, bool], ...] = ()
    lines: int = -1
    retries: float = 0.0
    lost_accepts: float = 0.0
    throttles: float = 0.0

    @property
    def synchronous(self) -> bool:
        """Whether a throttled attempt is a request of its own."""
        return self.execute < 0


@dataclass(frozen=True)
class Queue:
    """Something entries or messages wait in: a log source (first in the plan), or a relay."""

    arn: str
    batching: Batching
    steps: tuple[Step, ...]
    delay: Delay | None = None


@dataclass(frozen=True)
class Coverage:
    """When a template is recorded, and to which sources it is delivered, written when: those that are linked as it
    arrives hand it on."""

    since: float
    until: float
    feeds: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Work:
    """A workload as template indexes: (template, offset seconds, chance, run group)."""

    workload: Workload
    steps: tuple[tuple[int, float, float, int], ...]
    one_of: bool


@dataclass
class Plan:
    """The tables; `owners` maps a function's ARN to those of the functions that start it."""

    organization: Organization
    templates: list[Template] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    owners: dict[str, set[str]] = field(default_factory=dict)
    depths: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The window's length."""
        return self.organization.hours * HOUR


def covered(trail: Trail, template: Template) -> Iterator[Interval]:
    """When (seconds) a trail records entries of a template."""
    if template.account in trail.accounts and template.region in trail.regions:
        joined = 0.0 if template.account == trail.account else trail.joined
        for selector in trail.selectors:
            if selector.resource == template.resource and joined < selector.until:
                yield max(selector.since, joined) * HOUR, selector.until * HOUR

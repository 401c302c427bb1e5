"""A draft of an organization: what the kinds have in common, so each says only what is its own.

Everything drawn is drawn from the seed and the kind's name. Hours count from the window's start.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np

from simulation.organization import (
    LAMBDA,
    MANAGEMENT,
    Account,
    Actor,
    Anomaly,
    Archiving,
    Batching,
    Change,
    Function,
    LogSource,
    Organization,
    Selector,
    Shape,
    Trail,
    Workload,
)
from simulation.scenarios import changes, links, ordinary

REGIONS = ("eu-central-1", "us-east-1", "eu-west-1", "ap-southeast-2")
PACES, WIDTHS = (0.8, 1.7), (0.7, 1.3)
"""How an organization's deliveries may differ from the one whose delays were seen: a mean of 2.8 to 6 minutes (3.6
there; "an average of about 5 minutes", CloudTrail user guide), and some narrower or wider."""
NAMES = ("workload", "log-archive", "security", "shop", "data", "sandbox")


class Draft:
    """Collects trails, sources, ordinary work and changes; `finish` gives the organization."""

    def __init__(
        self,
        kind: str,
        seed: int,
        hours: float,
        scale: float,
        *,
        accounts: int = 3,
        recorded: bool = True,
    ) -> None:
        self.kind, self.hours, self.scale, self.recorded = kind, hours, scale, recorded
        self.rng = np.random.default_rng([seed, crc32(kind.encode())])
        numbers = self.rng.integers(10**11, 10**12, accounts)
        self.accounts = tuple(
            Account(str(number), name) for number, name in zip(numbers, NAMES, strict=False)
        )
        self.region = REGIONS[int(self.rng.integers(len(REGIONS)))]
        self.regions = (self.region, "us-east-1" if self.region != "us-east-1" else "us-west-2")
        self.start = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=int(self.rng.integers(28)))
        self.trails: list[Trail] = []
        self.sources: list[LogSource] = []
        self.workloads: list[Workload] = []
        self.changes: list[Change] = []
        self.anomalies: list[Anomaly] = []
        self.shape = self._shape()
        pace = np.random.default_rng([seed, crc32(kind.encode()), 1])
        self._pace = float(np.exp(pace.uniform(*np.log(PACES)))), float(pace.uniform(*WIDTHS))
        self.archiving = Archiving()
        self.archived: tuple[Selector, ...] = (Selector(MANAGEMENT), Selector(LAMBDA))
        self._clock = min(0.03, hours / 100)

    def _shape(self) -> Shape:
        star, arn, regional = (bool(x) for x in self.rng.integers(2, size=3))
        host = f"logs.{self.region}.amazonaws.com" if regional else "logs.amazonaws.com"
        return Shape(star=star, mapping_arn=arn, logs_host=host)

    # chance and time

    def between(self, low: float, high: float) -> float:
        """A uniform number."""
        return float(self.rng.uniform(low, high))

    def tag(self, name: str) -> str:
        """A name with a short suffix of this organization."""
        return f"{name}-{self.accounts[0].id[-3:]}"

    def next_setup(self) -> float:
        """The hour of the next setup change: one a minute from the window's first minutes."""
        self._clock += min(1 / 60, self.hours / 200)
        return self._clock

    # parts

    def account(self, name: str) -> str:
        """An account's id by its name."""
        return next(a.id for a in self.accounts if a.name == name)

    def function(self, name: str, account: str) -> Function:
        """A function of the main region."""
        return Function(self.tag(name), self.account(account), self.region)

    def trail(
        self,
        name: str,
        home: str,
        *,
        covers: tuple[str, ...] | None = None,
        records: tuple[str, ...] = (MANAGEMENT, LAMBDA),
        log_group: bool = True,
        bucket: str | None = None,
        organization: bool = False,
        older: bool = False,
    ) -> Trail:
        """A trail made at the next setup, or `older` than the window, so that no change tells of it; `covers` are
        account names, by default its own."""
        account = self.account(home)
        hour = self.next_setup() if self.recorded else 0.0
        group = f"arn:aws:logs:{self.region}:{account}:log-group:{self.tag(name)}-logs"
        covered = tuple(self.account(a) for a in covers or (home,))
        trail = Trail(
            name=self.tag(name),
            account=account,
            region=self.region,
            accounts=tuple(a.id for a in self.accounts) if organization else covered,
            regions=self.regions,
            selectors=tuple(Selector(resource, hour) for resource in records),
            bucket=bucket or f"{self.tag(name)}-bucket",
            log_group=group if log_group else None,
            organization=organization,
        )
        self.trails.append(trail)
        made = changes.new_trail(trail, hour, self.actor())
        self.add(*([] if older else made))
        return trail

    def widen(self, trail: Trail, resource: str, hour: float, closes: LogSource | None) -> Trail:
        """From `hour` the trail records `resource` too: a PutEventSelectors."""
        wider = replace(trail, selectors=(*trail.selectors, Selector(resource, hour)))
        self.trails[self.trails.index(trail)] = wider
        arn = closes.arn if closes else None
        self.add(changes.put_selectors(wider, hour, self.actor(), closes=arn))
        return wider

    def join(self, trail: Trail, hour: float, closes: LogSource) -> Trail:
        """From `hour` the trail is the organization's: an UpdateTrail."""
        every = tuple(account.id for account in self.accounts)
        joined = replace(trail, accounts=every, organization=True, joined=hour)
        self.trails[self.trails.index(trail)] = joined
        self.add(changes.make_organizations(joined, hour, self.actor(), closes.arn))
        return joined

    def source(self, source: LogSource, *made: Change) -> LogSource:
        """A log source, as fast as all deliveries here, and the changes that made it."""
        paced = replace(source, delay=source.delay.paced(*self._pace))
        self.sources.append(paced)
        self.add(*made)
        return paced

    def add(self, *made: Change) -> None:
        """Records changes, where this kind records any."""
        if self.recorded:
            self.changes += made

    def actor(self) -> Actor:
        """Someone who may change things."""
        return changes.ACTORS[int(self.rng.integers(len(changes.ACTORS)))]

    def cap(self, runs_per_second: float) -> Batching:
        """One entry a run until that many runs a second; then what waits goes together."""
        return Batching(runs_per_second=runs_per_second * self.scale, ceiling=10_000)

    def decoys(self, around: float, account: str = "workload") -> None:
        """Changes near an hour that close nothing: of another matter, or failed tries at this."""
        home = self.account(account)
        for made in links.decoys(home, self.region, self.actor(), self.tag("orders")):
            hour = around + self.between(-0.25, 0.25) * min(1.0, self.hours / 4)
            self.add(replace(made, hour=min(max(hour, 0.001), self.hours - 0.001)))
        for change in [c for c in self.changes if c.closes and abs(c.hour - around) < 0.02]:
            early = max(change.hour - self.between(0.01, 0.1), 0.0008)
            self.add(replace(change, hour=early, error="AccessDeniedException", closes=None))

    def work(self, per_hour: float, *names: str, kinds: tuple[str, ...] = ordinary.ALL) -> None:
        """Ordinary work in these accounts (all): about that many entries an hour in each."""
        for account in self.accounts:
            if not names or account.name in names:
                self.workloads += ordinary.workloads(
                    account, self.regions, per_hour * self.scale, kinds, self.rng
                )

    def flatten(self, low: float, high: float) -> None:
        """Gives all ordinary work a rhythm between these: near 0 is the same day and night."""
        self.workloads = [replace(w, rhythm=self.between(low, high)) for w in self.workloads]

    def archive(self) -> Trail:
        """The organization's trail, whose bucket is the archive; older than the window."""
        everything = tuple(a.id for a in self.accounts)
        home = self.accounts[-1].id
        bucket = f"org-trail-{home[-4:]}"
        return Trail(
            "org-trail",
            home,
            self.region,
            everything,
            self.regions,
            self.archived,
            bucket,
            organization=True,
        )

    def finish(self) -> Organization:
        """The organization."""
        return Organization(
            kind=self.kind,
            hours=self.hours,
            accounts=self.accounts,
            archive=self.archive(),
            trails=tuple(self.trails),
            sources=tuple(self.sources),
            workloads=tuple(self.workloads),
            changes=tuple(sorted(self.changes, key=lambda change: change.hour)),
            shape=self.shape,
            archiving=replace(self.archiving, delay=self.archiving.delay.paced(*self._pace)),
            anomalies=tuple(self.anomalies),
            start=self.start,
        )

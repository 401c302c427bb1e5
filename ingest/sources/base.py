"""The interface of a source: it lists log objects, and each object can be read anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol, TypedDict

from ingest.sources.keys import KeyFacts

SCHEME = "s3://"

LATENESS = timedelta(days=2)
"""How much later than its entries a file may be delivered; DOMAIN: hours, rarely days."""


class RequestExtras(TypedDict, total=False):
    """Parameters that S3's read-only calls share."""

    RequestPayer: Literal["requester"]


class Reader(Protocol):
    """Reads the bytes of objects; picklable, so that worker processes can use it."""

    @property
    def concurrency(self) -> int:
        """How many reads at once are worth it."""
        ...

    def read(self, location: str, limit: int) -> bytes:
        """At most `limit` + 1 bytes of the object; InputError where it cannot be read."""
        ...


@dataclass(frozen=True)
class LogObject:
    """One file of logs: its URI and state (`etag`), size in bytes, and how to read it."""

    uri: str
    etag: str
    size: int
    location: str
    reader: Reader
    facts: KeyFacts
    modified: datetime | None = None

    @property
    def delivered_at(self) -> str | None:
        """When the file was delivered, `YYYY-MM-DDTHH:MM:SSZ`: its key's slot, else its date."""
        time = self.facts.delivered_at or self.modified
        return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


@dataclass(frozen=True)
class Selection:
    """Which files are wanted, as far as their keys tell, for entries in [since, until)."""

    since: date | None = None
    until: date | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def wants(self, facts: KeyFacts) -> bool:
        """Whether a file with such a key can hold wanted entries; unknown facts do not exclude."""
        if self.accounts and facts.account and facts.account not in self.accounts:
            return False
        if self.regions and facts.region and facts.region not in self.regions:
            return False
        return facts.day is None or self.wants_day(facts.day)

    def wants_day(self, day: date) -> bool:
        """Whether files delivered on `day` can hold entries of the span, late ones included."""
        if self.since and day < self.since:
            return False
        return self.until is None or day <= self.until + LATENESS


@dataclass(frozen=True)
class S3Settings:
    """How to reach S3; None is what the AWS environment says.

    `requester_pays`: this account pays for its requests to buckets that ask for it.
    """

    endpoint_url: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    requester_pays: bool = False
    region: str | None = None

    @property
    def request(self) -> RequestExtras:
        """What every S3 request carries."""
        return {"RequestPayer": "requester"} if self.requester_pays else {}


ENVIRONMENT = S3Settings()
"""All as the AWS environment says."""


class Source(Protocol):
    """A place that holds log objects."""

    def objects(self) -> Iterator[LogObject]:
        """Every wanted object, in a fixed order; InputError where the place cannot be listed."""
        ...

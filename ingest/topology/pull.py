"""All accounts' links in one document: who is asked, side by side, and what is asked again of whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import boto3

from ingest.topology.access import Access, Caller, Say
from ingest.topology.account import Found, read_account, read_bucket, read_topic
from ingest.topology.document import Document, Told
from stormtrail.errors import AccessError, StormtrailError, UsageError

_AT_ONCE = 8  # accounts asked side by side: each has rate limits of its own
_CLOSED = {"SUSPENDED", "CLOSED", "PENDING_CLOSURE", "PENDING_ACTIVATION"}


@dataclass(frozen=True)
class PullOptions:
    """Whom to ask: regions, and accounts by a role's name (none: only the credentials' own account)."""

    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    role_name: str | None = None
    access: Access = field(default_factory=Access)


def pull(
    options: PullOptions,
    say: Say,
    advance: Callable[[int, int], None] = lambda _done, _all: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Document:
    """The links that the accounts tell; what is denied is said, one line a call, and left out.

    Raises UsageError for options that do not go together, AccessError where nothing was answered.
    """
    session = options.access.session()
    regions = _regions(options, session)
    callers = _callers(options, session, regions[0], say)
    found = Found()
    with ThreadPoolExecutor(_AT_ONCE) as crew:
        for done, part in enumerate(crew.map(lambda one: read_account(one, regions), callers), 1):
            found.join(part)
            advance(done, len(callers))
    _follow(found, {caller.account: caller for caller in callers}, regions[0], say)
    calls = {told for caller in callers for told in caller.complete()}
    if not calls:
        hint = "docs/topology.md has the least policy that is needed"
        raise AccessError("no call was answered; the store is as it was", hint=hint)
    return _document(found, calls, now())


def _follow(found: Found, callers: Mapping[str, Caller], region: str, say: Say) -> None:
    """Asks the buckets and topics that entries come to; buckets first, for they notify topics."""
    owners = [
        link.source.split(":")[4] for link in found.links.values() if _from_trail(link.source)
    ]
    by_chance = sorted(callers.values(), key=lambda one: (one.account not in owners, one.account))
    for bucket in found.nodes("s3"):
        for link in read_bucket(by_chance, region, bucket):
            found.add(link)
    for topic in found.nodes("sns"):
        caller = callers.get(topic.split(":")[4])
        if caller is None:
            say(f"{topic}: its account was not asked; its subscriptions are not known")
            continue
        for link in read_topic(caller, topic):
            found.add(link)


def _from_trail(arn: str) -> bool:
    return arn.split(":")[2] == "cloudtrail"


def _document(found: Found, calls: set[Told], taken_at: datetime) -> Document:
    return Document(
        taken_at=taken_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        calls=tuple(sorted(calls)),
        links=tuple(link for _, link in sorted(found.links.items())),
        trails=tuple(trail for _, trail in sorted(found.trails.items())),
    )


def _regions(options: PullOptions, session: boto3.Session) -> tuple[str, ...]:
    known = options.regions or ((session.region_name,) if session.region_name else ())
    if not known:
        raise UsageError("no region is given", hint="add --region NAME, once for each region")
    return known


def _callers(options: PullOptions, session: boto3.Session, region: str, say: Say) -> list[Caller]:
    """A caller for each account that lets us in; AccessError where the credentials are no good."""
    own, partition = options.access.identity(session, region)
    own_caller = Caller(own, session, options.access, say)
    if options.role_name is None:
        others = [account for account in options.accounts if account != own]
        if others:
            hint = "add --role-name NAME, a role that those accounts let you assume"
            raise UsageError(f"account {others[0]} is not that of these credentials", hint=hint)
        return [own_caller]
    callers = []
    for account in options.accounts or _members(own_caller, region):
        if account == own:
            callers.append(own_caller)
            continue
        role = f"arn:{partition}:iam::{account}:role/{options.role_name}"
        try:
            assumed = options.access.assumed(session, role, region)
        except StormtrailError as error:
            say(f"{error.line()}; account {account} is left out")
        else:
            callers.append(Caller(account, assumed, options.access, say))
    return callers


def _members(caller: Caller, region: str) -> list[str]:
    """The organization's active accounts; only the own one where they may not be listed."""
    listed = caller.pages("organizations:ListAccounts", region, "Accounts")
    active = {
        str(item["Id"]) for item in listed if item.get("State", item.get("Status")) not in _CLOSED
    }
    return sorted(active | {caller.account})

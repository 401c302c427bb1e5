"""Log files against what the digests say of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ingest.inflate import inflate
from ingest.integrity.digests import Digest, Named
from ingest.integrity.objects import Objects
from ingest.integrity.problems import Code, Problem
from ingest.integrity.signatures import HASH_ALGORITHM
from ingest.sources.keys import read_key
from stormtrail.errors import AccessError, InputError

MAX_BYTES = 1 << 30
# a file may be delivered, and so digested, some time after the slot in its name
LATE = timedelta(minutes=30)
UNLISTED = "no digest lists it, though digests cover the time of its delivery"
_UNPACK = "cannot be unpacked"

Spans = dict[tuple[str, str], tuple[datetime, datetime]]


class Status(StrEnum):
    """What the ledger keeps of a log file."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    TAMPERED = "tampered"


@dataclass(frozen=True)
class Claim:
    """What digests say of one log file: the first says `named`; `agreed` if others say the same."""

    key: str
    named: Named
    digest: str
    proven: bool
    agreed: bool = True


class Finding(NamedTuple):
    """What is wrong with a log file or with what is said of it."""

    code: Code
    message: str


@dataclass(frozen=True)
class Verdict:
    """A log file's status, and what is wrong with it."""

    key: str
    status: Status
    problem: Problem | None = None


def claims(
    digests: Iterable[Digest], proven: set[str], objects: Objects
) -> tuple[dict[str, Claim], list[Problem]]:
    """What is said of every listed file, by key; notices of files that are not in this archive.

    A proven digest's word counts before an unproven one's.
    """
    found: dict[str, Claim] = {}
    elsewhere: list[Problem] = []
    for digest in sorted(digests, key=lambda one: (one.key not in proven, one.key)):
        away = 0
        for named in digest.logs:
            key = objects.resolve(digest.key, named.bucket, named.name)
            if key is None:
                away += 1
            else:
                claim = Claim(key, named, objects.uri(digest.key), digest.key in proven)
                found[key] = _merged(found.get(key), claim)
        if away:
            message = f"lists {away} log files in places that are not in this archive"
            elsewhere.append(Problem(objects.uri(digest.key), Code.LOG_ELSEWHERE, message))
    return found, elsewhere


def _merged(first: Claim | None, second: Claim) -> Claim:
    if first is None:
        return second
    same = first.named.hash.lower() == second.named.hash.lower()
    agreed = first.agreed and (same or first.proven != second.proven)
    return Claim(first.key, first.named, first.digest, first.proven, agreed)


def check(claim: Claim, objects: Objects) -> Verdict:
    """Reads the log file and compares it; only a proven digest can prove or condemn it."""
    finding = _disputed(claim)
    if finding is None:
        content = _content(claim, objects)
        finding = _different(claim, content) if isinstance(content, str) else content
    return _verdict(claim, finding, objects)


def judge(claim: Claim, content: str | Finding, objects: Objects) -> Verdict:
    """The verdict on a log file that was read already, `content` as `plain_hash` gives it."""
    finding = content if isinstance(content, Finding) else _different(claim, content)
    return _verdict(claim, _disputed(claim) or finding, objects)


def plain_hash(data: bytes) -> str | Finding:
    """The hex SHA-256 of a log file's content without its gzip, or why there is none."""
    inflated = inflate(data, MAX_BYTES)
    if inflated.problem:
        return Finding(Code.LOG_UNREADABLE, f"{_UNPACK}: {inflated.problem}")
    return hashlib.sha256(inflated.data).hexdigest()


_NOT_THE_FILES_FAULT = {Code.ALGORITHM_HASH, Code.LOG_CONFLICT, Code.NOT_READ}


def _verdict(claim: Claim, finding: Finding | None, objects: Objects) -> Verdict:
    if finding is None:
        return Verdict(claim.key, Status.PROVEN if claim.proven else Status.UNPROVEN)
    condemned = claim.proven and finding.code not in _NOT_THE_FILES_FAULT
    problem = Problem(objects.uri(claim.key), finding.code, finding.message)
    return Verdict(claim.key, Status.TAMPERED if condemned else Status.UNPROVEN, problem)


def _disputed(claim: Claim) -> Finding | None:
    """What is wrong with the claim itself."""
    if not claim.agreed:
        message = f"two digests state different hashes, one is {claim.digest}"
        return Finding(Code.LOG_CONFLICT, message)
    if (algorithm := claim.named.algorithm) != HASH_ALGORITHM:
        message = f"{claim.digest} names the hash {algorithm} for it, not {HASH_ALGORITHM}"
        return Finding(Code.ALGORITHM_HASH, message)
    return None


def _different(claim: Claim, sha256: str) -> Finding | None:
    if sha256 == claim.named.hash.lower():
        return None
    message = f"its content is not the one whose hash {claim.digest} states"
    return Finding(Code.LOG_CHANGED, message)


def _content(claim: Claim, objects: Objects) -> str | Finding:
    try:
        fetched = objects.fetch(claim.key)
    except AccessError:
        raise
    except InputError as error:
        return Finding(Code.NOT_READ, error.what)
    if fetched is None:
        return Finding(Code.LOG_MISSING, f"is missing; {claim.digest} lists it")
    return plain_hash(fetched.data)


def unlisted(
    keys: Iterable[str], listed: dict[str, Claim], digests: Iterable[Digest], objects: Objects
) -> tuple[list[Problem], list[Problem]]:
    """Files that no digest lists: problems where digests cover their time, else one notice a place.

    Files of the last half hour before the newest digest's end may be in the next digest.
    """
    spans = covered(digests)
    problems: list[Problem] = []
    outside: dict[tuple[str, str], int] = defaultdict(int)
    for key in keys:
        if key in listed:
            continue
        facts = read_key(key)
        place = (facts.account or "", facts.region or "")
        if is_covered(key, spans):
            problems.append(Problem(objects.uri(key), Code.LOG_UNLISTED, UNLISTED))
        else:
            outside[place] += 1
    notices = [
        Problem(" ".join(place), Code.LOG_UNCOVERED, f"{count} log files {_outside(place, spans)}")
        for place, count in sorted(outside.items())
    ]
    return problems, notices


def _outside(place: tuple[str, str], spans: Spans) -> str:
    return "before or after its digests" if place in spans else "of which no digest is here"


def is_covered(key: str, spans: Spans) -> bool:
    """Whether digests cover the time at which the file was delivered, by its name; of one that CloudTrail would not
    have named so, any time of the day of its folder."""
    facts = read_key(key)
    start, end = spans.get((facts.account or "", facts.region or ""), (None, None))
    if not (start and end):
        return False
    if facts.delivered_at is None:
        return facts.day is not None and start.date() <= facts.day <= end.date()
    return start <= facts.delivered_at < end - LATE


def covered(digests: Iterable[Digest]) -> Spans:
    """By account and region, the time from the first digest's start to the last one's end."""
    spans: Spans = {}
    for digest in digests:
        place = (digest.chain.account, digest.chain.region)
        start, end = spans.get(place, (digest.start, digest.end))
        spans[place] = (min(start, digest.start), max(end, digest.end))
    return spans

"""Digests in their chains: each names the one before it, its hash and its signature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ingest.integrity.digests import ChainId, Digest
from ingest.integrity.keys import Keys
from ingest.integrity.objects import Objects
from ingest.integrity.problems import Code, Problem
from ingest.integrity.proof import Proof, prove

Mapper = Callable[[Callable[[Digest], Proof], Iterable[Digest]], Iterable[Proof]]


@dataclass
class Verdicts:
    """What is known of all digests: the proven ones by key, problems and notices."""

    proven: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Link:
    """A digest that names another as the one before it; `before` is that one's key, if here."""

    digest: Digest
    before: str | None


def check(
    digests: list[Digest], unread: set[str], keys: Keys, objects: Objects, spread: Mapper
) -> Verdicts:
    """Every digest's own proof, and the links between them.

    `unread` are the keys of digests that are here and could not be read: they are no gap.
    """
    links = [_link(digest, objects) for digest in digests]
    stated = {link.before: link.digest.previous_signature for link in links if link.before}
    proofs = spread(lambda one: prove(one, stated.get(one.key), keys, objects), digests)
    verdicts = Verdicts()
    for digest, proof in zip(digests, proofs, strict=True):
        verdicts.problems += proof.problems
        verdicts.notices += proof.notices
        if proof.proven:
            verdicts.proven.add(digest.key)
    for chain in _chains(links):
        _check_links(chain, unread, objects, verdicts)
    return verdicts


def _link(digest: Digest, objects: Objects) -> Link:
    before = digest.previous
    key = objects.resolve(digest.key, before.bucket, before.name) if before else None
    return Link(digest, key)


def _chains(links: Iterable[Link]) -> Iterator[list[Link]]:
    """The links of each chain, oldest first."""
    chains: dict[ChainId, list[Link]] = defaultdict(list)
    for link in links:
        chains[link.digest.chain].append(link)
    for chain in sorted(chains):
        yield sorted(chains[chain], key=lambda link: (link.digest.end, link.digest.key))


def _check_links(chain: list[Link], unread: set[str], objects: Objects, verdicts: Verdicts) -> None:
    by_key = {link.digest.key: link.digest for link in chain}
    for place, link in enumerate(chain):
        before = by_key.get(link.before or "")
        if before:
            _compare(link.digest, before, objects, verdicts)
        elif link.digest.previous is None:
            if place:
                verdicts.notices.append(_restart(link.digest, chain[place - 1].digest, objects))
        elif link.before not in unread:
            _missing(link, place == 0, objects, verdicts)


def _compare(digest: Digest, before: Digest, objects: Objects, verdicts: Verdicts) -> None:
    uri = objects.uri(before.key)
    if digest.previous and digest.previous.hash.lower() != before.sha256:
        message = "its content is not the one whose hash the digest after it states"
        verdicts.problems.append(Problem(uri, Code.PREVIOUS_HASH, message))
        if digest.key in verdicts.proven:
            verdicts.proven.discard(before.key)
    if digest.start != before.end:
        message = f"begins at {digest.start:%Y-%m-%dT%H:%M:%SZ}, the one before it ends at"
        message = f"{message} {before.end_text}"
        verdicts.notices.append(Problem(objects.uri(digest.key), Code.CHAIN_GAP, message))


def _restart(digest: Digest, before: Digest, objects: Objects) -> Problem:
    message = (
        f"begins a new chain, though there are digests until {before.end_text}: logging or "
        "validation was off in between"
    )
    return Problem(objects.uri(digest.key), Code.CHAIN_RESTART, message)


def _missing(link: Link, oldest: bool, objects: Objects, verdicts: Verdicts) -> None:
    """The digest before is not here: taken away, or older than what is here."""
    before = link.digest.previous
    assert before is not None  # noqa: S101  (the caller looked)
    named = f"s3://{before.bucket}/{before.name}"
    uri = objects.uri(link.before) if link.before else named
    if oldest:
        message = f"is the oldest of its chain here; the one before it, {named}, is not"
        verdicts.notices.append(Problem(objects.uri(link.digest.key), Code.CHAIN_START, message))
        return
    message = f"is missing; {objects.uri(link.digest.key)} names it as the one before it"
    verdicts.problems.append(Problem(uri, Code.DIGEST_MISSING, message))

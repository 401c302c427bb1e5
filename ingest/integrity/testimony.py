"""Digests read, proven where they can be, and what they say of log files."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ingest.integrity import chains, logs
from ingest.integrity.digests import Digest, DigestError, parse
from ingest.integrity.keys import Keys
from ingest.integrity.logs import Claim
from ingest.integrity.objects import Objects
from ingest.integrity.problems import Code, Problem
from ingest.integrity.spread import spread
from stormtrail.errors import AccessError, InputError


@dataclass(frozen=True)
class Testimony:
    """What a set of digests says.

    digests   those that could be read
    proven    the keys of those that are CloudTrail's
    claims    what they say of each log file, by its key
    problems  signs of tampering with digests; notices, what cannot be proven
    """

    digests: list[Digest]
    proven: set[str]
    claims: dict[str, Claim]
    problems: list[Problem]
    notices: list[Problem]


def hear(
    digest_keys: Iterable[str], keys: Keys, objects: Objects, pool: ThreadPoolExecutor
) -> Testimony:
    """Reads the digests all at once and checks each, and the chains that they form."""
    wanted = list(digest_keys)
    loaded = list(spread(pool, lambda key: _load(key, objects), wanted))
    digests = [item for item in loaded if isinstance(item, Digest)]
    unread = [item for item in loaded if isinstance(item, Problem)]
    lost = set(wanted).difference(digest.key for digest in digests)
    linked = chains.check(
        digests, lost, keys, objects, lambda function, items: spread(pool, function, items)
    )
    claims, elsewhere = logs.claims(digests, linked.proven, objects)
    return Testimony(
        digests,
        linked.proven,
        claims,
        [*unread, *linked.problems],
        [*linked.notices, *elsewhere],
    )


def _load(key: str, objects: Objects) -> Digest | Problem:
    try:
        fetched = objects.fetch(key)
        if fetched is None:
            raise DigestError(Code.DIGEST_MISSING, "was listed and is gone")
        return parse(key, fetched)
    except AccessError:
        raise
    except InputError as error:
        return Problem(objects.uri(key), Code.NOT_READ, error.what)
    except DigestError as error:
        return Problem(objects.uri(key), error.code, str(error))

"""CloudTrail's public keys: from a file, or from the API, region by region.

The file is what `aws cloudtrail list-public-keys` prints, or an object or list of such answers.
Source: AWS CloudTrail API reference, ListPublicKeys.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from stormtrail.errors import InputError

_HINT = "write one with `aws cloudtrail list-public-keys --region REGION > FILE`"
# a key is looked for some time before and after the digests that it signed
_MARGIN, _MONTH = timedelta(days=1), timedelta(days=31)


@dataclass(frozen=True)
class PublicKey:
    """A key (PKCS#1 DER, base64) and when it was used to sign; None is unknown."""

    fingerprint: str
    value: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @cached_property
    def rsa(self) -> RSAPublicKey | None:
        """The RSA key; None where the bytes are none."""
        try:
            key = load_der_public_key(base64.b64decode(self.value, validate=True))
        except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
            return None
        return key if isinstance(key, RSAPublicKey) else None

    def covers(self, moment: datetime) -> bool:
        """Whether the key was in use then."""
        after_start = self.valid_from is None or self.valid_from <= moment
        return after_start and (self.valid_until is None or moment <= self.valid_until)


class Keys(Protocol):
    """Finds public keys. May be asked from several threads at once."""

    def find(self, fingerprint: str, regions: tuple[str, ...], at: datetime) -> PublicKey | None:
        """The key with this fingerprint that signed in one of these regions at this time."""
        ...


@dataclass(frozen=True)
class KeyFile:
    """The keys of a file; regions do not matter, a fingerprint is enough."""

    keys: dict[str, PublicKey]

    @classmethod
    def read(cls, path: Path) -> KeyFile:
        """The keys in the file; InputError where there is none."""
        try:
            content = json.loads(path.read_bytes())
        except OSError as error:
            what = f"file cannot be read ({error.strerror})"
            raise InputError(what, where=str(path), hint=_HINT) from error
        except (ValueError, RecursionError) as error:
            raise InputError("is not JSON", where=str(path), hint=_HINT) from error
        keys = {key.fingerprint: key for key in map(_key, _entries(content)) if key}
        if not keys:
            raise InputError("holds no public key", where=str(path), hint=_HINT)
        return cls(keys)

    def find(self, fingerprint: str, regions: tuple[str, ...], at: datetime) -> PublicKey | None:  # noqa: ARG002
        """The key with this fingerprint."""
        return self.keys.get(fingerprint)


Listing = Callable[[str, datetime, datetime], list[dict[str, Any]]]


@dataclass
class KeyService:
    """Keys from `listing(region, start, end)`, asked once for each region and month."""

    listing: Listing
    _seen: dict[tuple[str, datetime], dict[str, PublicKey]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def find(self, fingerprint: str, regions: tuple[str, ...], at: datetime) -> PublicKey | None:
        """The key with this fingerprint in the first of the regions that knows it."""
        for region in regions:
            if key := self._of_month(region, at).get(fingerprint):
                return key
        return None

    def _of_month(self, region: str, at: datetime) -> dict[str, PublicKey]:
        month = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        with self._lock:
            if (region, month) not in self._seen:
                found = self.listing(region, month - _MARGIN, month + _MONTH + _MARGIN)
                keys = [key for key in map(_key, found) if key]
                self._seen[region, month] = {key.fingerprint: key for key in keys}
            return self._seen[region, month]


def _entries(content: Any) -> Iterator[Any]:
    """Every object with a Fingerprint, however deep in lists and objects it stands."""
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and "Fingerprint" in item:
            yield item
        elif isinstance(item, (dict, list)):
            waiting += item.values() if isinstance(item, dict) else item


def _key(entry: dict[str, Any]) -> PublicKey | None:
    fingerprint, value = entry.get("Fingerprint"), entry.get("Value")
    if isinstance(value, bytes):
        value = base64.b64encode(value).decode()
    if not isinstance(fingerprint, str) or not isinstance(value, str):
        return None
    start, end = (_moment(entry.get(f"Validity{side}Time")) for side in ("Start", "End"))
    return PublicKey(fingerprint, value, start, end)


def _moment(value: Any) -> datetime | None:
    """A time as boto3 gives it, as the AWS CLI writes it, or as seconds."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

"""Where a store on S3 is: `s3://bucket/prefix?endpoint_url=…&profile=…&region=…&role_arn=…`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl

from ingest.sources.base import ENVIRONMENT, SCHEME, S3Settings
from stormtrail.errors import UsageError

_OPTIONS = ("endpoint_url", "profile", "region", "role_arn")
_HINT = "write s3://bucket/prefix, or s3://bucket/prefix?region=eu-west-1&profile=NAME"


@dataclass(frozen=True)
class Address:
    """Bucket and prefix (without slashes at its ends) of a store, and how S3 is reached."""

    bucket: str
    prefix: str
    settings: S3Settings = ENVIRONMENT

    @classmethod
    def parse(cls, text: str, defaults: S3Settings = ENVIRONMENT) -> Address:
        """The address as a user writes it; what it does not say is `defaults`'. Raises UsageError.

        An option without a value, as in `?endpoint_url=`, is what the AWS environment says.
        """
        place, _, query = text.removeprefix(SCHEME).partition("?")
        bucket, _, prefix = place.partition("/")
        if not text.startswith(SCHEME) or not bucket:
            raise UsageError("is no store on S3", where=text, hint=_HINT)
        given = {name: value or None for name, value in parse_qsl(query, keep_blank_values=True)}
        for name in given.keys() - set(_OPTIONS):
            hint = f"known: {', '.join(_OPTIONS)}"
            raise UsageError(f"no such option of a store: {name}", where=place, hint=hint)
        known = {field.name: getattr(defaults, field.name) for field in fields(defaults)}
        return cls(bucket, prefix.strip("/"), S3Settings(**known | given))

    @property
    def uri(self) -> str:
        """`s3://bucket/prefix`."""
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, name: str) -> str:
        """The key of an object of the store."""
        return f"{self.prefix}/{name}" if self.prefix else name

    @property
    def folder(self) -> str:
        """A folder name of its own for each store, legible as far as that goes."""
        whole = f"{self.settings.endpoint_url or ''} {self.uri}"
        legible = re.sub(r"[^\w.-]+", "-", f"{self.bucket}-{self.prefix}")[:60].strip("-")
        return f"{legible}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"

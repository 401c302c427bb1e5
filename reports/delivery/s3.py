"""A bucket: one object a file."""

from __future__ import annotations

from dataclasses import dataclass

from reports.delivery.aws import client, explained
from reports.delivery.base import Parcel

_TYPES = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "ocsf": "application/x-ndjson",
}


@dataclass(frozen=True)
class Bucket:
    """Objects named after the parcel's key, below a prefix."""

    bucket: str
    prefix: str
    repeatable = True

    @property
    def label(self) -> str:
        """The place as a URL."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def identity(self) -> str:
        """The place as a URL."""
        return self.label

    def send(self, parcel: Parcel) -> None:
        """Puts the objects; the same parcel again replaces them."""
        with explained(self.label):
            store = client("s3")
            for name, content in parcel.files.items():
                key = f"{self.prefix}/{name}".lstrip("/")
                kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
                store.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=kind)

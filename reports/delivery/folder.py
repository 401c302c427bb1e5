"""A folder: each file whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from reports.delivery.base import Parcel
from stormtrail.errors import DeliveryError


@dataclass(frozen=True)
class Folder:
    """Files named after the parcel's key."""

    path: Path
    repeatable = True

    @property
    def label(self) -> str:
        """The folder's path."""
        return str(self.path)

    @property
    def identity(self) -> str:
        """The folder's path."""
        return str(self.path)

    def send(self, parcel: Parcel) -> None:
        """Writes the files; the same parcel again replaces them."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for name, content in parcel.files.items():
                fresh = self.path / f".{name}.{os.getpid()}"
                fresh.write_bytes(content)
                fresh.replace(self.path / name)
        except OSError as error:
            raise DeliveryError(
                f"cannot be written ({error.strerror})", where=self.label
            ) from error

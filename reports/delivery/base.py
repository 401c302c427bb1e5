"""What is handed over, and what a target is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Parcel:
    """A report ready to go: a key that is its own, a subject, lines of text, files by name."""

    key: str
    subject: str
    lines: tuple[str, ...]
    files: Mapping[str, bytes]


class Target(Protocol):
    """Where parcels go. `label` may be logged: it holds no secret."""

    @property
    def label(self) -> str:
        """What the log calls it."""

    @property
    def identity(self) -> str:
        """What tells it from other targets; may hold a secret, so it is never shown or kept."""

    @property
    def repeatable(self) -> bool:
        """Whether sending the same parcel twice leaves it there once."""

    def send(self, parcel: Parcel) -> None:
        """Hands the parcel over; DeliveryError says why not and whether to try again."""

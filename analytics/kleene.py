"""Kleene's three-valued logic: what follows where some of what is asked cannot be told (None)."""

from __future__ import annotations

from collections.abc import Iterable

Told = bool | None


def every(told: Iterable[Told]) -> Told:
    """Whether all hold; None where none is known not to, and one is not known."""
    found = list(told)
    return False if False in found else None if None in found else True


def some(told: Iterable[Told]) -> Told:
    """Whether one holds; None where none is known to, and one is not known."""
    found = list(told)
    return True if True in found else None if None in found else False


def unlike(told: Told) -> Told:
    """Whether it does not hold."""
    return None if told is None else not told

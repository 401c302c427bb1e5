"""Numbers as findings tell them."""

from __future__ import annotations


def rounded(value: float | None, digits: int) -> float | None:
    """The value to so many decimals; None stays None."""
    return None if value is None else round(value, digits)

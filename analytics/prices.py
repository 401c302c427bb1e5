"""The price book: what AWS charges, as dated data with tiers, sources and doubts marked.

Nothing here goes to the network but `refresh`, and that only when it is called.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stormtrail.errors import InputError, UsageError

BOOK = Path(__file__).with_name("price_book.toml")


@dataclass(frozen=True)
class Price:
    """`usd` buys `per` of `unit`, for the part of a month's quantity in [first, up_to)."""

    name: str
    usd: float
    per: float
    unit: str
    region: str
    source: str
    date: str
    confirmed: bool
    first: float = 0.0
    up_to: float = math.inf
    service: str | None = None
    usage_type: str | None = None

    def part(self, quantity: float) -> float:
        """USD for the part of `quantity` (in units, a month's) that falls into this tier."""
        return max(0.0, min(quantity, self.up_to) - self.first) / self.per * self.usd


@dataclass(frozen=True)
class PriceBook:
    """Every price of one region; a name that occurs more than once is tiered."""

    version: str
    region: str
    currency: str
    prices: tuple[Price, ...]
    overrides: Mapping[str, float]

    @property
    def label(self) -> str:
        """How findings name this book: region, version, and how many prices the user set."""
        own = f" with {len(self.overrides)} of your own" if self.overrides else ""
        return f"{self.region} {self.version}{own}"

    def tiers(self, name: str) -> tuple[Price, ...]:
        """The tiers of one price, cheapest quantity first; UsageError for an unknown name."""
        found = tuple(price for price in self.prices if price.name == name)
        if not found:
            raise _unknown(name, self.names())
        return found

    def names(self) -> tuple[str, ...]:
        """Every price name once, in the book's order."""
        return tuple(dict.fromkeys(price.name for price in self.prices))

    def usd(self, name: str, quantity: float) -> float:
        """USD for a month's `quantity` (in the price's units) over all its tiers."""
        return sum(tier.part(quantity) for tier in self.tiers(name))


def load(overrides: Mapping[str, float] | None = None, path: Path | None = None) -> PriceBook:
    """The shipped book (or the one at `path`), with the user's prices in place of its own.

    An override is the USD for the price's own `per`, and replaces all its tiers. Raises
    InputError for a book that cannot be read, UsageError for an override that cannot be taken.
    """
    text = _read(path or BOOK)
    try:
        book = _parse(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        hint = "compare it with the output of `stormtrail prices show --format toml`"
        where = str(path or BOOK)
        raise InputError(f"not a price book ({error!r})", where=where, hint=hint) from error
    return with_overrides(book, overrides or {})


def with_overrides(book: PriceBook, overrides: Mapping[str, float]) -> PriceBook:
    """The book with each named price replaced, in all its tiers, by the user's one."""
    for name, usd in overrides.items():
        _check(name, usd, book.names())
    kept = (_overridden(price, overrides) for price in book.prices)
    prices = tuple(price for price in kept if price is not None)
    return replace(book, prices=prices, overrides={**book.overrides, **overrides})


def to_toml(book: PriceBook) -> str:
    """The book as TOML that `load` reads back to an equal book, overrides taken as prices."""
    head = [("version", book.version), ("region", book.region), ("currency", book.currency)]
    blocks = ["\n".join(f"{key} = {_toml(value)}" for key, value in head)]
    blocks += [_price_block(price) for price in book.prices]
    return "\n\n".join(blocks) + "\n"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "name an existing TOML file"
        raise InputError(
            f"price book cannot be read ({error})", where=str(path), hint=hint
        ) from error


def _parse(data: Mapping[str, Any]) -> PriceBook:
    region = str(data["region"])
    prices = tuple(_price(item, region) for item in data["price"])
    return PriceBook(str(data["version"]), region, str(data["currency"]), prices, {})


def _price(item: Mapping[str, Any], region: str) -> Price:
    price = Price(**{"region": region, **item})
    if not (_is_amount(price.usd) and price.per > 0 and 0 <= price.first < price.up_to):
        raise ValueError(f"{price.name}: usd, per, first and up_to must be amounts")
    return price


def _overridden(price: Price, overrides: Mapping[str, float]) -> Price | None:
    if price.name not in overrides:
        return price
    if price.first > 0:
        return None
    usd = float(overrides[price.name])
    return replace(price, usd=usd, up_to=math.inf, source="your settings", confirmed=True)


def _check(name: str, usd: float, names: Iterable[str]) -> None:
    if name not in names:
        raise _unknown(name, names)
    if not _is_amount(usd):
        hint = "give USD as a number of 0 or more"
        raise UsageError(f"price {usd!r} is not an amount", where=name, hint=hint)


def _is_amount(value: float) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


def _unknown(name: str, names: Iterable[str]) -> UsageError:
    close = difflib.get_close_matches(name, list(names), n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(close)}?" if close else "see `stormtrail prices show`"
    return UsageError(f"there is no price {name!r}", where="price book", hint=hint)


def _price_block(price: Price) -> str:
    keys = ("name", "usd", "per", "unit", "first", "up_to", "source", "date", "confirmed")
    values = [(key, getattr(price, key)) for key in (*keys, "service", "usage_type")]
    kept = [(key, value) for key, value in values if value not in (None, math.inf)]
    return "\n".join(["[[price]]", *(f"{key} = {_toml(value)}" for key, value in kept)])


def _toml(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return repr(float(value)) if isinstance(value, float) else str(value)

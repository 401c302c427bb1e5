"""Prices from AWS's price-list API, only when the user asks for them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from analytics.prices import Price, PriceBook
from stormtrail.errors import AccessError, InputError

if TYPE_CHECKING:
    from mypy_boto3_pricing import PricingClient


@dataclass(frozen=True)
class Refreshed:
    """The new book, the names whose price was found, and the names kept as they were."""

    book: PriceBook
    found: tuple[str, ...]
    kept: tuple[str, ...]


def refresh(client: PricingClient, book: PriceBook, today: str) -> Refreshed:
    """Asks the price-list API for every price of the book (boto3 `pricing`, `get_products`).

    `today` (YYYY-MM-DD) dates what is found. A price that the list does not have, or has in
    more than one product, is kept as it was: never guessed. Raises AccessError or InputError.
    """
    fetched = {name: _tiers(client, book.tiers(name), today) for name in book.names()}
    prices = tuple(price for name in book.names() for price in (fetched[name] or book.tiers(name)))
    found = tuple(name for name in book.names() if fetched[name])
    kept = tuple(name for name in book.names() if not fetched[name])
    return Refreshed(replace(book, prices=prices, version=today), found, kept)


def _tiers(client: PricingClient, old: tuple[Price, ...], today: str) -> tuple[Price, ...]:
    """The price's tiers as the list has them; empty where it cannot tell."""
    first = old[0]
    if first.service is None or first.usage_type is None:
        return ()
    products = list(_products(client, first.service, first.usage_type, first.region))
    if len(products) != 1:
        return ()
    dimensions = list(_dimensions(products[0]))
    return tuple(sorted((_price(first, item, today) for item in dimensions), key=_first))


def _first(price: Price) -> float:
    return price.first


def _price(old: Price, dimension: Mapping[str, Any], today: str) -> Price:
    """One price dimension: USD for one unit, so it is scaled to the book's `per`."""
    usd = float(dimension["pricePerUnit"]["USD"]) * old.per
    end = dimension.get("endRange", "Inf")
    up_to = math.inf if end == "Inf" else float(end)
    first = float(dimension.get("beginRange", 0))
    found = replace(old, usd=usd, first=first, up_to=up_to, date=today, confirmed=True)
    return replace(found, source=f"AWS price list, {old.region}")


def _dimensions(product: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Price dimensions in USD of the on-demand terms."""
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            if "USD" in dimension.get("pricePerUnit", {}):
                yield dimension


def _products(
    client: PricingClient, service: str, usage_type: str, region: str
) -> Iterator[Mapping[str, Any]]:
    wanted = {"usagetype": usage_type, "regionCode": region}
    filters: list[Any] = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()
    ]
    try:
        for page in client.get_paginator("get_products").paginate(
            ServiceCode=service, Filters=filters
        ):
            yield from (_decoded(item) for item in page["PriceList"])
    except ClientError as error:
        hint = "allow pricing:GetProducts, or keep the book that is there"
        raise AccessError(f"price list refused ({error})", where=service, hint=hint) from error
    except BotoCoreError as error:
        hint = "check credentials and network"
        raise InputError(f"price list unreachable ({error})", where=service, hint=hint) from error


def _decoded(item: Any) -> Mapping[str, Any]:
    """The API sends each product as JSON text."""
    product = json.loads(item) if isinstance(item, str) else item
    return product if isinstance(product, dict) else {}

"""`stormtrail prices`: the price book, and its refresh when asked for."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stormtrail.console import emit, note, table
from stormtrail.settings import load
from stormtrail.verbs._common import chosen, deliver

if TYPE_CHECKING:
    from analytics.prices import Price, PriceBook

FormatFlag = Annotated[str, typer.Option("--format", help="table, json or toml.")]
OutFlag = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write the new book here instead of stdout.")
]
EndpointFlag = Annotated[
    str | None, typer.Option("--endpoint-url", help="Another price-list endpoint.")
]
ProfileFlag = Annotated[str | None, typer.Option("--profile", help="AWS profile.")]

_HEAD = ["price", "USD", "per", "unit", "from", "up to", "source", "date", "confirmed"]


def register(app: typer.Typer) -> None:
    """Adds the verb with its two parts."""
    example = "Example: stormtrail prices show"
    prices = typer.Typer(
        help="Show the price book, or refresh it from AWS's price list.",
        epilog=example,
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    prices.command("show", epilog=example)(show_command)
    refresh_example = "Example: stormtrail prices refresh --out prices.toml"
    prices.command("refresh", epilog=refresh_example)(refresh_command)
    app.add_typer(prices, name="prices")


def show_command(form: FormatFlag = "table") -> None:
    """Show every price with its source, date, tiers, and whether it was confirmed."""
    from analytics import prices

    render = chosen("format", form, {"table": _table, "json": _json, "toml": prices.to_toml})
    emit(render(prices.load(load().prices)))


def refresh_command(
    out: OutFlag = None, endpoint_url: EndpointFlag = None, profile: ProfileFlag = None
) -> None:
    """Ask AWS's price list (pricing:GetProducts) and print the new book; nothing else is changed."""
    from analytics import prices
    from analytics.price_list import refresh

    settings = load(endpoint_url=endpoint_url, profile=profile)
    book = prices.load(settings.prices)
    client = _client(settings.endpoint_url, settings.profile)
    found = refresh(client, book, datetime.now(UTC).date().isoformat())
    note(f"{len(found.found)} prices found; kept as they were: {', '.join(found.kept) or 'none'}")
    deliver(prices.to_toml(found.book).encode(), out, "price book")


def _client(endpoint_url: str | None, profile: str | None) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError

    from stormtrail.errors import UsageError

    try:
        session = boto3.Session(profile_name=profile)
        # the price list is served from few regions; this one has every service's
        return session.client("pricing", region_name="us-east-1", endpoint_url=endpoint_url)
    except (BotoCoreError, ValueError) as error:
        raise UsageError(str(error), where="prices refresh", hint="check --profile") from error


def _table(book: PriceBook) -> str:
    return f"{book.label} ({book.currency})\n\n{table(_HEAD, [_row(p) for p in book.prices])}"


def _row(price: Price) -> list[Any]:
    up_to = None if math.isinf(price.up_to) else f"{price.up_to:,.0f}"
    amount = f"{price.usd:.10f}".rstrip("0").rstrip(".")
    confirmed = "yes" if price.confirmed else "no"
    first = f"{price.first:,.0f}"
    return [price.name, amount, f"{price.per:,.0f}", price.unit, first, up_to, price.source,
            price.date, confirmed]  # fmt: skip


def _json(book: PriceBook) -> str:
    rows = [
        {**vars(price), "up_to": None if math.isinf(price.up_to) else price.up_to}
        for price in book.prices
    ]
    head = {"version": book.version, "region": book.region, "currency": book.currency}
    return json.dumps({**head, "prices": rows}, indent=2)

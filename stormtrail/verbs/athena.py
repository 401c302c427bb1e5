"""`stormtrail athena`: what makes a store on S3 a database in Athena."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from stormtrail.console import emit, note
from stormtrail.errors import UsageError
from stormtrail.settings import load
from stormtrail.verbs._common import StoreFlag, require_store

_PLACE = "--location s3://my-bucket/stormtrail-store/events/ --database stormtrail"


def register(app: typer.Typer) -> None:
    """Adds the verb with its parts."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    example = f"Example: stormtrail athena ddl {_PLACE}"
    group.command("ddl", epilog=example)(ddl_command)
    ledger = "Example: stormtrail athena ledger --store stormtrail-store"
    group.command("ledger", epilog=ledger)(ledger_command)
    app.add_typer(
        group, name="athena", short_help="Make a store on S3 a database in Athena", epilog=example
    )


def _group() -> None:
    """Make a store on S3 a database in Athena, which `sql --engine athena` asks."""


def ddl_command(
    location: Annotated[
        str, typer.Option(metavar="S3URL", help="The store's events: s3://BUCKET/STORE/events/.")
    ],
    database: Annotated[
        str | None, typer.Option(metavar="NAME", help="Athena's database for the tables.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The table of the entries, if it is not to be events."),
    ] = None,
    committed_only: Annotated[
        bool,
        typer.Option("--committed-only", help="Read only the files that `athena ledger` names."),
    ] = False,
    first_day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="The first day that there can be entries of [default: 2013-11-13, CloudTrail's].",
        ),
    ] = None,
) -> None:
    """Print the statements that define the store's tables and views, with partition projection.

    The database is --database, or the setting athena_database.
    """
    from analytics.athena.tables import FIRST_DAY, Place, ddl

    name = load(athena_database=database).athena_database
    if name is None:
        raise UsageError("no database is named", hint="add --database NAME")
    place = Place.of(location, name, table, committed=committed_only)
    emit(ddl(place, first_day.date() if first_day else FIRST_DAY))


def ledger_command(store: StoreFlag = None) -> None:
    """Write the store's ledger as Parquet, for engines that cannot read SQLite.

    Run it after an ingest, and copy the folder `ledger` beside `events` and `rollups`.
    """
    from analytics.athena.ledger import export_ledger

    settings = load(store=store)
    require_store(settings)
    for path in export_ledger(settings.layout):
        note(f"written: {path}")

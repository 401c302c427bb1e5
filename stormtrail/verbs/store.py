"""`stormtrail store`: what is in it, fewer and larger files, days no longer kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from stormtrail.console import emit, stages, table
from stormtrail.errors import UsageError
from stormtrail.settings import Settings, load
from stormtrail.verbs._common import StoreFlag, require_store

if TYPE_CHECKING:
    from ingest.maintenance import Change

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the verb and its parts."""
    store = typer.Typer(name="store", help="Care of the store.", no_args_is_help=True)
    store.command("status", epilog="Example: stormtrail store status --json")(status_command)
    store.command("compact", epilog="Example: stormtrail store compact")(compact_command)
    example = "Example: stormtrail store drop-before 2026-01-01"
    store.command("drop-before", epilog=example)(drop_before_command)
    example = "Example: stormtrail store clean --store s3://team-bucket/stormtrail"
    store.command("clean", epilog=example)(clean_command)
    app.add_typer(store, short_help="Care of the store: status, compact, drop-before, clean")


def status_command(store: StoreFlag = None, as_json: JsonFlag = False) -> None:
    """Say what the store holds: entries, days, files, rejects."""
    from ingest.maintenance import status

    found = status(load(store=store).layout).to_dict()
    emit(json.dumps(found) if as_json else table(("", ""), list(found.items())))


def compact_command(store: StoreFlag = None) -> None:
    """Join the small files of each day; every entry stays, readers and writers may go on."""
    from ingest.maintenance import compact

    settings = _opened(store)
    with stages("compacting") as say:
        change = compact(settings.layout, say)
    _published(settings, change)


def drop_before_command(
    day: Annotated[datetime, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"])],
    store: StoreFlag = None,
) -> None:
    """Delete the entries of all UTC days before DAY; their files are not loaded again."""
    from ingest.maintenance import drop_before

    settings = _opened(store)
    _published(settings, drop_before(settings.layout, day.date()))


def clean_command(
    older_than: Annotated[
        float, typer.Option(min=12, metavar="HOURS", help="Out of the store for so long.")
    ] = 24.0,
    store: StoreFlag = None,
) -> None:
    """Delete what a store on S3 has replaced, or what a killed writer left there."""
    from ingest.remote.cleanup import clean
    from ingest.remote.places import mirror_at

    settings = _opened(store)
    if not settings.layout.is_mirror:
        hint = "only a store on S3 keeps replaced files for a while"
        raise UsageError("there is nothing to clean", where=str(settings.store), hint=hint)
    deleted = clean(mirror_at(settings.layout), datetime.now(UTC), timedelta(hours=older_than))
    emit(f"{deleted:,} event files deleted")


def _opened(store: StoreFlag) -> Settings:
    settings = load(store=store)
    require_store(settings)
    return settings


def _published(settings: Settings, change: Change) -> None:
    """The database that SQL opens names files: it is made anew, then the change is told."""
    from analytics.warehouse import publish

    publish(settings.layout)
    removed = f", {change.rows_removed:,} entries removed" if change.rows_removed else ""
    emit(f"{change.files_before:,} files before, {change.files_after:,} after{removed}")

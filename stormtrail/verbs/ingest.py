"""`stormtrail ingest`: an archive into the store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from stormtrail.console import Advance, emit, note, progress
from stormtrail.errors import ExitCode
from stormtrail.settings import Settings, load
from stormtrail.verbs._common import SinceFlag, StoreFlag, UntilFlag

if TYPE_CHECKING:
    from ingest.pipeline import IngestOptions, IngestSummary, Progress


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail ingest s3://my-org-trail/AWSLogs --since 2026-01-01"
    app.command("ingest", short_help="Load CloudTrail logs into the store", epilog=example)(
        ingest_command
    )


def ingest_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Folder, file or s3://bucket/prefix.")
    ],
    store: StoreFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    account: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this account; repeatable.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this region; repeatable.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another S3 server than AWS.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="A profile of ~/.aws/config.")
    ] = None,
    role_arn: Annotated[
        str | None, typer.Option(metavar="ARN", help="A role to assume before reading S3.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep up with the source until interrupted.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="With --follow: between two looks.")
    ] = 20.0,
    strict: Annotated[
        bool | None, typer.Option("--strict", help="Exit with 4 where anything was rejected.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> int:
    """Load CloudTrail logs (JSON or Parquet) into the store; only what is new."""
    settings = load(
        store=store, since=since, until=until, accounts=account, regions=region,
        endpoint_url=endpoint_url, profile=profile, role_arn=role_arn, strict=strict,
    )  # fmt: skip
    if follow:
        return _follow(settings, sources, every, as_json)
    return _told(ingest_into(settings, sources), settings.strict, as_json)


def _told(summary: IngestSummary, strict: bool, as_json: bool) -> int:
    """Prints the summary; the exit code that it calls for."""
    emit(json.dumps(summary.to_dict()) if as_json else summary_line(summary))
    if summary.rejected:
        note(f"{summary.rejected:,} rejected: see `stormtrail sql rejected_records`")
    return ExitCode.REJECTED if strict and summary.rejected else ExitCode.DONE


def _follow(settings: Settings, sources: list[str], every: float, as_json: bool) -> int:
    """Loads what is new again and again; a line each time that something was."""
    from analytics.warehouse import publish
    from ingest.follow import follow

    def wait() -> bool:
        time.sleep(every)
        return True

    rounds = follow(sources, settings.layout, wait, ingest_options(settings), _shown(_no_bar))
    for number, summary in enumerate(rounds):
        if summary.files or number == 0:
            publish(settings.layout)
            _told(summary, settings.strict, as_json)
    return ExitCode.DONE


def _no_bar(_done: int, _total: int) -> None:
    """While following, each round's line is the progress."""


def ingest_into(settings: Settings, sources: list[str]) -> IngestSummary:
    """Loads what is new and publishes the database that SQL and other clients open."""
    from analytics.warehouse import publish
    from ingest.pipeline import ingest

    with progress("ingesting files") as advance:
        summary = ingest(sources, settings.layout, ingest_options(settings), _shown(advance))
    publish(settings.layout)
    return summary


def ingest_options(settings: Settings) -> IngestOptions:
    """The options of the ingest in these settings."""
    from ingest.pipeline import IngestOptions

    return IngestOptions(
        since=settings.since.date() if settings.since else None,
        until=settings.until.date() if settings.until else None,
        accounts=settings.accounts,
        regions=settings.regions,
        endpoint_url=settings.endpoint_url,
        profile=settings.profile,
        role_arn=settings.role_arn,
    )


def summary_line(summary: IngestSummary) -> str:
    """One line for a person."""
    return (
        f"{summary.files:,} files, {summary.records:,} records: {summary.inserted:,} inserted, "
        f"{summary.duplicates:,} duplicates, {summary.rejected:,} rejected "
        f"({summary.seconds:.1f} s)"
    )


def _shown(advance: Advance) -> Callable[[Progress], None]:
    """The bar knows files done; how many there are is not known before the listing's end."""

    def show(now: Progress) -> None:
        if now.note:
            note(now.note)
        else:
            advance(now.files, 0)

    return show

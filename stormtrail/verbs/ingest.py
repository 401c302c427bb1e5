"""`stormtrail ingest`: an archive into the store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stormtrail.console import Advance, emit, note, progress
from stormtrail.errors import ExitCode, UsageError
from stormtrail.settings import Settings, load
from stormtrail.verbs._common import (
    EngineFlag,
    MasterFlag,
    StoreFlag,
    chosen,
    moment,
)
from stormtrail.verbs.verify import PublicKeysFlag, RequesterPaysFlag

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ingest.engine import Engine
    from ingest.integrity import Keys, Marked
    from ingest.pipeline import IngestOptions, IngestSummary, Progress

_VERIFY_EVERY = 600.0  # seconds, while following: a digest comes once an hour


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
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=moment,
            metavar="DAY",
            help="Files of this day (UTC) and later.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            parser=moment,
            metavar="DAY",
            help="Files of this day (UTC) and before; late ones too.",
        ),
    ] = None,
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
    requester_pays: RequesterPaysFlag = False,
    relist: Annotated[
        bool, typer.Option("--relist", help="List days anew that were found to be all in.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Mark each file as proven, unproven or tampered.")
    ] = False,
    public_keys: PublicKeysFlag = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep up with the source until interrupted.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="With --follow: between two looks.")
    ] = 20.0,
    queue: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="With --follow: an SQS queue of the bucket's new objects."
        ),
    ] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict", help="Exit with 4 where anything was rejected.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    engine: EngineFlag = "duckdb",
    master: MasterFlag = None,
) -> int:
    """Load CloudTrail logs (JSON or Parquet) into the store; only what is new."""
    settings = load(
        store=store, since=since, until=until, accounts=account, regions=region,
        endpoint_url=endpoint_url, profile=profile, role_arn=role_arn, strict=strict,
    )  # fmt: skip
    if public_keys and not verify:
        raise UsageError("is of use only with --verify", where="--public-keys")
    options = replace(
        ingest_options(settings), requester_pays=requester_pays, relist=relist, hashed=verify
    )
    if queue and not follow:
        raise UsageError("is of use only with --follow", where="--queue")
    from ingest.chosen import ENGINES

    opening = chosen("engine", engine, ENGINES)
    if follow and engine != "duckdb":
        hint = "a cluster is for what has gathered: start the command on a schedule instead"
        raise UsageError("follows with --engine duckdb only", where="--follow", hint=hint)
    prover = _prover(settings, sources, options, public_keys) if verify else None
    job = _Job(settings, sources, options, as_json, prover)
    return job.follow(every, queue) if follow else job.once(opening(master))


Prover = Callable[[], "Marked"]


@dataclass
class _Job:
    """One command's ingest: what is loaded is published, told, and proven where that is wanted."""

    settings: Settings
    sources: list[str]
    options: IngestOptions
    as_json: bool
    prover: Prover | None
    _proven_at: float = field(default=-_VERIFY_EVERY)

    def once(self, opening: AbstractContextManager[Engine]) -> int:
        """Loads what is new; `opening` gives what does the work."""
        with opening as engine:
            summary = _loaded(self.settings, self.sources, self.options, engine)
        return self._told(summary)

    def follow(self, every: float, queue: str | None) -> int:
        """Loads what is new again and again; a line each time that something was."""
        for number, summary in enumerate(self._rounds(every, queue)):
            if summary.files or number == 0 or self._proof_is_due():
                self._told(summary)
        return ExitCode.DONE

    def _rounds(self, every: float, queue: str | None) -> Iterator[IngestSummary]:
        from ingest.follow import follow, follow_queue

        layout, show = self.settings.layout, _shown(_no_bar)
        if queue is None:
            return follow(self.sources, layout, partial(_slept, every), self.options, show)
        from ingest.sources.queue import Queue

        told = Queue(queue, self.sources, self.options.settings, self.options.selection, note)
        return follow_queue(told, layout, lambda: True, self.options, show)

    def _proof_is_due(self) -> bool:
        return self.prover is not None and time.monotonic() - self._proven_at >= _VERIFY_EVERY

    def _told(self, summary: IngestSummary) -> int:
        """Publishes, then prints the summary; the exit code that it calls for."""
        from analytics.warehouse import publish

        marked = None
        if self.prover and self._proof_is_due():
            marked, self._proven_at = self.prover(), time.monotonic()
        publish(self.settings.layout)
        emit(json.dumps(_as_dict(summary, marked)) if self.as_json else summary_line(summary))
        if marked:
            note(_marked_line(marked))
        if summary.rejected:
            note(f"{summary.rejected:,} rejected: see `stormtrail sql rejected_records`")
        if summary.unreadable:
            note(f"{summary.unreadable:,} files not read; the same command tries them again")
            return ExitCode.UNREADABLE
        strict = self.settings.strict and summary.rejected
        return ExitCode.REJECTED if strict else ExitCode.DONE


def _slept(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def _as_dict(summary: IngestSummary, marked: Marked | None) -> dict[str, Any]:
    return summary.to_dict() | ({"integrity": asdict(marked)} if marked else {})


def _marked_line(marked: Marked) -> str:
    counts = f"{marked.proven:,} proven, {marked.unproven:,} unproven, {marked.tampered:,} tampered"
    see = "" if not marked.tampered else ": see `stormtrail sql files_not_proven`"
    return f"files in the store: {counts}{see}"


def _prover(
    settings: Settings, sources: list[str], options: IngestOptions, public_keys: Path | None
) -> Prover:
    """What marks the files of all sources; keys that cannot be read are told before any work."""
    from ingest.integrity import Marked, mark, open_archive, open_keys

    keys: Keys = open_keys(public_keys, options.settings)

    def prove() -> Marked:
        total = Marked()
        for source in sources:
            archive = open_archive(source, options.settings)
            with progress("proving files") as advance:
                total += mark(source, archive, keys, settings.layout, lambda done: advance(done, 0))
        return total

    return prove


def _no_bar(_done: int, _total: int) -> None:
    """While following, each round's line is the progress."""


def ingest_into(settings: Settings, sources: list[str]) -> IngestSummary:
    """Loads what is new and publishes the database that SQL and other clients open."""
    from analytics.warehouse import publish

    summary = _loaded(settings, sources, ingest_options(settings))
    publish(settings.layout)
    return summary


def _loaded(
    settings: Settings, sources: list[str], options: IngestOptions, engine: Engine | None = None
) -> IngestSummary:
    from ingest.pipeline import ingest

    layout = settings.layout
    with progress("ingesting files") as advance:
        return ingest(sources, layout, options, _shown(advance), engine)


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

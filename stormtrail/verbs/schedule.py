"""`stormtrail schedule`: ingest, analyse, report and deliver, as a cron expression says."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stormtrail.console import note
from stormtrail.errors import ExitCode, UsageError
from stormtrail.settings import Settings, load
from stormtrail.text import plain
from stormtrail.verbs._common import StoreFlag, chosen
from stormtrail.verbs.analyze import FailOnFlag
from stormtrail.verbs.ingest import ingest_into, summary_line
from stormtrail.verbs.report import make_report

if TYPE_CHECKING:
    from reports.delivery import Parcel, Target


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = 'Example: stormtrail schedule s3://my-trail --cron "0 7 * * 1" --deliver ./reports'
    short = "Report and deliver on a cron expression"
    app.command("schedule", short_help=short, epilog=example)(schedule_command)


def schedule_command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE...]", help="Loaded before each report; may be none."),
    ] = None,
    cron: Annotated[
        str | None, typer.Option(metavar="EXPR", help='Like "0 7 * * 1": Mondays at 7.')
    ] = None,
    timezone: Annotated[str, typer.Option(metavar="NAME", help="Of the expression.")] = "UTC",
    once: Annotated[bool, typer.Option("--once", help="One report now, then end.")] = False,
    form: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="NAME", help="html, md, json, csv or ocsf; repeatable."),
    ] = None,
    deliver: Annotated[
        list[str] | None,
        typer.Option(metavar="TO", help="Folder, s3://, ses://, SNS ARN or https://; repeatable."),
    ] = None,
    fail_on: FailOnFlag = None,
    store: StoreFlag = None,
) -> int:
    """Load what is new, analyse, report and deliver: on a cron expression, or once."""
    from reports.cron import Cron
    from reports.delivery import open_target
    from reports.journal import Journal, only_one
    from reports.schedule import Schedule, World

    if (cron is None) == (not once):
        raise UsageError("give --cron or --once", hint='like --cron "0 7 * * 1"')
    settings = load(store=store, deliver=deliver)
    targets: list[Target] = [open_target(text) for text in settings.deliver]
    if not targets:
        raise UsageError("nobody to deliver to", hint="add --deliver ./reports")
    maker = Maker(settings, sources or [], form or ["html"], fail_on)
    expression = Cron(cron, timezone) if cron else None
    with only_one(settings.layout):
        world = World(lambda: datetime.now(UTC), time.sleep, _logged)
        schedule = Schedule(Journal(settings.layout), maker, targets, world)
        if expression is not None:
            schedule.run(expression)
            return ExitCode.DONE
        schedule.finish_interrupted()
        delivered = schedule.once(datetime.now(UTC))
    if maker.failed:
        return ExitCode.FAILED_ON
    return ExitCode.DONE if delivered else ExitCode.UNREADABLE


class Maker:
    """Makes the parcel of a due time; remembers whether `--fail-on` was met."""

    def __init__(
        self, settings: Settings, sources: list[str], forms: list[str], fail_on: str | None
    ) -> None:
        from reports import FORMATS
        from reports.verdict import FAIL_ON

        self._renders = {name: chosen("format", name, FORMATS) for name in forms}
        self._states = chosen("fail-on", fail_on, FAIL_ON) if fail_on else frozenset()
        self._settings = settings
        self._sources = sources
        self.failed = False

    def __call__(self, due: datetime) -> Parcel:
        """Ingests, analyses and renders."""
        from reports.delivery import Parcel
        from reports.terminal import headline_lines
        from reports.verdict import failing

        if self._sources:
            _logged(summary_line(ingest_into(self._settings, self._sources)))
        report = make_report(self._settings, datetime.now(UTC))
        bad = failing(report.findings, self._states)
        self.failed = bool(bad)
        key = f"stormtrail-{due.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        headline, *facts = headline_lines(report.findings)
        files = {f"{key}.{name}": render(report).encode() for name, render in self._renders.items()}
        changed = [plain(f"Changed: {change.line}") for change in report.changes or ()]
        return Parcel(key, f"Stormtrail: {headline}", (*facts, *changed), files)


def _logged(line: str) -> None:
    note(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}")

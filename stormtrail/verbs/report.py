"""`stormtrail report`: the findings as a document."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormtrail.settings import Settings, load
from stormtrail.stores import share_if_allowed
from stormtrail.verbs._common import OutFlag, SinceFlag, StoreFlag, UntilFlag, analysed, chosen
from stormtrail.verbs._common import deliver as write

if TYPE_CHECKING:
    from reports import Report


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail report --format html --out storm.html"
    app.command("report", short_help="Write the findings as a document", epilog=example)(
        report_command
    )


def report_command(
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="html, md, json, csv or ocsf [default: html]."
        ),
    ] = None,
    out: OutFlag = None,
    csv_table: Annotated[
        str,
        typer.Option(
            "--table", metavar="NAME", help="For csv: functions, sources, loops, chains, …"
        ),
    ] = "functions",
    store: StoreFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
) -> None:
    """Write the findings as a document: executive page, evidence, method."""
    from reports import FORMATS
    from reports.sheets import TABLES

    kind = form or _by_suffix(out)
    render = chosen("format", kind, FORMATS)
    chosen("table", csv_table, TABLES)
    settings = load(store=store, since=since, until=until)
    report = make_report(settings, datetime.now(UTC), csv_table)
    write(render(report).encode(), out, f"{kind} report")


def make_report(settings: Settings, made: datetime, csv_table: str = "functions") -> Report:
    """Analyses, compares with the last report, and keeps this one for the next."""
    from reports import Report
    from reports.history import keep, since_last
    from reports.timeline import timeline

    findings = analysed(settings)
    layout = settings.layout
    changed = since_last(layout, findings)
    keep(layout, findings, made)
    share_if_allowed(layout)
    return Report(findings, timeline(layout, findings), changed, made, csv_table)


def _by_suffix(out: Path | None) -> str:
    """The format that the file's name asks for; HTML where it asks for none."""
    return out.suffix[1:] if out and out.suffix[1:] in {"html", "md", "json", "csv"} else "html"

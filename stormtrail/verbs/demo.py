"""`stormtrail demo`: a sample organization with a storm, all the way to the report."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormtrail.console import emit, note, stages
from stormtrail.errors import UsageError
from stormtrail.settings import load
from stormtrail.verbs.ingest import ingest_into, summary_line
from stormtrail.verbs.report import make_report

if TYPE_CHECKING:
    from reports import Report

KIND = "articles"
SEED = 7
MARKER = ".stormtrail-demo"
"""A file that says: this folder is a demo's, and the next demo may remove it."""


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(
        "demo",
        short_help="A sample organization with a storm, end to end",
        epilog="Example: stormtrail demo --out ./stormtrail-demo",
    )(demo_command)


def demo_command(
    out: Annotated[Path, typer.Option(help="The folder to make.")] = Path("stormtrail-demo"),
) -> None:
    """Make a sample organization with a log storm, load and analyse it, write the report."""
    import simulation
    from reports import FORMATS

    _make_room(out)
    with stages("demo") as say:
        say("simulating an organization and its CloudTrail archive")
        truth = simulation.make(KIND, SEED, out)
    note(f"{truth.entries:,} entries written to {out / 'archive'}")
    settings = load(store=out / "store")
    note(summary_line(ingest_into(settings, [str(out / "archive")])))
    report = make_report(settings, datetime.now(UTC))
    (out / "report.html").write_text(FORMATS["html"](report), encoding="utf-8")
    emit("\n".join(_lines(report, out)))


def _make_room(out: Path) -> None:
    """An empty marked folder; removes an older demo, never anything else."""
    if out.exists() and not (out / MARKER).exists() and any(out.iterdir()):
        raise UsageError("exists and is no demo of ours", where=str(out), hint="choose --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARKER).touch()


def _lines(report: Report, out: Path) -> list[str]:
    from reports.terminal import headline_lines

    return [
        *headline_lines(report.findings),
        "",
        f"report     {out / 'report.html'}",
        f"dashboard  stormtrail dashboard --store {out / 'store'}",
        f"SQL        stormtrail sql --list --store {out / 'store'}",
    ]

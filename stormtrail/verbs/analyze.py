"""`stormtrail analyze`: the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stormtrail.console import emit, note
from stormtrail.errors import ExitCode
from stormtrail.settings import load
from stormtrail.verbs._common import (
    EngineFlag,
    MasterFlag,
    SinceFlag,
    StoreFlag,
    UntilFlag,
    analysed,
    chosen,
)

if TYPE_CHECKING:
    from reports import Report

FailOnFlag = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="STATE",
        help="Exit with 1 on such a loop: runaway, sustained or any-loop.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail analyze --format json --fail-on sustained"
    app.command(
        "analyze", short_help="Find log storms: S, loops, cause, cost, cure", epilog=example
    )(analyze_command)


def analyze_command(
    store: StoreFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="table, json or md.")
    ] = "table",
    fail_on: FailOnFlag = None,
    engine: EngineFlag = "duckdb",
    master: MasterFlag = None,
) -> int:
    """Find log storms in the store: factor S, loops, cause, cost and what to do."""
    from analytics.engines.chosen import ENGINES
    from reports import FORMATS, Report
    from reports.verdict import FAIL_ON, failing

    forms = {name: FORMATS[name] for name in ("json", "md")}
    render = chosen("format", form, {"table": _table, **forms})
    states = chosen("fail-on", fail_on, FAIL_ON) if fail_on else frozenset()
    opening = chosen("engine", engine, ENGINES)(master)
    findings = analysed(load(store=store, since=since, until=until), opening)
    emit(render(Report(findings)))
    if bad := failing(findings, states):
        note(f"--fail-on {fail_on} is met by {', '.join(bad)}")
        return ExitCode.FAILED_ON
    return ExitCode.DONE


def _table(report: Report) -> str:
    from reports import summary_table

    return summary_table(report.findings)

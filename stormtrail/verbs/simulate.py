"""`stormtrail simulate`: an organization with known truth, as an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stormtrail.console import emit, note, talk
from stormtrail.errors import UsageError


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail simulate --kind articles --seed 7 --out ./simulated"
    app.command("simulate", short_help="Make an archive with known storms", epilog=example)(
        simulate_command
    )


def simulate_command(
    kind: Annotated[str | None, typer.Option(help="Which organization; see --list.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same archive.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for archive/ and truth.json.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.1, help="Length of the window.")] = None,
    scale: Annotated[float, typer.Option(min=0.001, help="Multiplies ordinary work.")] = 1.0,
    show: Annotated[bool, typer.Option("--list", help="List the kinds.")] = False,
) -> None:
    """Make a seeded CloudTrail archive together with the truth about its storms."""
    import simulation

    if show:
        emit("\n".join(sorted(simulation.KINDS)))
        return
    if kind is None or out is None:
        raise UsageError("--kind and --out are needed", hint="see `stormtrail simulate --list`")
    with talk().status("simulating"):
        truth = simulation.make(kind, seed, out, hours=hours, scale=scale)
    note(f"{truth.entries:,} entries and truth.json written to {out}")

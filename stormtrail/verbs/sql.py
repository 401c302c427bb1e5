"""`stormtrail sql`: read-only SQL over the store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from stormtrail.console import emit, table
from stormtrail.errors import UsageError
from stormtrail.settings import load
from stormtrail.verbs._common import OutFlag, StoreFlag, chosen, deliver, piped

_NAME = re.compile(r"[A-Za-z_][\w/-]*")


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail sql first_and_last_run --param account_id=111122223333"
    app.command("sql", short_help="Ask the store in SQL, read-only", epilog=example)(sql_command)


def sql_command(
    query: Annotated[
        str | None, typer.Argument(metavar="[SQL|NAME]", help="SQL, or a saved query's name.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Read the SQL from here.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
    param: Annotated[
        list[str] | None, typer.Option(metavar="K=V", help="A value for $K; repeatable.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="table, csv, json or parquet.")
    ] = "table",
    out: OutFlag = None,
    store: StoreFlag = None,
) -> None:
    """Ask the store in SQL; nothing can be changed, and other files cannot be read."""
    from stormtrail.tables import RENDERERS

    render = chosen("format", form, RENDERERS)
    if show:
        emit(_listing())
        return
    if form == "parquet" and out is None and not piped():
        raise UsageError("Parquet does not belong on a terminal", hint="add --out FILE")
    settings = load(store=store)
    text, defaults = _text(query, file)
    given = defaults | _params(param or [])
    from analytics.sandbox import Limits, run_readonly

    limits = Limits(settings.sql.seconds, settings.sql.memory, settings.sql.rows)
    answer = run_readonly(settings.layout, text, given, limits)
    deliver(render(answer), out, f"{answer.num_rows:,} rows")


def _text(query: str | None, file: Path | None) -> tuple[str, dict[str, Any]]:
    """The SQL, and NULL for each parameter that a saved query can do without."""
    if (query is None) == (file is None):
        raise UsageError("give SQL, a saved query's name, or --file", hint="see --list")
    if file is not None:
        return _read(file), {}
    assert query is not None  # noqa: S101
    if not _NAME.fullmatch(query.strip()):
        return query, {}
    from queries import saved

    found = saved.get(query.strip())
    return found.text, dict.fromkeys(found.optional)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error})", where=str(file)) from error


def _params(pairs: list[str]) -> dict[str, Any]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"{pair!r} is not k=v", where="--param")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _listing() -> str:
    from queries import saved

    rows = [(found.name, found.question, found.parameters) for found in saved.every()]
    return table(("name", "question", "parameters"), rows)

"""`stormtrail sql`: read-only SQL over the store, on this machine or in Athena."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stormtrail.console import emit, note, stages, table
from stormtrail.errors import StoreError, UsageError
from stormtrail.settings import Settings, load
from stormtrail.verbs._common import OutFlag, StoreFlag, chosen, deliver, piped

if TYPE_CHECKING:
    import pyarrow as pa

    from stormtrail.layout import Layout

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
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="duckdb, or athena for a store on S3.")
    ] = "duckdb",
    athena_database: Annotated[
        str | None, typer.Option(metavar="NAME", help="Athena: where the store's tables are.")
    ] = None,
    athena_workgroup: Annotated[
        str | None, typer.Option(metavar="NAME", help="Athena: the workgroup [default: primary].")
    ] = None,
    athena_output: Annotated[
        str | None,
        typer.Option(metavar="S3URL", help="Athena: where it writes [default: the workgroup's]."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Athena: a profile of ~/.aws/config.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Athena: another server than AWS.")
    ] = None,
) -> None:
    """Ask the store in SQL; nothing can be changed, and other files cannot be read.

    With --engine athena the same SQL runs on the tables of `stormtrail athena ddl`.
    """
    from stormtrail.tables import RENDERERS

    render = chosen("format", form, RENDERERS)
    ask = chosen("engine", engine, _ENGINES)
    place = {
        "athena_database": athena_database,
        "athena_workgroup": athena_workgroup,
        "athena_output": athena_output,
        "profile": profile,
        "endpoint_url": endpoint_url,
    }
    if ask is _here:
        _refuse(place)
    if show:
        emit(_listing())
        return
    if form == "parquet" and out is None and not piped():
        raise UsageError("Parquet does not belong on a terminal", hint="add --out FILE")
    settings = load(store=store, **place)
    text, defaults = _text(query, file)
    answer = ask(settings, text, defaults | _params(param or []))
    deliver(render(answer), out, f"{answer.num_rows:,} rows")


def _refuse(place: dict[str, str | None]) -> None:
    """A flag that says where Athena is, without Athena, would be a question asked of the wrong data."""
    for name, value in place.items():
        if value is not None:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError("DuckDB asks the store here", where=flag, hint="add --engine athena")


def _here(settings: Settings, text: str, given: dict[str, Any]) -> pa.Table:
    """The rows from the store, in a confined process."""
    from analytics.sandbox import Limits, run_readonly

    limits = Limits(settings.sql.seconds, settings.sql.memory, settings.sql.rows)
    try:
        return run_readonly(settings.layout, text, given, limits)
    except (UsageError, StoreError):
        if not _published_anew(settings.layout):
            raise
    return run_readonly(settings.layout, text, given, limits)


def _published_anew(layout: Layout) -> bool:
    """Whether the store was moved or copied, so that its database had to be published again."""
    from analytics.warehouse import is_elsewhere, publish  # slow to import, and few need it

    if not is_elsewhere(layout):
        return False
    publish(layout)
    return True


def _in_athena(settings: Settings, text: str, given: dict[str, Any]) -> pa.Table:
    """The rows from Athena's tables; what it read, which it bills, is noted."""
    from analytics.athena.calls import Target, open_athena, run_on_athena
    from ingest.sources.base import S3Settings

    target = Target(settings.athena_database, settings.athena_workgroup, settings.athena_output)
    client = open_athena(S3Settings(settings.endpoint_url, settings.profile, settings.role_arn))
    with stages("Athena") as say:
        say("running the query; Ctrl-C stops it")
        answer = run_on_athena(client, target, text, given, settings.sql.rows)
    seconds = answer.milliseconds / 1000
    note(f"Athena read {answer.scanned_bytes / 1e6:,.1f} MB in {seconds:,.1f} s")
    return answer.rows


_ENGINES = {"duckdb": _here, "athena": _in_athena}


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

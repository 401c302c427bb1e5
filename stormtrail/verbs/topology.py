"""`stormtrail topology`: the accounts' own links, pulled or given, and what is known of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from stormtrail.console import emit, note, progress, table
from stormtrail.settings import Settings, load
from stormtrail.stores import share
from stormtrail.verbs._common import StoreFlag, require_store

_EXAMPLE = "Example: stormtrail topology {}"


def register(app: typer.Typer) -> None:
    """Adds the verb with its three parts."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    pull = "pull --role-name StormtrailRead --region eu-west-1 --region us-east-1"
    for name, command, example in (
        ("pull", pull_command, pull),
        ("add", add_command, "add links.json"),
        ("show", show_command, "show --json"),
    ):
        group.command(name, epilog=_EXAMPLE.format(example))(command)
    short = "Record which trail feeds which function"
    app.add_typer(group, name="topology", short_help=short, epilog=_EXAMPLE.format(pull))


def _group() -> None:
    """Record which trail feeds which function: asked of the accounts, or given in a file."""


def pull_command(
    role_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A role to assume in each account of the organization."),
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this account; repeatable.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Ask in this region; repeatable [default: the profile's]."
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="A profile of ~/.aws/config.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another server than AWS.")
    ] = None,
    store: StoreFlag = None,
) -> None:
    """Ask the accounts for their links by read-only calls, and keep them in the store.

    A call that is denied is said in one line, and the rest goes on.
    """
    from ingest.topology.access import Access
    from ingest.topology.pull import PullOptions, pull
    from ingest.topology.shelf import store_pulled

    settings = load(
        store=store, accounts=account, regions=region, profile=profile, endpoint_url=endpoint_url
    )
    access = Access(settings.profile, None, settings.endpoint_url)
    options = PullOptions(settings.regions, settings.accounts, role_name, access)
    with progress("asking accounts") as advance:
        document = pull(options, note, advance)
    path = store_pulled(settings.layout, document)
    share(settings.layout)
    note(f"{len(document.links):,} links of {len(document.trails):,} trails are now in {path}")


def add_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON, as docs/topology.md shows.")],
    store: StoreFlag = None,
) -> None:
    """Check a file of links that you know of, and keep a copy in the store."""
    from ingest.topology.shelf import add

    layout = load(store=store).layout
    path = add(layout, file)
    share(layout)
    note(f"{file} is now in {path}")


def show_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    store: StoreFlag = None,
) -> None:
    """Print every link known from pulls and files, and who told it."""
    settings = load(store=store)
    rows = _rows(settings)
    if not rows:
        require_store(settings)
        note("no links are known; run `stormtrail topology pull` or `stormtrail topology add FILE`")
    if as_json:
        emit(json.dumps([dict(zip(_HEADER, row, strict=True)) for row in rows], indent=1))
    elif rows:
        emit(table(_HEADER, rows))


_HEADER = ("source", "target", "batch_size", "pattern", "told_by", "file")


def _rows(settings: Settings) -> list[tuple[object, ...]]:
    """A link a row, by source and target."""
    from ingest.topology.shelf import documents

    rows: dict[tuple[str, str], tuple[object, ...]] = {}
    for path, document in documents(settings.layout).items():
        for link in document.links:
            told = link.told.call if link.told else "file"
            row = (*link.key, link.batch_size, link.pattern, told, path.name)
            rows.setdefault(link.key, row)
    return [row for _, row in sorted(rows.items())]

"""`stormtrail plan`: the cure for chosen functions, and what it will save."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from stormtrail.console import emit, note, stages, table
from stormtrail.errors import UsageError
from stormtrail.settings import Settings, load
from stormtrail.stores import share_if_allowed
from stormtrail.text import plain
from stormtrail.verbs._common import (
    SinceFlag,
    StoreFlag,
    UntilFlag,
    analysed,
    analysis_options,
    chosen,
    require_store,
)
from stormtrail.verbs._plan_flags import (
    ArchiveFlag,
    BatchFlag,
    DeliverFlag,
    FormatFlag,
    FormFlag,
    FunctionsArgument,
    GroupFlag,
    IamFlag,
    KeyFlag,
    MemberFlag,
    OrganizationFlag,
    OutFlag,
    PatternFlag,
    PromisedFlag,
    ReadRoleFlag,
    RoleFlag,
    WhatIfFlag,
    WindowFlag,
)

if TYPE_CHECKING:
    from analytics.planning import Chosen
    from analytics.templates.files import Page
    from analytics.templates.spec import Choices


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail plan router --batch 200 --window 60 --out cure"
    app.command("plan", epilog=example)(plan_command)


def plan_command(
    functions: FunctionsArgument = None,
    batch: BatchFlag = None,
    window: WindowFlag = None,
    form: FormFlag = "cloudformation",
    out: OutFlag = Path("stormtrail-plan"),
    what_if: WhatIfFlag = False,
    shown: FormatFlag = "table",
    role: RoleFlag = None,
    member_account: MemberFlag = None,
    organization: OrganizationFlag = None,
    log_group: GroupFlag = None,
    filter_pattern: PatternFlag = "",
    since: SinceFlag = None,
    until: UntilFlag = None,
    store: StoreFlag = None,
    promised: PromisedFlag = False,
    iam: IamFlag = False,
    archive: ArchiveFlag = None,
    kms_key: KeyFlag = None,
    role_name: ReadRoleFlag = None,
    deliver: DeliverFlag = None,
) -> None:
    """Work out the cure for functions: what it saves, templates, and steps that lose no entry."""
    if iam:
        _print_policy(archive or [], kms_key or [], role_name, deliver or [])
        return
    if promised:
        _tell_promised(load(store=store, since=since, until=until))
        return
    from analytics.planning import Change

    change = Change(batch, window)
    terraform = chosen("as", form, {"cloudformation": False, "terraform": True})
    render = chosen("format", shown, {"table": _as_table, "json": _as_json})
    settings = load(store=store, since=since, until=until)
    found = _chosen(settings, functions or [], change)
    for item in found.kept:
        note(f"{item.function} needs no cure: {item.why}")
    for item in found.buckets:
        note(f"{item.source}, by hand: {item.why}")
    if not found.cured:
        note("there is nothing to move; nothing was written")
        return
    given = _choices(found, role, member_account, organization, log_group, filter_pattern)
    pages = () if what_if else _pages(found, given, terraform)
    emit(render(found))
    if not what_if:
        _remember(settings, found)
        _write(pages, out)


def _print_policy(
    archives: Sequence[str],
    keys: Sequence[str],
    role_name: str | None,
    deliveries: Sequence[str],
) -> None:
    from analytics.templates.iam import own_policy

    if not archives:
        hint = "for example: stormtrail plan --iam --archive s3://bucket/prefix"
        raise UsageError("--iam needs an --archive", hint=hint)
    emit(own_policy(archives, keys, role_name, deliveries))


def _tell_promised(settings: Settings) -> None:
    from analytics.promises import told

    lines = told(settings.layout, analysed(settings))
    for line in lines:
        emit(plain(line))
    if not lines:
        note("nothing was promised of a function in this window")


def _chosen(settings: Settings, functions: Sequence[str], change: Any) -> Chosen:
    from analytics.planning import case_of, choose

    require_store(settings)
    with stages("planning") as say:
        findings, situation = case_of(settings.layout, analysis_options(settings), say)
    return choose(findings, situation, functions, change)


def _choices(
    found: Chosen,
    roles: list[str] | None,
    accounts: list[str] | None,
    organization: str | None,
    groups: list[str] | None,
    pattern: str,
) -> Choices:
    from analytics.templates.spec import Choices

    return Choices(
        roles=_pairs("--role", roles, found),
        accounts=tuple(accounts or ()),
        organization=organization,
        log_groups=_pairs("--log-group", groups, found),
        filter_pattern=pattern,
    )


def _pairs(flag: str, given: list[str] | None, found: Chosen) -> dict[str, str]:
    """FUNCTION=VALUE by the function's ARN."""
    pairs: dict[str, str] = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        arns = [item.function for item in found.cured if _means(name, item.function)]
        if not sign or len(arns) != 1:
            hint = "write it as FUNCTION=VALUE, with a function of this plan"
            raise UsageError(f"{text!r} is not known", where=flag, hint=hint)
        pairs[arns[0]] = value
    return pairs


def _means(name: str, arn: str) -> bool:
    return name == arn or arn.endswith(f":function:{name}")


def _pages(found: Chosen, given: Choices, terraform: bool) -> tuple[Page, ...]:
    from analytics.templates.files import pages

    made = pages(found.cured, given, terraform=terraform)
    for line in made.skipped:
        note(line)
    return made.pages


def _remember(settings: Settings, found: Chosen) -> None:
    """Keeps the promise, so that a later analysis can tell what came of it."""
    from analytics import promises

    promises.keep(settings.layout, found.cured, found.prediction)
    share_if_allowed(settings.layout)


def _write(pages: tuple[Page, ...], out: Path) -> None:
    for page in pages:
        path = out / page.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page.text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot be written ({error.strerror})", where=str(path)) from error
        note(f"written: {path}")


def _as_json(found: Chosen) -> str:
    from analytics.promises import as_json

    return json.dumps(as_json(found.cured, found.prediction), indent=2)


def _as_table(found: Chosen) -> str:
    from analytics.promises import lines

    moved = [
        [item.function, item.action, *_batch_cells(item.batch), item.gives_up]
        for item in found.cured
    ]
    head = ["function", "action", "batch", "window s", "shards", "gives up"]
    told = [
        [name, _short(before), _short(after)] for name, before, after in lines(found.prediction)
    ]
    warnings = [[text] for item in found.cured for text in item.warnings]
    parts = [table(head, moved), table(["a month of 30 days", "before", "after"], told)]
    return "\n".join([*parts, table(["look out for"], warnings)] if warnings else parts)


def _batch_cells(batch: Any) -> list[Any]:
    return [None, None, None] if batch is None else [batch.size, batch.window_seconds, batch.shards]


def _short(value: float | None) -> str:
    if value is None:
        return "without end"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"

"""The options of `stormtrail plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FunctionsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FUNCTION]...", help="Names or ARNs; none: all that are to be moved."),
]
BatchFlag = Annotated[int | None, typer.Option("--batch", help="Records a batch, 1 to 10,000.")]
WindowFlag = Annotated[
    int | None, typer.Option("--window", help="Seconds that a batch waits, 0 to 300.")
]
FormFlag = Annotated[str, typer.Option("--as", help="Templates as cloudformation or terraform.")]
FormatFlag = Annotated[str, typer.Option("--format", help="The prediction as table or json.")]
OutFlag = Annotated[Path, typer.Option("--out", "-o", help="The folder for templates and steps.")]
WhatIfFlag = Annotated[bool, typer.Option("--what-if", help="Only predict; write nothing.")]
RoleFlag = Annotated[
    list[str] | None,
    typer.Option("--role", help="FUNCTION=ROLE: the execution role's name; repeatable."),
]
MemberFlag = Annotated[
    list[str] | None,
    typer.Option("--member-account", help="An account that may send to the stream; repeatable."),
]
OrganizationFlag = Annotated[
    str | None, typer.Option("--organization", help="o-…: all its accounts may send.")
]
GroupFlag = Annotated[
    list[str] | None,
    typer.Option("--log-group", help="FUNCTION=ARN where the archive cannot tell; repeatable."),
]
PatternFlag = Annotated[
    str, typer.Option("--filter-pattern", help="The pattern of the filter that is replaced.")
]
PromisedFlag = Annotated[
    bool, typer.Option("--promised", help="Tell what earlier plans promised, and what came.")
]
IamFlag = Annotated[
    bool, typer.Option("--iam", help="Print the least policy that Stormtrail itself needs.")
]
ArchiveFlag = Annotated[
    list[str] | None,
    typer.Option("--archive", help="With --iam: s3://bucket/prefix to read; repeatable."),
]
KeyFlag = Annotated[
    list[str] | None,
    typer.Option("--kms-key", help="With --iam: ARN of a key of the archive; repeatable."),
]
DeliverFlag = Annotated[
    list[str] | None,
    typer.Option("--deliver", help="With --iam: where reports go, as in `schedule`; repeatable."),
]
ReadRoleFlag = Annotated[
    str | None,
    typer.Option("--role-name", help="With --iam: the role `topology pull` takes in each account."),
]

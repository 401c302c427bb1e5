"""`stormtrail verify`: an archive against CloudTrail's own digests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from stormtrail.console import emit, progress
from stormtrail.errors import ExitCode
from stormtrail.settings import load
from stormtrail.verbs._common import chosen

PublicKeysFlag = Annotated[
    Path | None,
    typer.Option(
        "--public-keys",
        metavar="FILE",
        help="What `aws cloudtrail list-public-keys` printed; without it, the API is asked.",
    ),
]
RequesterPaysFlag = Annotated[
    bool, typer.Option("--requester-pays", help="Pay for the requests to buckets of that kind.")
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail verify s3://my-org-trail --public-keys keys.json"
    app.command("verify", epilog=example)(verify_command)


def verify_command(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Folder or s3://bucket/prefix.")],
    public_keys: PublicKeysFlag = None,
    form: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    endpoint_url: Annotated[str | None, typer.Option(help="Another S3 server than AWS.")] = None,
    profile: Annotated[str | None, typer.Option(help="A profile of ~/.aws/config.")] = None,
    role_arn: Annotated[
        str | None, typer.Option(metavar="ARN", help="A role to assume before reading.")
    ] = None,
    requester_pays: RequesterPaysFlag = False,
) -> int:
    """Check digests and log files; exits with 1 where something was changed, removed or added."""
    from ingest.integrity import open_archive, open_keys, verify
    from ingest.sources.base import S3Settings

    as_json = chosen("format", form, {"text": False, "json": True})
    settings = load(endpoint_url=endpoint_url, profile=profile, role_arn=role_arn)
    reach = S3Settings(settings.endpoint_url, settings.profile, settings.role_arn, requester_pays)
    archive = open_archive(source, reach)
    keys = open_keys(public_keys, reach)
    with progress("verifying log files") as advance:
        report = verify(archive, keys, progress=advance)
    emit(json.dumps(report.to_dict(), indent=1) if as_json else report.to_text())
    return ExitCode.DONE if report.clean else ExitCode.FAILED_ON

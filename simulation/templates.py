"""Record texts with holes: a record is one `%` of bytes, so millions of them are quick to write."""

from __future__ import annotations

import json
from dataclasses import dataclass

Record = dict[str, object]

TIME = "@@t@@"
BORN = "@@b@@"
REQUEST = "@@r@@"
EVENT = "@@e@@"
SHARED = "@@s@@"
SERIAL = "@@n@@"
_HOLES = {TIME: b"%(t)b", BORN: b"%(b)b", REQUEST: b"%(r)b", EVENT: b"%(e)b"}
_HOLES |= {SHARED: b"%(s)b", SERIAL: b"%(n)b"}


@dataclass(frozen=True)
class Template:
    """The text of a kind of record and what the engine must know of it.

    `owner` is the ARN of the function whose processing writes it, `run` whether it is a record
    of a run of `owner`. `twin` marks a copy in another account, which shares its sharedEventID.

    """

    text: bytes
    account: str
    region: str
    resource: str
    service: str
    name: str
    owner: str | None
    run: bool
    twin: bool


def compile_record(
    record: Record,
    *,
    owner: str | None = None,
    run: bool = False,
    resource: str,
    twin: bool = False,
) -> Template:
    """The template of a record whose variable fields hold the tokens above."""
    text = json.dumps(record, separators=(",", ":")).encode().replace(b"%", b"%%")
    for token, hole in _HOLES.items():
        text = text.replace(token.encode(), hole)
    return Template(
        text=text,
        account=str(record["recipientAccountId"]),
        region=str(record["awsRegion"]),
        resource=resource,
        service=str(record["eventSource"]),
        name=str(record["eventName"]),
        owner=owner,
        run=run,
        twin=twin,
    )

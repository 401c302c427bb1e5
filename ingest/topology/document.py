"""The form of a topology file (docs/topology.md): links and trails, and who told each.

The analysis reads the same files; keys that are only for the next pull it passes over.
"""

from __future__ import annotations

import msgspec

from stormtrail.errors import InputError

Json = dict[str, object]


class Told(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Who told: the account and region that were asked, and the call, as `logs:DescribeDestinations`."""

    account: str
    region: str
    call: str


class Link(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """`source` hands on to `target`, both ARNs; function ARNs without version, log groups without `:*`.

    `pattern` is a rule's or subscription's, `batch_size` a mapping's, in records; `excepted` are the names of log
    groups that an account's policy leaves out.
    """

    source: str
    target: str
    pattern: str | None = None
    batch_size: int | None = None
    excepted: tuple[str, ...] = ()
    told: Told | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes two links the same."""
        return self.source, self.target


class Trail(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A trail, its owner's account and home region, and its selectors as GetEventSelectors gives them."""

    arn: str
    account: str
    region: str
    organization: bool = False
    multi_region: bool = False
    event_selectors: list[Json] | None = None
    advanced_event_selectors: list[Json] | None = None
    told: Told | None = None

    @property
    def has_selectors(self) -> bool:
        """Whether it is known what the trail records."""
        return bool(self.event_selectors or self.advanced_event_selectors)


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topology file; `taken_at` is ISO 8601 in UTC, `calls` are those that were answered in full."""

    taken_at: str | None = None
    calls: tuple[Told, ...] = ()
    links: tuple[Link, ...] = ()
    trails: tuple[Trail, ...] = ()


def decode(content: bytes, where: str) -> Document:
    """The document in `content`, ARNs in the form the analysis uses; InputError says where it is wrong."""
    hint = "docs/topology.md shows the form of the file"
    try:
        read = msgspec.json.decode(content, type=Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is no topology file ({error})", where=where, hint=hint) from error
    ends = [end for link in read.links for end in link.key] + [trail.arn for trail in read.trails]
    for end in ends:
        if not end.startswith("arn:") or end.count(":") < 5:
            raise InputError(f"{end!r} is no ARN", where=where, hint=hint)
    links = tuple(
        msgspec.structs.replace(link, source=node(link.source), target=node(link.target))
        for link in read.links
    )
    return msgspec.structs.replace(read, links=links)


def encode(document: Document) -> bytes:
    """The file's content, one line a value, so that versions can be compared."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def node(arn: str) -> str:
    """An ARN in the form the analysis uses.

    >>> node("arn:aws:lambda:eu-west-1:111111111111:function:router:live")
    'arn:aws:lambda:eu-west-1:111111111111:function:router'
    >>> node("arn:aws:logs:eu-west-1:111111111111:log-group:trail:*")
    'arn:aws:logs:eu-west-1:111111111111:log-group:trail'
    >>> node("arn:aws:kinesis:eu-west-1:111111111111:stream/s/consumer/c:1700000000")
    'arn:aws:kinesis:eu-west-1:111111111111:stream/s'
    """
    parts = arn.split(":")
    service = parts[2] if len(parts) > 2 else ""
    if service == "lambda" and parts[5:6] == ["function"]:
        return ":".join(parts[:7])
    if service == "kinesis":
        return arn.split("/consumer/")[0]
    # `log-group:*` alone stands for all groups
    every = arn.endswith(":log-group:*")
    return arn if every or service != "logs" else arn.removesuffix(":*")

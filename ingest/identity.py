"""What userIdentity says: the caller's columns, worked out once for each distinct identity."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from ingest.coded import spread

_FUNCTION_ARN = re.compile(r"(arn:aws[a-z0-9-]*:lambda:[^:]*:[^:]*:function:[^:]+)(?::[^:]+)?")
_ASSUMED_ROLE = re.compile(r"arn:[^:]*:sts::[^:]*:assumed-role/(?:.*/)?([^/]+)", re.DOTALL)
# A role's unique id and the session's name: all that the record of another account says of a role's session.
_ROLE_PRINCIPAL = re.compile(r"AROA[A-Z0-9]+:(.+)", re.DOTALL)


class Identity(NamedTuple):
    """The columns that come from userIdentity; None where it has no such text."""

    identity_type: str | None = None
    identity_arn: str | None = None
    identity_account_id: str | None = None
    identity_user_name: str | None = None
    access_key_id: str | None = None
    invoked_by: str | None = None
    role_arn: str | None = None
    session_name: str | None = None
    caller_function_arn: str | None = None


class _UserIdentity(msgspec.Struct, gc=False):
    """The fields that matter, of whatever type they came."""

    type: Any = None
    principalId: Any = None  # noqa: N815  (the field's own name)
    arn: Any = None
    accountId: Any = None  # noqa: N815
    userName: Any = None  # noqa: N815
    accessKeyId: Any = None  # noqa: N815
    invokedBy: Any = None  # noqa: N815
    sessionContext: Any = None  # noqa: N815
    inScopeOf: Any = None  # noqa: N815


_decode = msgspec.json.Decoder(_UserIdentity).decode


def text(value: Any) -> str | None:
    """The value where it is text; hostile records hold anything anywhere."""
    return value if isinstance(value, str) else None


def member(value: Any, *names: str) -> Any:
    """The value at a path of object members, or None."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def unqualified(arn: str | None) -> str | None:
    """A function's ARN without version or alias; None where it is not a function's ARN."""
    match = _FUNCTION_ARN.fullmatch(arn) if arn else None
    return match[1] if match else None


@lru_cache(maxsize=4096)
def read_identity(raw: str | None) -> Identity:
    """The identity columns of one userIdentity text."""
    try:
        found = _decode(raw) if raw else _UserIdentity()
    except (msgspec.MsgspecError, RecursionError):
        found = _UserIdentity()
    arn = text(found.arn)
    return Identity(
        text(found.type),
        arn,
        text(found.accountId),
        text(found.userName),
        text(found.accessKeyId),
        text(found.invokedBy),
        text(member(found.sessionContext, "sessionIssuer", "arn")),
        _session_name(text(found.type), arn, text(found.principalId)),
        unqualified(text(member(found.inScopeOf, "credentialsIssuedTo"))),
    )


def _session_name(kind: str | None, arn: str | None, principal: str | None) -> str | None:
    """The role session's name. A call into another account is recorded there too, with the caller's account
    and principal id alone (CloudTrail user guide, "userIdentity element", type AWSAccount)."""
    if arn is None and kind == "AWSAccount":
        session = _ROLE_PRINCIPAL.fullmatch(principal) if principal else None
    else:
        session = _ASSUMED_ROLE.fullmatch(arn) if arn else None
    return session[1] if session else None


def read_identities(user_identity: Any) -> tuple[list[Identity], Any]:
    """Distinct identities of a dictionary of texts, and each row's place among them (int32 array)."""
    texts = user_identity.dictionary.to_pylist()
    return [read_identity(raw) for raw in texts], user_identity.indices


def identity_columns(identities: list[Identity], codes: Any) -> dict[str, Any]:
    """One column a field of `Identity`, a row for each code."""
    columns = zip(*identities, strict=True) if identities else [()] * len(Identity._fields)
    return {
        name: spread(pa.array(values, pa.string()), codes)
        for name, values in zip(Identity._fields, columns, strict=True)
    }

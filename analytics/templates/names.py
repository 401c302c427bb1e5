"""Names that may go into a template: everything else in a record is a caller's text.

ARNs and names are taken apart by strict patterns; what does not fit is refused, never escaped
into place.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from stormtrail.errors import UsageError

_PARTITION = r"aws(?:-[a-z]+)*"
_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
_ACCOUNT = r"\d{12}"
_FUNCTION = re.compile(
    rf"arn:({_PARTITION}):lambda:({_REGION}):({_ACCOUNT}):function:([A-Za-z0-9_-]{{1,64}})"
)
_GROUP = re.compile(
    rf"arn:({_PARTITION}):logs:({_REGION}):({_ACCOUNT}):log-group:([A-Za-z0-9_/.#-]{{1,512}})"
)
_RULE = re.compile(
    rf"arn:({_PARTITION}):events:({_REGION}):({_ACCOUNT}):rule/((?:[A-Za-z0-9_./-]+/)?[A-Za-z0-9_.-]{{1,64}})"
)
_BUCKET = re.compile(rf"arn:({_PARTITION}):s3:::([a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9])")
_ROLE = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_SHOWN = 80
PREFIX = "stormtrail-"


@dataclass(frozen=True)
class Arn:
    """A checked ARN's parts; `region` and `account` are empty for a bucket."""

    text: str
    partition: str
    region: str
    account: str
    name: str


def function(arn: str) -> Arn:
    """A function's ARN; UsageError where it is none."""
    return _parsed(_FUNCTION, arn, "function ARN")


def log_group(arn: str) -> Arn:
    """A log group's ARN without `:*`; UsageError where it is none."""
    return _parsed(_GROUP, arn, "log group ARN")


def rule(arn: str) -> Arn:
    """An EventBridge rule's ARN; the name keeps its bus; UsageError where it is none."""
    return _parsed(_RULE, arn, "rule ARN")


def bucket(arn: str) -> Arn:
    """A bucket's ARN; UsageError where it is none."""
    found = _BUCKET.fullmatch(arn)
    if not found:
        raise _refused("bucket ARN", arn)
    return Arn(arn, found[1], "", "", found[2])


def account(text: str) -> str:
    """A 12-digit account id; UsageError where it is none."""
    return _checked(re.compile(_ACCOUNT), text, "account id")


def role(text: str) -> str:
    """A role's name; UsageError where it is none."""
    return _checked(_ROLE, text, "role name")


def is_role(text: str) -> bool:
    """Whether this may be a role's name."""
    return bool(_ROLE.fullmatch(text))


def organization(text: str) -> str:
    """An organization's id; UsageError where it is none."""
    return _checked(_ORGANIZATION, text, "organization id")


def slug(text: str, *, most: int = 40) -> str:
    """A short name of letters, digits and hyphens that is the text's own: it ends in its hash."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    words = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()
    return f"{words[: most - 7].strip('-')}-{mark}"


def stream(source_name: str, region: str, pattern: str = "") -> str:
    """The name of the stream that a plan puts behind a source, for what a filter's pattern takes of it."""
    return PREFIX + slug(f"{source_name} {region}{f' {pattern}' if pattern else ''}")


def logical(text: str) -> str:
    """A CloudFormation logical id: letters and digits, and the text's own by its hash."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    words = re.findall(r"[A-Za-z0-9]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)[:40] + mark


def _parsed(pattern: re.Pattern[str], arn: str, what: str) -> Arn:
    found = pattern.fullmatch(arn)
    if not found:
        raise _refused(what, arn)
    return Arn(arn, found[1], found[2], found[3], found[4])


def _checked(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise _refused(what, text)
    return text


def _refused(what: str, text: str) -> UsageError:
    shown = ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
    hint = "it cannot go into a template; name it as AWS writes it"
    return UsageError(f"this is no {what}: {shown}", where="plan", hint=hint)

"""userIdentity by kind of caller, as CloudTrail writes it (DOMAIN section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from simulation.organization import Actor, Function, Shape
from simulation.templates import BORN, Record

_LAMBDA_AGENT = (
    "Boto3/1.42.9 md/Botocore#1.42.9 ua/2.1 os/linux lang/python#3.13.1 "
    "exec-env/AWS_Lambda_python3.13"
)


@dataclass(frozen=True)
class Caller:
    """Who calls, from where: the three fields of a record that say so."""

    identity: Record
    address: str
    agent: str


def _key(prefix: str, text: str) -> str:
    return f"{prefix}{crc32(text.encode()):08X}{crc32(text[::-1].encode()):08X}"[:20]


def service(host: str) -> Caller:
    """An AWS service acting for itself."""
    return Caller({"type": "AWSService", "invokedBy": host}, host, host)


def user(account: str, name: str, address: str, agent: str) -> Caller:
    """An IAM user with a long-lived key."""
    arn = f"arn:aws:iam::{account}:user/{name}"
    identity: Record = {
        "type": "IAMUser",
        "principalId": _key("AIDA", arn),
        "arn": arn,
        "accountId": account,
        "accessKeyId": _key("AKIA", arn),
        "userName": name,
    }
    return Caller(identity, address, agent)


def role(
    account: str, name: str, session: str, address: str, agent: str, extra: Record | None = None
) -> Caller:
    """An assumed role's session; `extra` fields are added to the identity."""
    arn = f"arn:aws:iam::{account}:role/{name}"
    issuer = {
        "type": "Role",
        "principalId": _key("AROA", arn),
        "arn": arn,
        "accountId": account,
        "userName": name,
    }
    attributes = {"creationDate": BORN, "mfaAuthenticated": "false"}
    identity: Record = {
        "type": "AssumedRole",
        "principalId": f"{_key('AROA', arn)}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": _key("ASIA", arn + session),
        "sessionContext": {"sessionIssuer": issuer, "attributes": attributes},
    }
    return Caller(identity | (extra or {}), address, agent)


def function(caller: Function, shape: Shape) -> Caller:
    """A function's own credentials: `inScopeOf` since 1.11, the session name always."""
    scope: Record = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": caller.arn}
    extra: Record = {"inScopeOf": scope} if shape.in_scope else {}
    address = f"10.{crc32(caller.arn.encode()) % 250}.{len(caller.name)}.17"
    return role(caller.account, caller.role, caller.name, address, _LAMBDA_AGENT, extra)


def via(account: str, name: str, session: str, host: str) -> Caller:
    """A role that an AWS service uses: Step Functions, Firehose."""
    return role(account, name, session, host, host, {"invokedBy": host})


def actor(who: Actor, account: str) -> Caller:
    """The person or pipeline behind a configuration change."""
    if who.kind == "user":
        return user(account, who.name, who.address, who.agent)
    return role(account, who.name, who.session, who.address, who.agent)

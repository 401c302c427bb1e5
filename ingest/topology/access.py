"""Read-only calls to the accounts: sessions by assumed role, retries, and what a denied call becomes.

A call that fails is one line to the person and an empty answer; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)

from ingest.topology.document import Told
from stormtrail.errors import AccessError, InputError, StormtrailError, UsageError

Say = Callable[[str], None]
FAILURES = (BotoCoreError, ClientError)
SESSION_NAME = "stormtrail-topology"

# how the APIs name the place where the next page begins: (in the answer, in the question)
_MARKS = (("nextToken", "nextToken"), ("NextToken", "NextToken"), ("NextMarker", "Marker"))
# the calls that IAM names otherwise than the API
_OPERATIONS = {"GetBucketNotification": "GetBucketNotificationConfiguration"}
_making = Lock()  # boto3's sessions do not make clients for several threads at once


@dataclass(frozen=True)
class Access:
    """How to get in: profile and region as boto3 takes them, another server than AWS, tries a call."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    attempts: int = 8

    def session(self) -> boto3.Session:
        """The person's own session; UsageError for an unknown profile."""
        try:
            return boto3.Session(profile_name=self.profile, region_name=self.region)
        except ProfileNotFound as error:
            hint = "see the names in ~/.aws/config"
            raise UsageError("no such AWS profile", where=str(self.profile), hint=hint) from error

    def client(self, session: boto3.Session, service: str, region: str) -> Any:
        """A client with this access's server and retries."""
        config = Config(retries={"mode": "adaptive", "total_max_attempts": self.attempts})
        make: Any = session.client
        with _making:
            return make(service, region_name=region, endpoint_url=self.endpoint_url, config=config)

    def identity(self, session: boto3.Session, region: str) -> tuple[str, str]:
        """The account and partition of these credentials; AccessError where they are no good."""
        try:
            answer = self.client(session, "sts", region).get_caller_identity()
        except FAILURES as error:
            raise failure(error, "sts:GetCallerIdentity") from error
        return answer["Account"], answer["Arn"].split(":")[1]

    def assumed(self, session: boto3.Session, role_arn: str, region: str) -> boto3.Session:
        """A session of the role; AccessError where it may not be assumed."""
        try:
            answer = self.client(session, "sts", region).assume_role(
                RoleArn=role_arn, RoleSessionName=SESSION_NAME
            )["Credentials"]
        except FAILURES as error:
            raise failure(error, f"sts:AssumeRole {role_arn}") from error
        return boto3.Session(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
            region_name=region,
        )


@dataclass
class Caller:
    """Asks one account; remembers which calls were answered in full and which were not.

    A failure is said once for an account, region and call, however many resources it was asked of.
    """

    account: str
    session: boto3.Session
    access: Access
    say: Say
    answered: set[Told] = field(default_factory=set)
    failed: set[Told] = field(default_factory=set)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def told(self, call: str, region: str) -> Told:
        """The origin of what this call tells."""
        return Told(self.account, region, call)

    def ask(self, call: str, region: str, *, quiet: bool = False, **given: Any) -> Any:
        """The answer of a call named as in IAM (`logs:DescribeDestinations`); {} where it failed."""
        told = self.told(call, region)
        try:
            answer = self._method(call, region)(**given)
        except FAILURES as error:
            if not quiet:
                self._missed(told, error)
            return {}
        self.answered.add(told)
        return answer

    def pages(self, call: str, region: str, items: str, **given: Any) -> Iterator[Any]:
        """Every one of `items` of a call, page after page."""
        more: dict[str, Any] = {}
        while True:
            answer = self.ask(call, region, **given, **more)
            yield from answer.get(items, ())
            mark = next(((asked, answer[name]) for name, asked in _MARKS if answer.get(name)), None)
            if mark is None or more == dict([mark]):
                return
            more = dict([mark])

    def complete(self) -> set[Told]:
        """The calls that were answered every time."""
        return self.answered - self.failed

    def _method(self, call: str, region: str) -> Any:
        service, operation = call.split(":")
        client = self._clients.get((service, region))
        if client is None:
            client = self.access.client(self.session, service, region)
            self._clients[service, region] = client
        return getattr(client, xform_name(_OPERATIONS.get(operation, operation)))

    def _missed(self, told: Told, error: BotoCoreError | ClientError) -> None:
        if told in self.failed:
            return
        self.failed.add(told)
        where = f"account {told.account} {told.region} {told.call}"
        self.say(f"{failure(error, where, allow=told.call).line()}; its links are not known")


def failure(error: BotoCoreError | ClientError, where: str, allow: str = "") -> StormtrailError:
    """What went wrong, in one line that holds no secret; AccessError where these credentials may not."""
    if isinstance(error, NoCredentialsError):
        hint = "set AWS_PROFILE or the AWS_* variables, or give --profile"
        return AccessError("no AWS credentials were found", where=where, hint=hint)
    if isinstance(error, EndpointConnectionError):
        hint = "check --region and --endpoint-url"
        return InputError("the server cannot be reached", where=where, hint=hint)
    if not isinstance(error, ClientError):
        return InputError(f"the call failed ({type(error).__name__})", where=where)
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if "denied" in code.lower() or code in ("403", "Forbidden", "UnauthorizedOperation"):
        hint = f"allow {allow or where.split(' ')[0]}"
        return AccessError("access is denied", where=where, hint=hint)
    if "token" in code.lower() or code in ("SignatureDoesNotMatch", "InvalidAccessKeyId"):
        hint = "renew the login, or enable the region"
        return AccessError(f"the credentials are not taken ({code})", where=where, hint=hint)
    return InputError(f"AWS answered {code}", where=where)

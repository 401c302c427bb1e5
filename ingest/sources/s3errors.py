"""What went wrong at AWS, in one plain line that never holds a secret."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as NoConnection

from stormtrail.errors import AccessError, InputError

_CREDENTIALS = {
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key does not match the access key",
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "RequestExpired": "the credentials have expired",
    "InvalidToken": "the session token is not valid",
    "InvalidClientTokenId": "the access key is not known there",
    "UnrecognizedClientException": "the access key is not known there",
    "TokenRefreshRequired": "the credentials have expired",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AccessControlListNotSupported",
    "403",
    "Forbidden",
    "AllAccessDisabled",
}
_ABSENT = {
    "NoSuchBucket": "no such bucket",
    "404": "no such bucket",
    "NoSuchKey": "no such object",
    "QueueDoesNotExist": "no such queue",
    "AWS.SimpleQueueService.NonExistentQueue": "no such queue",
}
# what an operation is called in a policy, where its name is another
_ACTIONS = {
    "ListObjectsV2": "s3:ListBucket",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    "AssumeRole": "sts:AssumeRole",
    "ListPublicKeys": "cloudtrail:ListPublicKeys",
    "ReceiveMessage": "sqs:ReceiveMessage",
    "DeleteMessageBatch": "sqs:DeleteMessage",
}
_RENEW = "set AWS_PROFILE or the AWS_* variables, or renew the login"


def explain(error: BotoCoreError | ClientError, where: str) -> InputError:
    """The error to raise: AccessError where no object can be read with these credentials."""
    if isinstance(error, ClientError):
        return _from_answer(error, where)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return AccessError("no AWS credentials were found", where=where, hint=_RENEW)
    if isinstance(error, (SSOTokenLoadError, UnauthorizedSSOTokenError)):
        return AccessError("the AWS login has expired", where=where, hint="run aws sso login")
    if isinstance(error, ProfileNotFound):
        hint = "see the names in ~/.aws/config"
        return AccessError("no such AWS profile", where=where, hint=hint)
    if isinstance(error, (NoConnection, HTTPClientError)):
        return InputError("the server cannot be reached", where=where, hint="check --endpoint-url")
    return InputError(f"S3 failed ({type(error).__name__})", where=where, hint="try again")


def _from_answer(error: ClientError, where: str) -> InputError:
    answer = error.response.get("Error", {})
    code, message = str(answer.get("Code", "unknown")), str(answer.get("Message", "")).lower()
    if code in _CREDENTIALS:
        return AccessError(_CREDENTIALS[code], where=where, hint=_RENEW)
    if code in _ABSENT:
        return InputError(_ABSENT[code], where=where, hint="check the name and --endpoint-url")
    if "kms" in message or code.startswith("KMS"):
        return InputError("its KMS key may not be used", where=where, hint="allow kms:Decrypt")
    if code == "InvalidObjectState":
        hint = "restore it from its archive class first"
        return InputError("it lies in an archive class such as Glacier", where=where, hint=hint)
    if code in _DENIED:
        return _denied(error.operation_name, where)
    return InputError(f"AWS answered {code}", where=where, hint="try again")


def _denied(operation: str, where: str) -> InputError:
    allow = f"allow {_ACTIONS.get(operation, operation)}"
    if operation == "AssumeRole":
        hint = f"{allow}, and let the role trust this caller"
        return AccessError("the role may not be assumed", where=where, hint=hint)
    if operation in ("ListObjectsV2", "GetObject", "HeadObject"):
        allow += "; if the bucket is of the requester-pays kind, give --requester-pays"
    return InputError("access is denied", where=where, hint=allow)

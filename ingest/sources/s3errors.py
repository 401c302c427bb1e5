"""What went wrong at S3, in one plain line that never holds a secret."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)

from stormtrail.errors import AccessError, InputError

_CREDENTIALS = {
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key does not match the access key",
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "RequestExpired": "the credentials have expired",
    "InvalidToken": "the session token is not valid",
    "InvalidClientTokenId": "the access key is not known there",
    "TokenRefreshRequired": "the credentials have expired",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "AllAccessDisabled"}
_RENEW = "set AWS_PROFILE or the AWS_* variables, or renew the login"


def explain(error: BotoCoreError | ClientError, where: str) -> InputError:
    """The error to raise: AccessError where no object can be read with these credentials."""
    if isinstance(error, ClientError):
        return _from_answer(error.response, where)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return AccessError("no AWS credentials were found", where=where, hint=_RENEW)
    if isinstance(error, (SSOTokenLoadError, UnauthorizedSSOTokenError)):
        return AccessError("the AWS login has expired", where=where, hint="run aws sso login")
    if isinstance(error, ProfileNotFound):
        hint = "see the names in ~/.aws/config"
        return AccessError("no such AWS profile", where=where, hint=hint)
    if isinstance(error, EndpointConnectionError):
        return InputError("the server cannot be reached", where=where, hint="check --endpoint-url")
    return InputError(f"S3 failed ({type(error).__name__})", where=where, hint="try again")


def _from_answer(answer: Any, where: str) -> InputError:
    code = str(answer.get("Error", {}).get("Code", "unknown"))
    message = str(answer.get("Error", {}).get("Message", "")).lower()
    if code in _CREDENTIALS:
        return AccessError(_CREDENTIALS[code], where=where, hint=_RENEW)
    if code in ("NoSuchBucket", "NoSuchKey", "404"):
        what = "no such object" if code == "NoSuchKey" else "no such bucket"
        return InputError(what, where=where, hint="check the name and --endpoint-url")
    if "kms" in message or code.startswith("KMS"):
        return InputError("its KMS key may not be used", where=where, hint="allow kms:Decrypt")
    if code in _DENIED:
        hint = "allow s3:ListBucket and s3:GetObject; for requester-pays buckets ask its owner"
        return InputError("access is denied", where=where, hint=hint)
    return InputError(f"S3 answered {code}", where=where, hint="try again")

"""AWS clients for the archive: profile, assumed role and retries in one place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError

from ingest.sources.base import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_REGION = "us-east-1"  # where no setting names one; S3 itself redirects to a bucket's own
_SESSION_NAME = "stormtrail"


def retrying(connections: int) -> Config:
    """Throttling and 5xx are tried again, ever more slowly; `connections` threads may share it."""
    return Config(
        retries={"mode": "adaptive", "max_attempts": 8},
        max_pool_connections=connections,
        # the archive's own digests prove its files; a checksum a download would prove less
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def open_session(settings: S3Settings) -> boto3.Session:
    """The person's session, or one of the role they name; raises botocore's errors.

    A role's credentials are renewed before they expire, however long the run.
    """
    own = boto3.Session(profile_name=settings.profile)
    if settings.role_arn is None:
        return own
    credentials = own.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    region = own.region_name or _REGION
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(own.client, region_name=region),
        source_credentials=credentials,
        role_arn=settings.role_arn,
        extra_args={"RoleSessionName": _SESSION_NAME},
    )
    assumed: Any = botocore.session.get_session()
    # botocore has no public way to hand a session credentials that renew themselves
    assumed._credentials = DeferredRefreshableCredentials(
        refresh_using=fetcher.fetch_credentials, method="assume-role"
    )
    return boto3.Session(botocore_session=assumed, region_name=region)


def open_client(settings: S3Settings, connections: int) -> S3Client:
    """An S3 client that `connections` threads can share; raises botocore's errors."""
    session = open_session(settings)
    return session.client(
        "s3",
        region_name=settings.region or session.region_name or _REGION,
        endpoint_url=settings.endpoint_url,
        config=retrying(connections),
    )

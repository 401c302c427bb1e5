"""Public keys from CloudTrail's own API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ingest.integrity.keys import KeyService
from ingest.sources.base import S3Settings
from ingest.sources.s3errors import explain
from ingest.sources.sessions import open_session, retrying


def key_service(settings: S3Settings) -> KeyService:
    """Keys by ListPublicKeys (permission cloudtrail:ListPublicKeys), one client a region."""
    clients: dict[str, Any] = {}

    def listing(region: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        try:
            if region not in clients:
                clients[region] = open_session(settings).client(
                    "cloudtrail", region_name=region, config=retrying(1)
                )
            pages = clients[region].get_paginator("list_public_keys")
            answers = pages.paginate(StartTime=start, EndTime=end)
            return [key for page in answers for key in page["PublicKeyList"]]
        except (BotoCoreError, ClientError) as error:
            raise explain(error, f"CloudTrail in {region}") from error

    return KeyService(listing)

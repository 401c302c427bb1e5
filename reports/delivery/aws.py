"""What the AWS targets share: a client, and an error of AWS as a delivery error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from stormtrail.errors import DeliveryError

_PASSING = {"Throttling", "ThrottlingException", "SlowDown", "ServiceUnavailable", "InternalError"}
_SERVER_ERROR = 500


def client(service: str, region: str | None = None) -> Any:
    """A client with the usual credentials; botocore retries each request by itself too.

    Endpoints other than AWS's are set as for the AWS command line (AWS_ENDPOINT_URL).
    """
    config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=10)
    session = boto3.Session()
    return session.client(service, region_name=region or session.region_name, config=config)  # type: ignore[call-overload]


@contextmanager
def explained(label: str) -> Iterator[None]:
    """Errors of AWS inside the block as one line, and whether another try may help."""
    try:
        yield
    except ClientError as error:
        problem = error.response.get("Error", {})
        code = problem.get("Code", "unknown error")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        again = code in _PASSING or status >= _SERVER_ERROR
        what = f"{code}: {problem.get('Message', '')}"
        raise DeliveryError(what, where=label, hint="check its permissions", again=again) from error
    except NoCredentialsError as error:
        hint = "set AWS_PROFILE or give the machine a role"
        raise DeliveryError("no AWS credentials", where=label, hint=hint, again=False) from error
    except (BotoCoreError, ValueError) as error:
        raise DeliveryError(str(error), where=label) from error

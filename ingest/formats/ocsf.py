"""Amazon Security Lake: OCSF 1.0.0-rc.2 (source version 1) and 1.1.0 (source version 2)."""

from __future__ import annotations

from typing import Any

from ingest.changes import CATEGORIES
from ingest.formats.base import Row, present, time_text
from ingest.formats.flat import _parsed
from ingest.identity import member
from ingest.schema import BOOLEAN_FIELDS


class SecurityLake:
    """Rows in the Open Cybersecurity Schema; both versions that Security Lake has written."""

    name = "Amazon Security Lake"
    missing = ("userIdentity.inScopeOf", "tlsDetails")

    def matches(self, columns: frozenset[str]) -> bool:
        """Whether the columns are those of an API activity."""
        return columns >= {"api", "metadata", "actor", "classuid"}

    def record(self, row: Row) -> dict[str, Any]:
        """The record of a row: what is mapped, over what the row keeps in `unmapped`."""
        row = dict(row)
        record: dict[str, Any] = _over(_unmapped(row.get("unmapped")), _mapped(row))
        record.setdefault("recipientAccountId", _account(row))
        return present(record)


def _over(kept: Any, mapped: Any) -> Any:
    """What is mapped, with what was kept beside it at any depth: of a role's session Security Lake maps the ARN
    alone."""
    if not (isinstance(kept, dict) and isinstance(mapped, dict)):
        return mapped
    return kept | {
        name: _over(kept[name], value) if name in kept else value for name, value in mapped.items()
    }


def _mapped(row: dict[str, Any]) -> dict[str, Any]:
    api, metadata = row.get("api"), row.get("metadata")
    category = member(metadata, "product", "feature", "name")
    return present(
        {
            "eventVersion": member(metadata, "product", "version"),
            "eventID": member(metadata, "uid"),
            "eventType": member(metadata, "event_code"),
            "eventCategory": category if category in CATEGORIES else None,
            "eventTime": time_text(row.get("time_dt") or row.get("time")),
            "eventSource": member(api, "service", "name"),
            "eventName": member(api, "operation"),
            "apiVersion": member(api, "version"),
            "requestID": member(api, "request", "uid"),
            "requestParameters": _data(member(api, "request", "data")),
            "responseElements": _data(member(api, "response", "data")),
            "errorCode": member(api, "response", "error"),
            "errorMessage": member(api, "response", "message"),
            "awsRegion": member(row, "cloud", "region"),
            "sourceIPAddress": _first(row, "src_endpoint", ("ip", "domain", "svc_name")),
            "vpcEndpointId": member(row, "src_endpoint", "uid"),
            "userAgent": member(row, "http_request", "user_agent"),
            "userIdentity": _identity(row.get("actor")),
            "resources": _resources(row.get("resources")),
        }
    )


def _data(value: Any) -> Any:
    return _parsed(value) if isinstance(value, str) else value


def _first(row: dict[str, Any], group: str, names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := member(row, group, name))), None)


def _identity(actor: Any) -> dict[str, Any] | None:
    user, session = member(actor, "user"), member(actor, "session")
    if not isinstance(user, dict):
        return None
    # Version 1 has the ARN in uuid and the principal in uid, version 2 in uid and uid_alt.
    first = "uuid" in user
    issuer = member(session, "issuer")
    created = member(session, "created_time_dt") or member(session, "created_time")
    mfa = member(session, "is_mfa") if not first else member(session, "mfa")
    attributes = present(
        {
            "creationDate": time_text(created) if created else None,
            "mfaAuthenticated": None if mfa is None else str(mfa).lower(),
        }
    )
    context = present(
        {
            "sessionIssuer": {"arn": issuer} if issuer else None,
            "attributes": attributes or None,
        }
    )
    return present(
        {
            "type": user.get("type"),
            "principalId": user.get("uid") if first else user.get("uid_alt"),
            "arn": user.get("uuid") if first else user.get("uid"),
            "accountId": user.get("account_uid") or member(user, "account", "uid"),
            "accessKeyId": user.get("credential_uid"),
            "userName": user.get("name"),
            "invokedBy": member(actor, "invoked_by"),
            "sessionContext": context or None,
        }
    )


def _resources(resources: Any) -> list[dict[str, Any]] | None:
    if not isinstance(resources, list):
        return None
    return [
        present(
            {
                "ARN": member(resource, "uid"),
                "accountId": member(resource, "account_uid")
                or member(resource, "owner", "account", "uid"),
                "type": member(resource, "type"),
            }
        )
        for resource in resources
    ]


def _unmapped(value: Any) -> dict[str, Any]:
    """Fields that have no place in the schema, under dotted names and all as text."""
    if isinstance(value, str):
        value = _parsed(value)
    members = dict(value) if isinstance(value, (dict, list)) else {}
    record: dict[str, Any] = {}
    for path, text in members.items():
        *folders, name = str(path).split(".")
        place = record
        for folder in folders:
            inner = place.setdefault(folder, {})
            place = inner if isinstance(inner, dict) else {}
        place[_spelling(name, folders)] = _typed(name, text)
    return record


def _spelling(name: str, folders: list[str]) -> str:
    return "sharedEventID" if not folders and name == "sharedEventId" else name


def _typed(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in BOOLEAN_FIELDS.values() and value in ("true", "false"):
        return value == "true"
    return _parsed(value) if value[:1] in ("{", "[") else value


def _account(row: dict[str, Any]) -> Any:
    columns = (row.get("accountid"), row.get("accountId"))
    cloud = (member(row, "cloud", "account", "uid"), member(row, "cloud", "account_uid"))
    return next((value for value in (*columns, *cloud) if value), None)

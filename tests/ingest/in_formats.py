"""Writes records in the other formats that archives come in, as their writers do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Record = dict[str, Any]

_TEXT = pa.string()
_IDENTITY = (
    ("type", "principalid", "arn", "accountid", "invokedby", "accesskeyid", "username"),
    ("type", "principalid", "arn", "accountid", "username"),
)
_ATHENA_IDENTITY = pa.struct(
    [
        *((name, _TEXT) for name in _IDENTITY[0]),
        (
            "sessioncontext",
            pa.struct(
                [
                    (
                        "attributes",
                        pa.struct([("mfaauthenticated", _TEXT), ("creationdate", _TEXT)]),
                    ),
                    ("sessionissuer", pa.struct([(name, _TEXT) for name in _IDENTITY[1]])),
                    ("ec2roledelivery", _TEXT),
                ]
            ),
        ),
    ]
)
_ATHENA_TEXTS = [
    "eventVersion",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestID",
    "eventID",
    "eventType",
    "apiVersion",
    "recipientAccountId",
    "sharedEventID",
    "vpcEndpointId",
    "eventCategory",
]
_JSON_TEXTS = ("requestParameters", "responseElements", "additionalEventData")


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _parquet(rows: Sequence[Record], schema: Any = None) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer)
    return buffer.getvalue()


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lowered(item) for name, item in value.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def athena(records: Sequence[Record]) -> bytes:
    """The table of Athena's documentation, stored as Parquet."""
    resource = pa.struct([("arn", _TEXT), ("accountid", _TEXT), ("type", _TEXT)])
    schema = pa.schema(
        [
            ("useridentity", _ATHENA_IDENTITY),
            *((name.lower(), _TEXT) for name in (*_ATHENA_TEXTS, *_JSON_TEXTS, "readonly")),
            ("resources", pa.list_(resource)),
        ]
    )
    return _parquet([_athena_row(record) for record in records], schema)


def _athena_row(record: Record) -> Record:
    row = {name.lower(): record.get(name) for name in _ATHENA_TEXTS}
    row |= {name.lower(): _json(record.get(name)) for name in _JSON_TEXTS}
    row["readonly"] = _json(record.get("readOnly"))
    row["useridentity"] = _lowered(record.get("userIdentity"))
    row["resources"] = _lowered(record.get("resources"))
    return row


def tailpipe(records: Sequence[Record]) -> bytes:
    """Tailpipe's aws_cloudtrail_log: snake_case, JSON columns, a timestamp."""
    return _parquet([_tailpipe_row(record) for record in records])


def _snake(name: str) -> str:
    name = name.replace("IPA", "IpA").replace("ID", "Id")
    return "".join("_" + sign.lower() if sign.isupper() else sign for sign in name)


def _tailpipe_row(record: Record) -> Record:
    row = {_snake(name): record.get(name) for name in _ATHENA_TEXTS}
    time = datetime.fromisoformat(record["eventTime"])
    jsons = (*_JSON_TEXTS, "userIdentity", "resources", "tlsDetails")
    row |= {_snake(name): _json(record.get(name)) for name in jsons}
    row |= {"event_time": time, "tp_timestamp": time, "tp_id": record["eventID"]}
    row |= {"read_only": record.get("readOnly"), "management_event": record.get("managementEvent")}
    return row


def camel_case(records: Sequence[Record]) -> bytes:
    """Fields as columns under their own names, structures as JSON."""
    names = sorted({name for record in records for name in record})
    return _parquet([{name: _camel(record.get(name)) for name in names} for record in records])


def _camel(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def lake_csv(records: Sequence[Record]) -> bytes:
    """What `select *` of CloudTrail Lake exports: structures as text that quotes nothing."""
    names = ("userIdentity", *_ATHENA_TEXTS, *_JSON_TEXTS, "resources", "readOnly")
    text = io.StringIO()
    writer = csv.DictWriter(text, [*names, "managementEvent"], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for record in records:
        cells = {name: _cell(record.get(name)) for name in (*names, "managementEvent")}
        time = datetime.fromisoformat(record["eventTime"])
        cells["eventTime"] = time.strftime("%Y-%m-%d %H:%M:%S.000")
        cells |= {name: _map_text(record.get(name)) for name in _JSON_TEXTS}
        writer.writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _struct_text(_lowered(value)) if isinstance(value, (dict, list)) else str(value)


def _struct_text(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{name}={_struct_text(item)}" for name, item in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_struct_text, value)) + "]"
    return "null" if value is None else str(value)


def _map_text(value: Any) -> str:
    if value is None:
        return ""
    plain = {k: json.dumps(v) if isinstance(v, (dict, list)) else v for k, v in value.items()}
    return _struct_text(plain)


def security_lake_1(records: Sequence[Record]) -> bytes:
    """OCSF 1.0.0-rc.2."""
    return _parquet([_ocsf(record, first=True) for record in records])


def security_lake_2(records: Sequence[Record]) -> bytes:
    """OCSF 1.1.0."""
    return _parquet([_ocsf(record, first=False) for record in records])


def _ocsf(record: Record, *, first: bool) -> Record:
    time = datetime.fromisoformat(record["eventTime"])
    service = record["sourceIPAddress"].endswith(".com")
    row = {
        "metadata": {
            "uid": record["eventID"],
            "version": "1.0.0-rc.2" if first else "1.1.0",
            "product": {
                "name": "CloudTrail",
                "version": record["eventVersion"],
                "feature": {"name": record.get("eventCategory")},
            },
            "event_code": None if first else record.get("eventType"),
        },
        "time": int(time.timestamp() * 1000),
        "class_uid": 3005 if first else 6003,
        "cloud": {"region": record["awsRegion"], "provider": "AWS"},
        "api": _api(record, first=first),
        "actor": _actor(record["userIdentity"], first=first),
        "src_endpoint": {
            "ip": None if service else record["sourceIPAddress"],
            "domain": record["sourceIPAddress"] if service else None,
            "uid": record.get("vpcEndpointId"),
        },
        "http_request": {"user_agent": record.get("userAgent")},
        "resources": [_resource(item, first=first) for item in record.get("resources") or ()],
        "unmapped": json.dumps(_dotted(record, first=first)),
        "accountid": record["recipientAccountId"],
        "region": record["awsRegion"],
    }
    return row if first else row | {"time_dt": time.astimezone(UTC)}


def _api(record: Record, *, first: bool) -> Record:
    answer = {"error": record.get("errorCode"), "message": record.get("errorMessage")}
    request = {"uid": record.get("requestID")}
    if not first:
        answer["data"] = _json(record.get("responseElements"))
        request["data"] = _json(record.get("requestParameters"))
    return {
        "operation": record["eventName"],
        "version": record.get("apiVersion"),
        "service": {"name": record["eventSource"]},
        "request": request,
        "response": answer,
    }


def _actor(identity: Record, *, first: bool) -> Record:
    context = identity.get("sessionContext", {})
    account = identity.get("accountId")
    user = {
        "type": identity.get("type"),
        "name": identity.get("userName"),
        "credential_uid": identity.get("accessKeyId"),
    }
    principal, arn = identity.get("principalId"), identity.get("arn")
    if first:
        user |= {"uid": principal, "uuid": arn, "account_uid": account}
    else:
        user |= {"uid": arn, "uid_alt": principal, "account": {"uid": account}}
    issuer = context.get("sessionIssuer", {}).get("arn")
    session = {"issuer": issuer, "mfa" if first else "is_mfa": False}
    return {"user": user, "session": session, "invoked_by": identity.get("invokedBy")}


def _resource(resource: Record, *, first: bool) -> Record:
    account = resource.get("accountId")
    owner = {"account_uid": account} if first else {"owner": {"account": {"uid": account}}}
    return {"uid": resource.get("ARN"), "type": resource.get("type")} | owner


_UNMAPPED = ("readOnly", "managementEvent", "recipientAccountId", "sharedEventID")


def _dotted(record: Record, *, first: bool) -> dict[str, str]:
    """What the schema has no place for: dotted names, every value a text."""
    kept = {name: record[name] for name in _UNMAPPED if name in record}
    deep = ("additionalEventData", *(("requestParameters", "responseElements") if first else ()))
    for field in deep:
        kept |= {f"{field}.{name}": item for name, item in (record.get(field) or {}).items()}
    issuer = record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    path = "userIdentity.sessionContext.sessionIssuer"
    kept |= {f"{path}.{name}": item for name, item in issuer.items() if name != "arn"}
    return {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in kept.items()
    }


FORMATS: dict[str, Callable[[Sequence[Record]], bytes]] = {
    "athena.parquet": athena,
    "tailpipe.parquet": tailpipe,
    "camel.parquet": camel_case,
    "lake.csv": lake_csv,
    "security_lake_1.parquet": security_lake_1,
    "security_lake_2.parquet": security_lake_2,
}

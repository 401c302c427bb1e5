"""The columns of `events`: name, type and meaning (docs/architecture.md holds the same table)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column of `events`: `name`, Arrow `type`, and what it means in one line."""

    name: str
    type: Any
    meaning: str


TEXT = pa.string()
BOOLEAN = pa.bool_()
INTEGER = pa.int32()
TIME = pa.timestamp("us")

TEXT_FIELDS: dict[str, str] = {
    "event_id": "eventID",
    "event_version": "eventVersion",
    "event_source": "eventSource",
    "event_name": "eventName",
    "event_type": "eventType",
    "event_category": "eventCategory",
    "aws_region": "awsRegion",
    "source_ip_address": "sourceIPAddress",
    "user_agent": "userAgent",
    "error_code": "errorCode",
    "error_message": "errorMessage",
    "request_id": "requestID",
    "shared_event_id": "sharedEventID",
    "recipient_account_id": "recipientAccountId",
    "api_version": "apiVersion",
    "vpc_endpoint_id": "vpcEndpointId",
}
"""Column -> record field, for fields that are usually a string."""

TIME_FIELD = "eventTime"

BOOLEAN_FIELDS: dict[str, str] = {"read_only": "readOnly", "management_event": "managementEvent"}
"""Column -> record field, for fields that are usually true or false."""

JSON_FIELDS: dict[str, str] = {
    "user_identity": "userIdentity",
    "request_parameters": "requestParameters",
    "response_elements": "responseElements",
    "additional_event_data": "additionalEventData",
    "resources": "resources",
    "tls_details": "tlsDetails",
    "service_event_details": "serviceEventDetails",
}
"""Column -> record field, for fields kept as the JSON text that was received."""

_RECEIVED = (
    Column("event_id", TEXT, "Unique id of the entry, with recipient_account_id."),
    Column("event_version", TEXT, "Version of the record format, 1.0 to 1.11."),
    Column("event_source", TEXT, "The service that was called, e.g. lambda.amazonaws.com."),
    Column("event_name", TEXT, "The call, e.g. Invoke."),
    Column("event_type", TEXT, "AwsApiCall, AwsServiceEvent, AwsConsoleSignIn, ..."),
    Column("event_category", TEXT, "Management, Data, Insight, ... as received; see category."),
    Column("aws_region", TEXT, "Region of the call."),
    Column("source_ip_address", TEXT, "Address or host name of the caller; caller-made text."),
    Column("user_agent", TEXT, "What the caller called itself; caller-made text."),
    Column("error_code", TEXT, "The service's error, where the call failed."),
    Column("error_message", TEXT, "The error in words; can occur without error_code."),
    Column("request_id", TEXT, "Id of the request; a run's records share one."),
    Column("shared_event_id", TEXT, "Id shared by copies of one entry in several accounts."),
    Column("recipient_account_id", TEXT, "Account whose trail received the entry."),
    Column("api_version", TEXT, "Version of the API that was called."),
    Column("vpc_endpoint_id", TEXT, "VPC endpoint that the call came through."),
    Column("event_time", TIME, "When the call was made, UTC."),
    Column("read_only", BOOLEAN, "Whether the call reads only."),
    Column("management_event", BOOLEAN, "Whether the entry is a management event, as received."),
    Column("user_identity", TEXT, "JSON: who called."),
    Column("request_parameters", TEXT, "JSON: parameters of the call; the text null if null."),
    Column("response_elements", TEXT, "JSON: the answer to the call; the text null if null."),
    Column("additional_event_data", TEXT, "JSON: what the service adds."),
    Column("resources", TEXT, "JSON list: resources the call touched."),
    Column("tls_details", TEXT, "JSON: TLS version, cipher and host name of the call."),
    Column("service_event_details", TEXT, "JSON: details of an event made by a service."),
    Column("extra", TEXT, "JSON object of every other field, and of fields of unusual type."),
)

_DERIVED = (
    Column("identity_type", TEXT, "userIdentity.type: AssumedRole, AWSService, IAMUser, ..."),
    Column("identity_arn", TEXT, "userIdentity.arn."),
    Column("identity_account_id", TEXT, "userIdentity.accountId."),
    Column("identity_user_name", TEXT, "userIdentity.userName."),
    Column("access_key_id", TEXT, "userIdentity.accessKeyId."),
    Column("invoked_by", TEXT, "userIdentity.invokedBy: the AWS service that called."),
    Column("role_arn", TEXT, "userIdentity.sessionContext.sessionIssuer.arn."),
    Column(
        "session_name",
        TEXT,
        "Role session name: last part of an assumed-role ARN, or of another account's role principal id.",
    ),
    Column("account_id", TEXT, "Recipient account, else the caller's, else the object key's."),
    Column("category", TEXT, "Management, Data, Insight or NetworkActivity; worked out if absent."),
    Column("function_arn", TEXT, "Run records: unqualified ARN of the Lambda function."),
    Column("function_version", TEXT, "Run records: version that ran, or $LATEST."),
    Column("invocation_type", TEXT, "Run records: RequestResponse, Event or DryRun."),
    Column("run_id", TEXT, "Run records: id that all records of one run share."),
    Column(
        "outcome",
        TEXT,
        "Run records: executed, dry_run, accepted, throttled, unreachable or failed; "
        "null before 2022 where the record cannot tell.",
    ),
    Column("code_ran", BOOLEAN, "Run records: whether the function's code ran."),
    Column("trigger_kind", TEXT, "Run records except InvokeExecution: what started the run."),
    Column("trigger_arn", TEXT, "ARN of what started the run; log groups without :*."),
    Column("trigger_account", TEXT, "Account of what started the run."),
    Column("caller_function_arn", TEXT, "Unqualified ARN of the function whose code called."),
    Column("bucket_name", TEXT, "S3 data events: the bucket."),
    Column("object_key", TEXT, "S3 data events: the object's key."),
    Column("issued_access_key_id", TEXT, "AssumeRole*: access key id of the new session."),
    Column("issued_session", TEXT, "AssumeRole*: name of the new session."),
    Column("configuration_change", BOOLEAN, "A call that can build or close a loop."),
)

_ORIGIN = (
    Column("source_id", INTEGER, "The file it came from: sources.id in the ledger."),
    Column("record_index", INTEGER, "Position in that file, from 0."),
)

ORIGIN = frozenset(column.name for column in _ORIGIN)
"""Columns that say where a row came from, and nothing of the record."""

COLUMNS: tuple[Column, ...] = _RECEIVED + _DERIVED + _ORIGIN
"""Every column of `events`, in file order."""

SCHEMA: Any = pa.schema([pa.field(column.name, column.type) for column in COLUMNS])
"""Arrow schema of an event file."""

SELDOM_EQUAL = frozenset(
    ["event_id", "request_id", "run_id", "shared_event_id", "object_key", "extra"]
)
"""Text columns in which a dictionary would be as long as the column."""

CODED = pa.dictionary(INTEGER, TEXT)
"""Type of a text column whose values repeat, until it is written: each value once."""

ROWS: Any = pa.schema(
    [
        pa.field(column.name, CODED if column.type == TEXT else column.type)
        if column.name not in SELDOM_EQUAL
        else pa.field(column.name, column.type)
        for column in COLUMNS
    ]
)
"""Arrow schema of rows on their way to an event file, which they become `SCHEMA` in."""

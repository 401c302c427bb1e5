"""Which calls can build or close a loop (DOMAIN section 5), and which calls are data events."""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"(?<=[a-zA-Z])\d{8}(v\d+)?$", re.ASCII)

CHANGES: dict[str, frozenset[str]] = {
    "cloudtrail.amazonaws.com": frozenset(
        [
            "CreateTrail",
            "UpdateTrail",
            "PutEventSelectors",
            "StartLogging",
            "StopLogging",
            "DeleteTrail",
        ]
    ),
    "logs.amazonaws.com": frozenset(
        [
            "PutSubscriptionFilter",
            "DeleteSubscriptionFilter",
            "DeleteLogGroup",
            "PutDestination",
            "DeleteDestination",
            "PutAccountPolicy",
            "DeleteAccountPolicy",
        ]
    ),
    "lambda.amazonaws.com": frozenset(
        [
            "CreateEventSourceMapping",
            "UpdateEventSourceMapping",
            "DeleteEventSourceMapping",
            "AddPermission",
            "RemovePermission",
            "CreateFunction",
            "UpdateFunctionConfiguration",
            "UpdateFunctionCode",
            "DeleteFunction",
        ]
    ),
    "s3.amazonaws.com": frozenset(
        ["PutBucketNotification", "PutBucketNotificationConfiguration"],
    ),
    "events.amazonaws.com": frozenset(
        ["PutRule", "DeleteRule", "EnableRule", "DisableRule", "PutTargets", "RemoveTargets"]
    ),
    "sns.amazonaws.com": frozenset(["Subscribe", "Unsubscribe", "DeleteTopic"]),
    "firehose.amazonaws.com": frozenset(
        ["CreateDeliveryStream", "UpdateDestination", "DeleteDeliveryStream"]
    ),
}
"""Calls by service, without the date that Lambda puts behind its names."""

_S3_DATA = re.compile(
    r"(Get|Put|Head|Delete|Copy|List|Post|Select|Restore|Rename)(Deleted)?"
    r"(Object|Objects|ObjectAcl|ObjectTagging|ObjectVersions|Parts|ObjectTorrent|ObjectContent"
    r"|ObjectAttributes|ObjectLegalHold|ObjectRetention)|UploadPart|UploadPartCopy"
    r"|CreateMultipartUpload|CompleteMultipartUpload|AbortMultipartUpload|WriteGetObjectResponse"
)
_DYNAMODB_DATA = re.compile(
    r"(Batch)?(Get|Put|Update|Delete|Write)Items?|Query|Scan|Transact(Get|Write)Items|GetRecords"
    r"|GetShardIterator|(Batch)?ExecuteStatement|ExecuteTransaction"
)
_DATA_CALLS = {
    "s3.amazonaws.com": _S3_DATA,
    "lambda.amazonaws.com": re.compile(r"Invoke.*"),
    "dynamodb.amazonaws.com": _DYNAMODB_DATA,
    "kinesis.amazonaws.com": re.compile(
        r"PutRecords?|GetRecords|GetShardIterator|SubscribeToShard"
    ),
    "sqs.amazonaws.com": re.compile(
        r"(Send|Receive|Delete)Message(Batch)?|ChangeMessageVisibility(Batch)?"
    ),
    "sns.amazonaws.com": re.compile(r"Publish(Batch)?"),
}
CATEGORIES = frozenset(["Management", "Data", "Insight", "NetworkActivity"])


def base_name(event_name: str) -> str:
    """The name without Lambda's date: `CreateFunction20150331` -> `CreateFunction`."""
    return _SUFFIX.sub("", event_name)


def is_change(event_source: str | None, event_name: str | None) -> bool:
    """Whether the call can build or close a loop."""
    names = CHANGES.get(event_source or "", frozenset())
    return event_name is not None and base_name(event_name) in names


def category_of(
    received: str | None, management: bool | None, event_source: str | None, event_name: str | None
) -> str:
    """Category as received, else from managementEvent, else by the call's name."""
    if received in CATEGORIES:
        return str(received)
    if management is not None:
        return "Management" if management else "Data"
    calls = _DATA_CALLS.get(event_source or "")
    return "Data" if calls and calls.fullmatch(event_name or "") else "Management"

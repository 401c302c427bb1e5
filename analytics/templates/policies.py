"""Least-privilege policies of a plan, as IAM documents with ARNs written out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from analytics.templates.spec import Reader, StreamPlan

Document = dict[str, Any]
VERSION = "2012-10-17"

READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)


def document(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def allow(actions: Sequence[str], resource: str | list[str], **more: Any) -> Document:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def writer_trust(plan: StreamPlan) -> Document:
    """Who may take the role that writes to the stream: the service, on behalf of what feeds it only."""
    logs = plan.kind == "cloudwatch_logs"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.amazonaws.com" if logs else "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": _of_senders(plan) if logs else _of_rule(plan),
    }
    return document(statement)


def _of_senders(plan: StreamPlan) -> Document:
    """CloudWatch Logs delivers on the sender's behalf, and tests the Destination on its owner's."""
    accounts = _trusted(plan)
    arns = [f"arn:{plan.partition}:logs:{plan.region}:{account}:*" for account in accounts]
    return {"StringLike": {"aws:SourceArn": arns}}


def _of_rule(plan: StreamPlan) -> Document:
    return {
        "StringEquals": {"aws:SourceAccount": plan.account},
        "ArnEquals": {"aws:SourceArn": plan.rule_arn},
    }


def writer(plan: StreamPlan) -> Document:
    """Writing to this one stream."""
    logs = plan.kind == "cloudwatch_logs"
    actions = ["kinesis:PutRecord"] if logs else ["kinesis:PutRecord", "kinesis:PutRecords"]
    return document(allow(actions, plan.stream_arn))


def destination(plan: StreamPlan) -> str:
    """JSON text: which accounts may subscribe their log groups to the Destination."""
    subscribe = allow(["logs:PutSubscriptionFilter"], plan.destination_arn)
    statements = [{**subscribe, "Principal": {"AWS": list(plan.senders)}}]
    if plan.organization:
        condition = {"StringEquals": {"aws:PrincipalOrgID": [plan.organization]}}
        statements.append({**subscribe, "Principal": "*", "Condition": condition})
    return json.dumps(document(*statements), sort_keys=True)


def reader(plan: StreamPlan, function: Reader) -> Document:
    """What the function's role needs more: reading the stream, and leaving failed batches."""
    return document(
        allow(READ_STREAM, plan.stream_arn),
        allow(["sqs:SendMessage"], plan.queue_arn(function)),
    )


def _trusted(plan: StreamPlan) -> list[str]:
    """Accounts whose CloudWatch Logs writes through the Destination; its own account always."""
    if plan.organization:
        return ["*"]
    return sorted({plan.account, *plan.senders})

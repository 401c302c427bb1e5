"""From the answers of AWS to links: pure functions, one for each kind of answer.

Source: the API references of CloudTrail, CloudWatch Logs, Lambda, S3, EventBridge, SNS and Data Firehose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from ingest.topology.criteria import excepted, of_files
from ingest.topology.document import Link, Told, Trail, node

Answer = Mapping[str, Any]

_OFF = {"Disabled", "Disabling", "Deleting"}
_LAMBDA = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+")


def of_trail(answer: Answer, told: Told) -> Iterator[Link]:
    """Where a trail of DescribeTrails writes: log group, bucket, topic."""
    arn = answer["TrailARN"]
    bucket = answer.get("S3BucketName")
    targets = (
        answer.get("CloudWatchLogsLogGroupArn"),
        f"arn:{partition(arn)}:s3:::{bucket}" if bucket else None,
        answer.get("SnsTopicARN"),
    )
    return (_link(arn, target, told) for target in targets if target)


def trail(answer: Answer, chosen: Answer, told: Told) -> Trail:
    """A trail of DescribeTrails with what GetEventSelectors says (nothing, where it was denied)."""
    arn = answer["TrailARN"]
    return Trail(
        arn=arn,
        account=arn.split(":")[4],
        region=answer.get("HomeRegion") or arn.split(":")[3],
        organization=bool(answer.get("IsOrganizationTrail")),
        multi_region=bool(answer.get("IsMultiRegionTrail")),
        event_selectors=chosen.get("EventSelectors") or None,
        advanced_event_selectors=chosen.get("AdvancedEventSelectors") or None,
        told=told,
    )


def of_subscriptions(group: str, answers: Iterable[Answer], told: Told) -> Iterator[Link]:
    """What the subscription filters of a log group (its ARN) start."""
    return (
        _link(group, answer["destinationArn"], told, pattern=answer.get("filterPattern") or None)
        for answer in answers
    )


def of_account_policy(answer: Answer, groups: Iterable[str], told: Told) -> Iterator[Link]:
    """What an account's subscription policy starts: of all groups, and of each of `groups` it covers."""
    document = _object(answer.get("policyDocument"))
    target = document.get("DestinationArn")
    if not isinstance(target, str):
        return
    pattern = document.get("FilterPattern") or None
    left_out = excepted(answer.get("selectionCriteria"))
    place = f"arn:{partition(target)}:logs:{told.region}:{answer.get('accountId') or told.account}"
    every = _link(f"{place}:log-group:*", target, told, pattern=pattern)
    yield structs.replace(every, excepted=tuple(sorted(left_out)))
    for group in groups:
        if group.split(":log-group:", 1)[-1] not in left_out:
            yield _link(group, target, told, pattern=pattern)


def of_destination(answer: Answer, told: Told) -> Link:
    """The stream behind a CloudWatch Logs destination."""
    return _link(answer["arn"], answer["targetArn"], told)


def of_mapping(answer: Answer, told: Told) -> Iterator[Link]:
    """The function that an enabled event source mapping starts; none for brokers without an ARN."""
    source, target = answer.get("EventSourceArn"), answer.get("FunctionArn")
    if source and target and answer.get("State") not in _OFF:
        yield _link(source, target, told, batch_size=answer.get("BatchSize"))


def of_bucket(bucket: str, answer: Answer, told: Told) -> Iterator[Link]:
    """What the notifications of a bucket (its ARN) start or fill, with what their prefix asks of the entries."""
    for listed, key in (
        ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "TopicArn"),
    ):
        items = answer.get(listed, ())
        for target in dict.fromkeys(item[key] for item in items):
            asked = {of_files(item.get("Filter")) for item in items if item[key] == target}
            yield _link(bucket, target, told, pattern=asked.pop() if len(asked) == 1 else None)


def of_rule(rule: Answer, targets: Iterable[Answer], told: Told) -> Iterator[Link]:
    """The targets of a rule, with its pattern."""
    pattern = rule.get("EventPattern")
    return (_link(rule["Arn"], target["Arn"], told, pattern=pattern) for target in targets)


def of_topic(topic: str, answers: Iterable[Answer], told: Told) -> Iterator[Link]:
    """The functions, queues and streams that are subscribed, and confirmed, to a topic."""
    for answer in answers:
        confirmed = str(answer.get("SubscriptionArn")).startswith("arn:")
        endpoint = str(answer.get("Endpoint"))
        if confirmed and endpoint.startswith("arn:"):
            yield _link(topic, endpoint, told)


def of_delivery_stream(answer: Answer, told: Told) -> Iterator[Link]:
    """The Kinesis stream that fills a delivery stream, the functions that transform it, its buckets."""
    arn = answer["DeliveryStreamARN"]
    source = answer.get("Source", {}).get("KinesisStreamSourceDescription", {})
    if "KinesisStreamARN" in source:
        yield _link(source["KinesisStreamARN"], arn, told)
    destinations = answer.get("Destinations", [])
    for target in sorted(set(_LAMBDA.findall(json.dumps(destinations, default=str)))):
        yield _link(arn, target, told)
    for item in destinations:
        bucket = item.get("ExtendedS3DestinationDescription", {}).get("BucketARN")
        if bucket:
            yield _link(arn, bucket, told)


def reads_cloudtrail(rule: Answer) -> bool:
    """Whether an enabled rule asks for what CloudTrail records.

    A pattern that names no detail-type counts only if it looks into an API call's own fields.
    """
    pattern = _object(rule.get("EventPattern"))
    if rule.get("State") == "DISABLED":
        return False
    if "detail-type" in pattern:
        return "via CloudTrail" in json.dumps(pattern["detail-type"])
    detail = pattern.get("detail")
    return isinstance(detail, dict) and ("eventSource" in detail or "eventName" in detail)


def partition(arn: str) -> str:
    """The partition of an ARN, as `aws` or `aws-cn`."""
    return arn.split(":", 2)[1]


def _link(
    source: str,
    target: str,
    told: Told,
    *,
    pattern: str | None = None,
    batch_size: int | None = None,
) -> Link:
    return Link(
        source=node(source), target=node(target), pattern=pattern, batch_size=batch_size, told=told
    )


def _object(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

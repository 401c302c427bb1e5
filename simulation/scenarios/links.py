"""Changes that link log groups, buckets, topics, queues, rules and functions."""

from __future__ import annotations

import json

from simulation.organization import Actor, Change, Function, LogSource, Trail
from simulation.scenarios.changes import Fields, new_function, put_selectors


def _short(arn: str) -> str:
    return arn.split(":", 6)[6]


def subscribe(
    source: LogSource | str, destination: str, hour: float, actor: Actor, *,
    closes: str | None = None, error: str | None = None, name: str = "forward",
) -> Change:  # fmt: skip
    """PutSubscriptionFilter of a log group (a source, or an ARN) towards a destination's ARN."""
    arn = source if isinstance(source, str) else source.arn
    region, account = arn.split(":")[3:5]
    parameters: Fields = {
        "logGroupName": _short(arn),
        "filterName": name,
        "filterPattern": "" if isinstance(source, str) else _pattern(source),
        "destinationArn": destination,
    }
    return Change(
        hour, "logs.amazonaws.com", "PutSubscriptionFilter", account, region, actor, parameters,
        None, error, closes,
    )  # fmt: skip


def _pattern(source: LogSource) -> str:
    """What keeps the entries of the source's services alone."""
    asked = " || ".join(f'($.eventSource = "{service}")' for service in sorted(source.only or ()))
    return f"{{ {asked} }}" if asked else ""


def unsubscribe(arn: str, hour: float, actor: Actor, *, name: str = "forward") -> Change:
    """DeleteSubscriptionFilter of a log group."""
    region, account = arn.split(":")[3:5]
    parameters: Fields = {"logGroupName": _short(arn), "filterName": name}
    return Change(
        hour, "logs.amazonaws.com", "DeleteSubscriptionFilter", account, region, actor, parameters
    )


def map_events(
    arn: str, function: Function, hour: float, actor: Actor, *,
    size: int, window: float, closes: str | None = None,
) -> Change:  # fmt: skip
    """CreateEventSourceMapping20150331 of a queue or stream."""
    parameters: Fields = {
        "eventSourceArn": arn,
        "functionName": function.name,
        "enabled": True,
        "batchSize": size,
        "maximumBatchingWindowInSeconds": int(window),
    }
    response = parameters | {"functionArn": function.arn, "uUID": _uuid(arn), "state": "Creating"}
    return Change(
        hour, "lambda.amazonaws.com", "CreateEventSourceMapping20150331", function.account,
        function.region, actor, parameters, response, None, closes,
    )  # fmt: skip


def _uuid(text: str) -> str:
    digits = text.encode().hex().ljust(32, "0")[-32:]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def destination(
    name: str, stream: str, account: str, region: str, hour: float, actor: Actor
) -> Change:
    """PutDestination: what a subscription filter names, before a stream."""
    arn = f"arn:aws:logs:{region}:{account}:destination:{name}"
    parameters: Fields = {
        "destinationName": name,
        "targetArn": stream,
        "roleArn": f"arn:aws:iam::{account}:role/{name}-role",
    }
    response: Fields = {"destination": parameters | {"arn": arn}}
    return Change(
        hour, "logs.amazonaws.com", "PutDestination", account, region, actor, parameters, response
    )


def notify(
    bucket: str, account: str, region: str, target: str, hour: float, actor: Actor, *,
    variant: int = 0, closes: str | None = None,
) -> Change:  # fmt: skip
    """PutBucketNotification towards a function, queue or topic, by the target's ARN.

    `variant` picks among the spellings that occur: one object or an array, the function's element
    by its old or its new name, the configuration's with a small or a capital letter.
    """
    new, array, capital = variant & 1, variant & 2, variant & 4
    outer, inner = {
        "lambda": (
            "LambdaFunctionConfiguration" if new else "CloudFunctionConfiguration",
            "CloudFunction",
        ),
        "sqs": ("QueueConfiguration", "Queue"),
        "sns": ("TopicConfiguration", "Topic"),
    }[target.split(":")[2]]
    item = {"Id": "new-files", inner: target, "Event": "s3:ObjectCreated:*"}
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    name = "NotificationConfiguration" if capital else "notificationConfiguration"
    parameters: Fields = {
        "bucketName": bucket,
        "Host": f"{bucket}.s3.amazonaws.com",
        "notification": "",
        name: {"xmlns": space, outer: [item] if array else item},
    }
    return Change(
        hour, "s3.amazonaws.com", "PutBucketNotification", account, region, actor, parameters, None,
        None, closes,
    )  # fmt: skip


def topic_subscription(
    topic: str, endpoint: str, hour: float, actor: Actor, *, closes: str | None = None
) -> Change:
    """Subscribe of a function or queue to a topic."""
    region, account = topic.split(":")[3:5]
    protocol = endpoint.split(":")[2]
    parameters: Fields = {"topicArn": topic, "protocol": protocol, "endpoint": endpoint}
    response: Fields = {"subscriptionArn": f"{topic}:{_uuid(endpoint)}"}
    return Change(
        hour,
        "sns.amazonaws.com",
        "Subscribe",
        account,
        region,
        actor,
        parameters,
        response,
        None,
        closes,
    )


def rule(
    arn: str,
    pattern: str,
    function: Function,
    hour: float,
    actor: Actor,
    *,
    closes: str | None = None,
) -> list[Change]:
    """PutRule and PutTargets."""
    region, account = arn.split(":")[3:5]
    name = arn.rpartition("/")[2]
    put: Fields = {"name": name, "eventPattern": pattern, "state": "ENABLED"}
    targets: Fields = {"rule": name, "targets": [{"id": "function", "arn": function.arn}]}
    service = "events.amazonaws.com"
    return [
        Change(hour - 0.005, service, "PutRule", account, region, actor, put, {"ruleArn": arn}),
        Change(
            hour, service, "PutTargets", account, region, actor, targets,
            {"failedEntryCount": 0, "failedEntries": []}, None, closes,
        ),
    ]  # fmt: skip


def delivery_stream(
    arn: str,
    function: Function,
    bucket: str,
    hour: float,
    actor: Actor,
    *,
    closes: str | None = None,
) -> Change:
    """CreateDeliveryStream with a transforming function."""
    region, account = arn.split(":")[3:5]
    processor: Fields = {
        "type": "Lambda",
        "parameters": [{"parameterName": "LambdaArn", "parameterValue": f"{function.arn}:$LATEST"}],
    }
    target: Fields = {
        "bucketARN": f"arn:aws:s3:::{bucket}",
        "processingConfiguration": {"enabled": True, "processors": [processor]},
    }
    parameters: Fields = {
        "deliveryStreamName": arn.rpartition("/")[2],
        "deliveryStreamType": "DirectPut",
        "extendedS3DestinationConfiguration": target,
    }
    return Change(
        hour, "firehose.amazonaws.com", "CreateDeliveryStream", account, region, actor, parameters,
        {"deliveryStreamARN": arn}, None, closes,
    )  # fmt: skip


def account_policy(function: Function, hour: float, actor: Actor, *, closes: str) -> Change:
    """PutAccountPolicy: a subscription filter on every log group of an account."""
    document = json.dumps({"DestinationArn": function.arn, "FilterPattern": ""})
    parameters: Fields = {
        "policyName": "forward-everything",
        "policyDocument": document,
        "policyType": "SUBSCRIPTION_FILTER_POLICY",
        "scope": "ALL",
        "selectionCriteria": "",
    }
    return Change(
        hour, "logs.amazonaws.com", "PutAccountPolicy", function.account, function.region, actor,
        parameters, {"accountPolicy": parameters | {"accountId": function.account}}, None, closes,
    )  # fmt: skip


def decoys(account: str, region: str, actor: Actor, name: str) -> list[Change]:
    """Changes that close nothing, at hour 0: failed, elsewhere, or of another matter."""
    function = Function(f"{name}-report", account, region)
    group = f"arn:aws:logs:{region}:{account}:log-group:/app/{name}"
    other = Trail(f"{name}-audit", account, region, (account,), (region,), (), f"{name}-audit")
    return [
        subscribe(group, function.arn, 0.0, actor, name="report"),
        subscribe(group, function.arn, 0.0, actor, error="AccessDeniedException", name="report"),
        put_selectors(other, 0.0, actor, error="TrailNotFoundException"),
        new_function(function, 0.0, actor),
    ]

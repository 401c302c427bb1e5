"""From rows of successful changes to a topology with its history."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from analytics import event_patterns
from analytics.changes import HANDLERS, from_changes
from analytics.selectors import Cell
from analytics.topology import covers
from ingest.changes import CHANGES, is_change

ACCOUNT, REGION = "111122223333", "eu-west-1"
START = datetime(2026, 3, 1, 12)
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:audit"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:forwarder"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/logs"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:files"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/calls"
DESTINATION = f"arn:aws:logs:{REGION}:{ACCOUNT}:destination:archive"
DELIVERY = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/siem"
RUN = Cell(ACCOUNT, REGION, "Data", "lambda.amazonaws.com", "Invoke", False)


def change(
    name: str, request: object, response: object = None, minute: int = 0
) -> dict[str, object]:
    """A row of the rollup `changes`."""
    return {
        "event_id": f"{name}-{minute}",
        "event_time": START + timedelta(minutes=minute),
        "event_name": name,
        "account_id": ACCOUNT,
        "aws_region": REGION,
        "identity_arn": "arn:aws:iam::111122223333:user/ann",
        "invoked_by": None,
        "source_ip_address": "192.0.2.1",
        "request_parameters": request if isinstance(request, str) else json.dumps(request),
        "response_elements": json.dumps(response),
    }


SUBSCRIBE = {"logGroupName": "audit", "filterName": "all", "destinationArn": FUNCTION}
MAP = {"eventSourceArn": STREAM, "functionName": "forwarder", "batchSize": 200}


def notify(*lists: tuple[str, object]) -> dict[str, object]:
    return {"bucketName": "files", "notificationConfiguration": dict(lists)}


READS = {"kinesisStreamSourceConfiguration": {"kinesisStreamARN": STREAM}}


def transforms(*, enabled: bool = True) -> dict[str, object]:
    """A delivery stream whose buffers a function transforms."""
    named = {"parameterName": "LambdaArn", "parameterValue": f"{FUNCTION}:$LATEST"}
    processing = {"enabled": enabled, "processors": [{"type": "Lambda", "parameters": [named]}]}
    target = {"bucketARN": "arn:aws:s3:::siem", "processingConfiguration": processing}
    return {"deliveryStreamName": "siem", "extendedS3DestinationConfiguration": target}


@pytest.mark.parametrize(
    ("name", "request_", "source", "target"),
    [
        ("CreateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": f"{GROUP}:*"}, TRAIL, GROUP),
        ("UpdateTrail", {"name": TRAIL, "s3BucketName": "files"}, TRAIL, "arn:aws:s3:::files"),
        ("PutSubscriptionFilter", SUBSCRIBE, GROUP, FUNCTION),
        (
            "PutDestination",
            {"destinationName": "archive", "targetArn": STREAM},
            DESTINATION,
            STREAM,
        ),
        ("CreateEventSourceMapping20150331", MAP, STREAM, FUNCTION),
        (
            "PutBucketNotification",
            notify(("LambdaFunctionConfiguration", {"Function": FUNCTION})),
            "arn:aws:s3:::files",
            FUNCTION,
        ),
        (
            "PutBucketNotification",
            notify(("TopicConfigurations", [{"topicArn": TOPIC}])),
            "arn:aws:s3:::files",
            TOPIC,
        ),
        (
            "PutTargets",
            {"rule": "calls", "targets": [{"id": "1", "arn": FUNCTION}]},
            RULE,
            FUNCTION,
        ),
        ("Subscribe", {"topicArn": TOPIC, "endpoint": f"{FUNCTION}:live"}, TOPIC, FUNCTION),
        ("CreateTrail", {"name": "audit", "snsTopicName": "files"}, TRAIL, TOPIC),
        ("UpdateTrail", {"name": "audit", "snsTopicName": TOPIC}, TRAIL, TOPIC),
        (
            "CreateDeliveryStream",
            {"deliveryStreamName": "siem", "processors": [{"parameterValue": FUNCTION}]},
            DELIVERY,
            FUNCTION,
        ),
        ("CreateDeliveryStream", {"deliveryStreamName": "siem", **READS}, STREAM, DELIVERY),
        ("CreateDeliveryStream", transforms(), DELIVERY, FUNCTION),
    ],
)
def test_a_change_makes_its_link(name: str, request_: object, source: str, target: str) -> None:
    (link,) = from_changes([change(name, request_)]).links
    assert (link.source, link.target, link.since, link.until, link.event_id) == (
        source,
        target,
        START,
        None,
        f"{name}-0",
    )


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        (
            ("PutSubscriptionFilter", SUBSCRIBE),
            ("DeleteSubscriptionFilter", {"logGroupName": "audit", "filterName": "all"}),
        ),
        (("CreateEventSourceMapping20150331", MAP), ("DeleteEventSourceMapping20150331", MAP)),
        (
            ("CreateEventSourceMapping20150331", MAP),
            ("UpdateEventSourceMapping20150331v2", {**MAP, "enabled": False}),
        ),
        (
            ("PutBucketNotification", notify(("QueueConfiguration", {"Queue": TOPIC}))),
            ("PutBucketNotification", notify()),
        ),
        (
            ("PutTargets", {"rule": "calls", "targets": [{"arn": FUNCTION}]}),
            ("RemoveTargets", {"rule": "calls", "ids": ["1"]}),
        ),
        (
            ("PutTargets", {"rule": "calls", "targets": [{"id": "f", "arn": FUNCTION}]}),
            ("RemoveTargets", {"rule": "calls", "ids": ["f"]}),
        ),
        (
            ("PutSubscriptionFilter", SUBSCRIBE),
            ("DeleteLogGroup", {"logGroupName": "audit"}),
        ),
        (
            ("PutDestination", {"destinationName": "archive", "targetArn": STREAM}),
            ("DeleteDestination", {"destinationName": "archive"}),
        ),
        (
            ("Subscribe", {"topicArn": TOPIC, "endpoint": FUNCTION}),
            ("DeleteTopic", {"topicArn": TOPIC}),
        ),
        (
            ("Subscribe", {"topicArn": TOPIC, "endpoint": FUNCTION}),
            ("DeleteFunction20150331", {"functionName": "forwarder"}),
        ),
        (
            ("CreateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": GROUP}),
            ("UpdateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": ""}),
        ),
        (("CreateDeliveryStream", transforms()), ("UpdateDestination", transforms(enabled=False))),
        (
            ("CreateDeliveryStream", transforms()),
            ("DeleteDeliveryStream", {"deliveryStreamName": "siem"}),
        ),
    ],
)
def test_a_link_holds_until_the_change_that_undoes_it(
    opened: tuple[str, object], closed: tuple[str, object]
) -> None:
    rows = [change(*closed, minute=30), change(*opened)]
    (link,) = from_changes(rows).links
    assert (link.since, link.until) == (START, START + timedelta(minutes=30))


def test_a_delivery_streams_function_stays_where_only_its_destination_changes() -> None:
    elsewhere = {"deliveryStreamName": "siem", "extendedS3DestinationUpdate": {"prefix": "new/"}}
    rows = [
        change("CreateDeliveryStream", transforms()),
        change("UpdateDestination", elsewhere, minute=5),
    ]
    (link,) = from_changes(rows).links
    assert (link.target, link.until) == (FUNCTION, None)


@pytest.mark.parametrize("name", sorted(set(HANDLERS) - {"PutDestinationPolicy"}))
def test_every_change_that_makes_a_link_is_kept_at_load(name: str) -> None:
    assert any(is_change(service, name) for service in CHANGES)


def held(*rows: dict[str, object]) -> set[tuple[str, str, int | None, int | None]]:
    """Source, target, first and last minute of each link."""
    return {
        (link.source, link.target, minutes(link.since), minutes(link.until))
        for link in from_changes(rows).links
    }


def minutes(time: datetime | None) -> int | None:
    return None if time is None else int((time - START).total_seconds() // 60)


OTHER = f"{FUNCTION}-2"


def test_only_the_filter_that_is_deleted_ends() -> None:
    other = {**SUBSCRIBE, "filterName": "other", "destinationArn": OTHER}
    before = {**SUBSCRIBE, "filterName": "of before the archive"}
    assert held(
        change("PutSubscriptionFilter", SUBSCRIBE),
        change("PutSubscriptionFilter", other, minute=1),
        change("DeleteSubscriptionFilter", before, minute=2),
        change("DeleteSubscriptionFilter", other, minute=3),
    ) == {(GROUP, FUNCTION, 0, None), (GROUP, OTHER, 1, 3)}


def test_a_link_stays_while_one_of_two_filters_makes_it() -> None:
    twice = {**SUBSCRIBE, "filterName": "again"}
    assert held(
        change("PutSubscriptionFilter", SUBSCRIBE),
        change("PutSubscriptionFilter", twice, minute=1),
        change("DeleteSubscriptionFilter", SUBSCRIBE, minute=2),
    ) == {(GROUP, FUNCTION, 0, None)}


def test_only_the_target_that_is_removed_ends() -> None:
    targets = [{"id": "a", "arn": FUNCTION}, {"id": "b", "arn": OTHER}]
    assert held(
        change("PutTargets", {"rule": "calls", "targets": targets}),
        change("RemoveTargets", {"rule": "calls", "ids": ["of before"]}, minute=1),
        change("RemoveTargets", {"rule": "calls", "ids": ["b"]}, minute=2),
    ) == {(RULE, FUNCTION, 0, None), (RULE, OTHER, 0, 2)}


def test_a_subscription_ends_by_its_own_arn() -> None:
    made = {"subscriptionArn": f"{TOPIC}:0123"}
    assert held(
        change("Subscribe", {"topicArn": TOPIC, "endpoint": FUNCTION}, made),
        change("Unsubscribe", {"subscriptionArn": f"{TOPIC}:4567"}, minute=1),
        change("Unsubscribe", made, minute=2),
        change("Subscribe", {"topicArn": TOPIC, "endpoint": FUNCTION}, minute=3),
    ) == {(TOPIC, FUNCTION, 0, 2), (TOPIC, FUNCTION, 3, None)}


def test_what_started_a_deleted_function_starts_the_one_that_takes_its_name() -> None:
    assert held(
        change("PutSubscriptionFilter", SUBSCRIBE),
        change("DeleteFunction20150331", {"functionName": "forwarder", "qualifier": "3"}, minute=1),
        change("DeleteFunction20150331", {"functionName": "forwarder"}, minute=2),
        change("CreateFunction20150331", {"functionName": "forwarder"}, minute=5),
    ) == {(GROUP, FUNCTION, 0, 2), (GROUP, FUNCTION, 5, None)}


def test_a_trail_writes_into_one_group_and_one_bucket() -> None:
    other = GROUP + "-2"
    assert held(
        change("CreateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": f"{GROUP}:*"}),
        change("UpdateTrail", {"name": "audit", "s3BucketName": "files"}, minute=1),
        change("UpdateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": other}, minute=2),
    ) == {
        (TRAIL, GROUP, 0, 2),
        (TRAIL, other, 2, None),
        (TRAIL, "arn:aws:s3:::files", 1, None),
    }


def test_a_notification_that_is_put_again_holds_since_it_was_first_put_unless_it_tells_of_more() -> (
    None
):
    of_some = {"Function": FUNCTION, "Event": "s3:ObjectCreated:*", "Filter": {"prefix": "in/"}}
    of_all = {"Function": FUNCTION, "Event": "s3:ObjectCreated:*"}
    again = {**of_some, "Id": "another"}
    puts = [
        change("PutBucketNotification", notify(("LambdaFunctionConfiguration", item)), minute=at)
        for at, item in enumerate((of_some, again, of_all))
    ]
    bucket = "arn:aws:s3:::files"
    assert held(*puts) == {(bucket, FUNCTION, 0, 2), (bucket, FUNCTION, 2, None)}


OF_ONE = '{ $.recipientAccountId = "999988887777" }'
OF_A_REGION = '{ $.recipientAccountId = "999988887777" && $.awsRegion = "eu-west-1" }'


@pytest.mark.parametrize(
    ("told", "pattern"),
    [
        ({"Filter": {"S3Key": {"FilterRule": {"Name": "prefix", "Value": "AWSLogs/o-a1b2/999988887777/"}}}}, OF_ONE),
        (
            {"filter": {"key": {"filterRules": [
                {"name": "suffix", "value": ".gz"},
                {"name": "Prefix", "value": "audit/AWSLogs/999988887777/CloudTrail/eu-west-1/2026/"},
            ]}}},
            OF_A_REGION,
        ),
        ({"Filter": {"S3Key": {"FilterRule": [{"Name": "suffix", "Value": ".gz"}]}}}, None),
        ({"Filter": {"S3Key": {"FilterRule": {"Name": "prefix", "Value": "AWSLogs/"}}}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_notification_of_one_accounts_files_is_a_filter(
    told: dict[str, object], pattern: str | None
) -> None:
    item = {"Function": FUNCTION, **told}
    (found,) = from_changes(
        [change("PutBucketNotification", notify(("LambdaFunctionConfiguration", item)))]
    ).filters
    assert (found.source, found.target, found.pattern) == ("arn:aws:s3:::files", FUNCTION, pattern)


def test_a_notification_of_all_files_in_place_of_some_ends_the_filter() -> None:
    some = {"Function": FUNCTION, "Filter": {"Name": "prefix", "Value": "AWSLogs/999988887777/"}}
    puts = [
        change("PutBucketNotification", notify(("LambdaFunctionConfiguration", item)), minute=at)
        for at, item in enumerate((some, {"Function": FUNCTION}))
    ]
    filters = from_changes(puts).filters
    assert [(item.pattern, minutes(item.until)) for item in filters] == [(OF_ONE, 1), (None, None)]


def test_a_trail_reaches_a_source_since_the_last_link_of_the_first_way() -> None:
    topology = from_changes(
        [
            change("CreateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": GROUP}, minute=7),
            change("PutSubscriptionFilter", {**SUBSCRIBE, "destinationArn": STREAM}, minute=9),
        ]
    )
    assert topology.reached_since([GROUP]) == START + timedelta(minutes=7)
    assert topology.reached_since([STREAM]) == START + timedelta(minutes=9)
    assert topology.reached_since([GROUP, STREAM]) == START + timedelta(minutes=7)
    assert topology.reached_since([TOPIC]) == datetime.min


def policy(*but: str) -> dict[str, object]:
    return {
        "policyType": "SUBSCRIPTION_FILTER_POLICY",
        "policyDocument": json.dumps({"DestinationArn": FUNCTION}),
        "selectionCriteria": f"LogGroupName NOT IN {json.dumps(but)}",
    }


def test_an_accounts_policy_covers_no_group_that_it_leaves_out() -> None:
    found = from_changes(
        [
            change("PutAccountPolicy", policy()),
            change("PutAccountPolicy", policy(), minute=1),
            change("PutAccountPolicy", policy("audit"), minute=2),
        ]
    )
    assert [(minutes(link.since), minutes(link.until)) for link in found.links] == [
        (0, 2),
        (2, None),
    ]
    assert [covers(link, GROUP) for link in found.links] == [True, False]
    assert [item.of_group(f"{GROUP}-2") for item in found.filters] == [True, True, True]
    assert [item.of_group(GROUP) for item in found.filters] == [True, True, False]


def test_a_filter_that_is_pointed_elsewhere_leaves_its_old_target() -> None:
    moved = {**SUBSCRIBE, "destinationArn": STREAM}
    found = from_changes(
        [
            change("PutSubscriptionFilter", SUBSCRIBE),
            change("PutSubscriptionFilter", moved, minute=5),
        ]
    )
    assert [(link.target, link.until) for link in found.links] == [
        (FUNCTION, START + timedelta(minutes=5)),
        (STREAM, None),
    ]


def test_selectors_and_logging_are_kept_with_their_times() -> None:
    wider = {
        "trailName": "audit",
        "eventSelectors": [
            {"dataResources": [{"type": "AWS::Lambda::Function", "values": ["arn:aws:lambda"]}]}
        ],
    }
    found = from_changes(
        [
            change("CreateTrail", {"name": "audit", "isOrganizationTrail": "true"}),
            change("StartLogging", {"name": "audit"}, minute=1),
            change("PutEventSelectors", wider, minute=9),
        ]
    )
    trail = found.trails[TRAIL]
    assert [(time, chosen.matches(RUN)) for time, chosen in trail.selectors] == [
        (START, False),
        (START + timedelta(minutes=9), True),
    ]
    assert trail.logging == ((START + timedelta(minutes=1), True),)
    assert trail.covers("444455556666", REGION)
    assert not trail.covers(ACCOUNT, "us-east-1")


def test_trails_reach_a_function_over_every_link_between() -> None:
    found = from_changes(
        [
            change("CreateTrail", {"name": "audit", "cloudWatchLogsLogGroupArn": GROUP}),
            change("PutSubscriptionFilter", {**SUBSCRIBE, "destinationArn": DESTINATION}),
            change("PutDestination", {"destinationName": "archive", "targetArn": STREAM}),
            change("CreateEventSourceMapping20150331", MAP),
        ]
    )
    ((trail, way),) = found.feeding_trails(FUNCTION)
    assert trail.arn == TRAIL
    assert [link.target for link in way] == [GROUP, DESTINATION, STREAM, FUNCTION]


DEEP = 960  # almost as deep as Python reads
HOSTILE = [
    "",
    "null",
    "[]",
    "{",
    '"text"',
    "[" * 100_000,
    "{}",
    '{"name": 7, "logGroupName": {}, "bucketName": ["x"], "targets": {"arn": 1}}',
    '{"name": "\\u0000\\"; drop table events; --", "destinationArn": "arn:", "logGroupName": "arn:"}',
    '{"bucketName": "b", "notificationConfiguration": "arn:aws:lambda"}',
    '{"bucketName": "b", "notificationConfiguration": {"QueueConfiguration": {"Queue": "q", "Filter": '
    + '{"a":' * DEEP
    + "{}"
    + "}" * (DEEP + 3),
    '{"rule": "r", "targets": [null, 1, {"arn": null}]}',
    '{"trailName": "t", "eventSelectors": [1, null], "advancedEventSelectors": {"a": 1}}',
    '{"policyDocument": "[[["}',
]


@pytest.mark.parametrize("name", sorted(HANDLERS))
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_that_a_caller_sends_breaks_the_topology(name: str, text: str) -> None:
    sound = change("PutSubscriptionFilter", SUBSCRIBE, minute=1)
    found = from_changes([change(name, text), sound])
    assert (GROUP, FUNCTION) in {(link.source, link.target) for link in found.links}


def test_a_rule_that_is_enabled_again_has_its_targets_since_then() -> None:
    rows = [
        change("PutTargets", {"rule": "calls", "targets": [{"arn": FUNCTION}]}),
        change("DisableRule", {"name": "calls"}, minute=5),
        change("EnableRule", {"name": "calls"}, minute=9),
    ]
    first, again = from_changes(rows).links
    assert (first.until, again.since, again.target) == (
        START + timedelta(minutes=5),
        START + timedelta(minutes=9),
        FUNCTION,
    )
    assert again.event_id == "EnableRule-9"


def test_a_rule_that_is_made_disabled_has_its_targets_from_when_it_is_enabled() -> None:
    both = [{"id": "1", "arn": FUNCTION}, {"id": "2", "arn": STREAM}]
    rows = [
        change("PutRule", {"name": "calls", "eventPattern": "{}", "state": "DISABLED"}),
        change("PutTargets", {"rule": "calls", "targets": both}, minute=1),
        change("RemoveTargets", {"rule": "calls", "ids": ["2"]}, minute=2),
        change("PutRule", {"name": "calls", "eventPattern": "{}"}, minute=5),
        change("PutRule", {"name": "calls", "state": "DISABLED"}, minute=9),
    ]
    (link,) = from_changes(rows).links
    assert (link.target, link.event_id) == (FUNCTION, "PutRule-5")
    assert link.until == START + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("principal", "touched"), [("logs.eu-west-1.amazonaws.com", False), ("s3.amazonaws.com", True)]
)
def test_what_a_subscription_filter_needs_beforehand_begins_nothing(
    principal: str, touched: bool
) -> None:
    request = {"functionName": "forwarder", "principal": principal}
    (allowed,) = from_changes([change("AddPermission20150331v2", request)]).changes
    assert bool(allowed.touches) is touched


@pytest.mark.parametrize(
    ("asks", "hands_on"), [("AWS API Call via CloudTrail", True), ("x", False)]
)
def test_a_rule_on_what_cloudtrail_records_stands_behind_the_stream_that_is_its_target(
    asks: str, hands_on: bool
) -> None:
    pattern = json.dumps({"source": ["aws.s3"], "detail-type": [asks]})
    topology = from_changes(
        [
            change("PutRule", {"name": "calls", "eventPattern": pattern}),
            change("PutTargets", {"rule": "calls", "targets": [{"id": "s", "arn": STREAM}]}),
            change("CreateEventSourceMapping20150331", MAP),
        ]
    )
    assert event_patterns.rule_behind(STREAM, topology) == (RULE if hands_on else None)

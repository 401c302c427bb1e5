"""What a Lambda run record tells, rule by rule (DOMAIN section 3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of

FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:router"
RESOURCE = [{"type": "AWS::Lambda::Function", "ARN": FUNCTION, "accountId": "111111111111"}]
RAN = {"customerEniId": "", "functionVersion": f"{FUNCTION}:$LATEST"}
NOT_RUN = {"functionVersion": f"{FUNCTION}:$LATEST"}


def service(host: str) -> dict[str, Any]:
    return {"type": "AWSService", "invokedBy": host}


def session(name: str, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:sts::111111111111:assumed-role/service-role/{name}"
    return {"type": "AssumedRole", "arn": arn, "accountId": "111111111111", **more}


@pytest.fixture
def row(tmp_path: Path, layout: Layout) -> Any:
    """Loads one Lambda record and gives its row."""

    def load(**fields: Any) -> dict[str, Any]:
        run = {
            "eventSource": "lambda.amazonaws.com",
            "eventName": "Invoke",
            "eventTime": "2026-03-01T00:00:00Z",
            "requestID": "run-1",
            "resources": RESOURCE,
        }
        path = tmp_path / "a.json"
        path.write_text(json.dumps([record(1, **run | fields)]))
        ingest([str(path)], layout)
        return rows_of(layout)[0]

    return load


def source(arn: str, account: str | None = None) -> dict[str, Any]:
    parameters = {"functionName": FUNCTION, "invocationType": "Event", "sourceArn": arn}
    return parameters | ({"sourceAccount": account} if account else {})


LOG_GROUP = "arn:aws:logs:eu-west-1:111111111111:log-group:trail"
RULE = "arn:aws:events:eu-west-1:111111111111:rule/all"
QUEUE = "arn:aws:sqs:eu-west-1:111111111111:entries"
STREAM = "arn:aws:kinesis:eu-west-1:222222222222:stream/entries"
FIREHOSE = "arn:aws:firehose:eu-west-1:111111111111:deliverystream/siem"


@pytest.mark.parametrize(
    ("identity", "parameters", "expected"),
    [
        (
            service("logs.amazonaws.com"),
            source(f"{LOG_GROUP}:*", "111111111111"),
            ("cloudwatch_logs", LOG_GROUP, "111111111111"),
        ),
        (
            service("logs.eu-west-1.amazonaws.com"),
            source(LOG_GROUP),
            ("cloudwatch_logs", LOG_GROUP, "111111111111"),
        ),
        (service("logs.amazonaws.com"), None, ("cloudwatch_logs", None, None)),
        (
            service("s3.amazonaws.com"),
            source("arn:aws:s3:::logs", "9"),
            ("s3", "arn:aws:s3:::logs", "9"),
        ),
        (
            service("s3.amazonaws.com"),
            source("arn:aws:s3:::logs"),
            ("s3", "arn:aws:s3:::logs", None),
        ),
        (service("events.amazonaws.com"), source(RULE), ("eventbridge", RULE, "111111111111")),
        (
            service("lambda.amazonaws.com"),
            {"eventSourceArn": QUEUE},
            ("sqs", QUEUE, "111111111111"),
        ),
        (service("lambda.amazonaws.com"), source(STREAM), ("kinesis", STREAM, "222222222222")),
        (service("lambda.amazonaws.com"), None, ("event_source_mapping", None, None)),
        (
            service("firehose.amazonaws.com"),
            source(FIREHOSE),
            ("firehose", FIREHOSE, "111111111111"),
        ),
        (service("cognito-idp.amazonaws.com"), None, ("service", None, None)),
        (session("x", invokedBy="states.amazonaws.com"), None, ("step_functions", None, None)),
        (session("x", invokedBy="firehose.amazonaws.com"), None, ("firehose", None, None)),
        (session("awslambda_351_20260301"), None, ("function", None, None)),
        (session("someone"), None, ("api", None, None)),
        ({"type": "IAMUser"}, source(FUNCTION + ":live"), ("api", None, None)),
        ({"type": "IAMUser", "invokedBy": "AWS Internal"}, None, ("api", None, None)),
        (None, None, ("api", None, None)),
    ],
)
def test_what_started_a_run(
    row: Any, identity: Any, parameters: Any, expected: tuple[str | None, ...]
) -> None:
    found = row(userIdentity=identity, requestParameters=parameters, additionalEventData=RAN)
    assert (found["trigger_kind"], found["trigger_arn"], found["trigger_account"]) == expected


def test_a_function_that_calls_is_known_by_its_credentials(row: Any) -> None:
    caller = "arn:aws:lambda:eu-west-1:111111111111:function:first"
    identity = session("first", inScopeOf={"credentialsIssuedTo": f"{caller}:7"})
    found = row(userIdentity=identity, additionalEventData=RAN)
    assert (found["trigger_kind"], found["caller_function_arn"]) == ("function", caller)
    assert found["session_name"] == "first"


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ({"type": "AWSAccount", "principalId": "AROA1EXAMPLE:first"}, "first"),
        ({"type": "AWSAccount", "principalId": "AIDA1EXAMPLE"}, None),
        ({"type": "AWSAccount", "principalId": ["AROA1EXAMPLE:first"]}, None),
        ({"type": "AWSAccount"}, None),
        ({"type": "FederatedUser", "principalId": "AROA1EXAMPLE:first"}, None),
    ],
)
def test_a_session_of_another_account_is_known_by_its_principal(
    row: Any, identity: Any, name: str | None
) -> None:
    assert row(userIdentity={**identity, "accountId": "111111111111"})["session_name"] == name


def test_a_caller_in_lambda_is_a_function_before_credentials_say_so(row: Any) -> None:
    agent = "Boto3/1.34 exec-env/AWS_Lambda_python3.12"
    found = row(userIdentity=session("first"), userAgent=agent)
    assert (found["trigger_kind"], found["caller_function_arn"]) == ("function", None)


@pytest.mark.parametrize(
    ("fields", "outcome", "code_ran"),
    [
        ({"additionalEventData": RAN}, "executed", True),
        ({"additionalEventData": NOT_RUN}, "throttled", False),
        ({"additionalEventData": RAN, "errorCode": "ServiceException"}, "failed", True),
        ({"requestParameters": {"invocationType": "DryRun"}}, "dry_run", False),
        ({"requestParameters": {"invocationType": "Event"}}, "accepted", False),
        ({"eventName": "InvokeAsync"}, "accepted", False),
        ({"userIdentity": service("sns.amazonaws.com")}, "accepted", False),
        ({"userIdentity": service("lambda.amazonaws.com")}, "unreachable", False),
        (
            {"userIdentity": service("lambda.amazonaws.com"), "additionalEventData": NOT_RUN},
            "throttled",
            False,
        ),
        (
            {"eventName": "InvokeExecution", "userIdentity": service("lambda.amazonaws.com")},
            "throttled",
            False,
        ),
        ({"eventTime": "2020-03-01T00:00:00Z"}, None, None),
        ({"eventTime": "2020-03-01T00:00:00Z", "additionalEventData": RAN}, "executed", True),
    ],
)
def test_what_came_of_a_run(
    row: Any, fields: dict[str, Any], outcome: str | None, code_ran: bool | None
) -> None:
    found = row(**fields)
    assert (found["outcome"], found["code_ran"]) == (outcome, code_ran)


def test_an_execution_has_no_trigger_of_its_own(row: Any) -> None:
    found = row(
        eventName="InvokeExecution",
        userIdentity=service("lambda.amazonaws.com"),
        requestParameters=source(FUNCTION, "111111111111"),
        additionalEventData=RAN,
    )
    triggers = (found["trigger_kind"], found["trigger_arn"], found["trigger_account"])
    assert triggers == (None, None, None)
    assert (found["run_id"], found["outcome"]) == ("run-1", "executed")


@pytest.mark.parametrize(
    ("name", "region", "arn"),
    [
        ("router", "eu-west-1", FUNCTION),
        ("router:live", "eu-west-1", FUNCTION),
        ("router:$LATEST", "eu-west-1", FUNCTION),
        (f"{FUNCTION}:7", "us-east-1", FUNCTION),
        (
            "222222222222:function:router",
            "eu-west-1",
            "arn:aws:lambda:eu-west-1:222222222222:function:router",
        ),
        (
            "function:router:7",
            "us-gov-west-1",
            "arn:aws-us-gov:lambda:us-gov-west-1:111111111111:function:router",
        ),
        ("router", "cn-north-1", "arn:aws-cn:lambda:cn-north-1:111111111111:function:router"),
        ("../../etc", "eu-west-1", None),
        ("", "eu-west-1", None),
        (7, "eu-west-1", None),
    ],
)
def test_a_function_is_found_without_resources(
    row: Any, name: Any, region: str, arn: str | None
) -> None:
    found = row(resources=None, awsRegion=region, requestParameters={"functionName": name})
    assert found["function_arn"] == arn


def test_a_run_without_request_id_is_its_own(row: Any) -> None:
    found = row(requestID=7, resources=[{"ARN": 1}, None, "x"], additionalEventData=NOT_RUN)
    assert found["run_id"] == record(1)["eventID"]
    assert found["function_arn"] == FUNCTION
    assert found["function_version"] == "$LATEST"


@pytest.mark.parametrize(
    ("event_source", "event_name", "change"),
    [
        ("lambda.amazonaws.com", "CreateEventSourceMapping20150331", True),
        ("lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2", True),
        ("lambda.amazonaws.com", "ListFunctions20150331", False),
        ("logs.amazonaws.com", "PutSubscriptionFilter", True),
        ("events.amazonaws.com", "PutTargets", True),
        ("sns.amazonaws.com", "Subscribe", True),
        ("firehose.amazonaws.com", "CreateDeliveryStream", True),
        ("firehose.amazonaws.com", "DescribeDeliveryStream", False),
        ("iot.amazonaws.com", "Subscribe", False),
        ("s3.amazonaws.com", "PutBucketNotification", True),
        ("s3.amazonaws.com", "PutBucketPolicy", False),
    ],
)
def test_calls_that_can_close_a_loop_are_marked(
    row: Any, event_source: str, event_name: str, change: bool
) -> None:
    found = row(eventSource=event_source, eventName=event_name, errorCode="AccessDenied")
    assert found["configuration_change"] is change
    assert found["function_arn"] is None


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ({"eventCategory": "Insight"}, "Insight"),
        ({"eventCategory": "NetworkActivity", "managementEvent": True}, "NetworkActivity"),
        ({"eventCategory": "Other", "managementEvent": True}, "Management"),
        ({"managementEvent": False}, "Data"),
        ({}, "Data"),
        ({"eventName": "ListFunctions"}, "Management"),
        ({"eventSource": "s3.amazonaws.com", "eventName": "PutObject"}, "Data"),
        ({"eventSource": "s3.amazonaws.com", "eventName": "PutBucketAcl"}, "Management"),
        ({"eventSource": "s3.amazonaws.com", "eventName": "ListObjects"}, "Data"),
        ({"eventSource": "sqs.amazonaws.com", "eventName": "SendMessageBatch"}, "Data"),
    ],
)
def test_the_category_is_received_or_worked_out(
    row: Any, fields: dict[str, Any], category: str
) -> None:
    assert row(**fields)["category"] == category

"""A real HTTP server with AWS's control planes, and an account that is wired as a log pipeline."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ingest.topology.access import Access

REGION = "eu-west-1"
ACCOUNT = "123456789012"  # the server's own


def arn(service: str, resource: str, region: str = REGION) -> str:
    """An ARN of the account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


TRAIL = arn("cloudtrail", "trail/org")
GROUP = arn("logs", "log-group:org-trail")
BUCKET = "arn:aws:s3:::trail-bucket"
TOPIC = arn("sns", "files")
QUEUE = arn("sqs", "inbox")
STREAM = arn("kinesis", "stream/entries")
ROUTER, ENRICHER, READER = (
    arn("lambda", f"function:{name}") for name in ("router", "enricher", "reader")
)
DESTINATION = arn("logs", "destination:central")
DELIVERY = arn("firehose", "deliverystream/siem")
RULE = arn("events", "rule/s3-calls")
PATTERN = json.dumps({"detail-type": ["AWS API Call via CloudTrail"], "source": ["aws.s3"]})


@dataclass(frozen=True)
class Aws:
    """The server: where it is, and clients of it."""

    url: str

    @property
    def access(self) -> Access:
        """One try a call, so that an error is there at once."""
        return Access(endpoint_url=self.url, region=REGION, attempts=1)

    def client(self, service: str, region: str = REGION) -> Any:
        """A client of the account's own."""
        return _client(self.url, service, region)

    def post(self, path: str, body: str = "") -> None:
        """Tells the server itself something."""
        plain = {"Content-Type": "text/plain"}
        request = Request(f"{self.url}/moto-api/{path}", body.encode(), plain, method="POST")  # noqa: S310
        urlopen(request).close()  # noqa: S310


@cache  # a client takes longer to make than its calls
def _client(url: str, service: str, region: str) -> Any:
    make: Any = boto3.Session("testing", "testing").client
    return make(service, region_name=region, endpoint_url=url)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The server's URL; one a process, emptied for each test."""
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def aws(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Aws]:
    """The server, empty, and credentials that it takes."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    found = Aws(server)
    found.post("reset")
    yield found
    found.post("reset-auth", "inf")  # one setting for all servers of a process, other modules' too


@pytest.fixture
def pipeline(aws: Aws) -> Aws:
    """A trail to a log group, a bucket and a topic, and everything that reads them."""
    _functions(aws)
    aws.client("sqs").create_queue(QueueName="inbox")
    aws.client("sns").create_topic(Name="files")
    aws.client("kinesis").create_stream(StreamName="entries", ShardCount=1)
    _trail(aws)
    _log_groups(aws)
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=STREAM, FunctionName="enricher", BatchSize=500, StartingPosition="LATEST"
    )
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=QUEUE, FunctionName="reader", BatchSize=10, Enabled=False
    )
    aws.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    aws.client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ada@example.com")
    _rules(aws)
    _delivery_stream(aws)
    return aws


def _functions(aws: Aws) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("handler.py", "def handle(event, context):\n    return event\n")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = aws.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument=trust)
    for name in ("router", "enricher", "reader"):
        aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role["Role"]["Arn"],
            Handler="handler.handle",
            Code={"ZipFile": code.getvalue()},
        )


def _trail(aws: Aws) -> None:
    aws.client("logs").create_log_group(logGroupName="org-trail")
    place = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket="trail-bucket", CreateBucketConfiguration=place)
    aws.client("s3").put_bucket_notification_configuration(
        Bucket="trail-bucket",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": f"{READER}:live", "Events": ["s3:ObjectCreated:*"]}
            ],
        },
    )
    trail = aws.client("cloudtrail")
    trail.create_trail(
        Name="org",
        S3BucketName="trail-bucket",
        SnsTopicName="files",
        IsMultiRegionTrail=True,
        CloudWatchLogsLogGroupArn=f"{GROUP}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/run",
    )
    trail.put_event_selectors(TrailName="org", EventSelectors=SELECTORS)


SELECTORS = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
    }
]


def _log_groups(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.put_destination(
        destinationName="central", targetArn=STREAM, roleArn=f"arn:aws:iam::{ACCOUNT}:role/run"
    )
    logs.create_log_group(logGroupName="/aws/lambda/router")
    for group in ("org-trail", "/aws/lambda/router"):
        logs.put_subscription_filter(
            logGroupName=group, filterName="all", filterPattern="", destinationArn=ROUTER
        )


def _rules(aws: Aws) -> None:
    events = aws.client("events")
    events.put_rule(Name="s3-calls", EventPattern=PATTERN)
    events.put_targets(Rule="s3-calls", Targets=[{"Id": "1", "Arn": f"{READER}:live"}])
    other = json.dumps({"detail-type": ["Object Created"], "source": ["aws.s3"]})
    events.put_rule(Name="objects", EventPattern=other)
    events.put_targets(Rule="objects", Targets=[{"Id": "1", "Arn": ROUTER}])
    events.put_rule(Name="asleep", EventPattern=PATTERN, State="DISABLED")
    events.put_targets(Rule="asleep", Targets=[{"Id": "1", "Arn": ROUTER}])


def _delivery_stream(aws: Aws) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/run"
    function = {"ParameterName": "LambdaArn", "ParameterValue": f"{ENRICHER}:live"}
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName="siem",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": STREAM, "RoleARN": role},
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": BUCKET,
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [{"Type": "Lambda", "Parameters": [function]}],
            },
        },
    )

"""Following by a queue: what S3 tells of is loaded once, and nothing that it told is lost."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from ingest.follow import follow_queue
from ingest.pipeline import IngestOptions, IngestSummary
from ingest.sources.base import S3Settings, Selection
from ingest.sources.queue import Queue, Told, _server, told
from ingest.sources.sessions import open_client
from stormtrail.cli import run
from stormtrail.errors import AccessError, ExitCode
from stormtrail.layout import Layout
from tests.ingest.conftest import record, rows_of
from tests.ingest.test_s3 import log_key
from tests.interrupt import heeding, interrupt
from tests.ports import unused_port

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

BUCKET = "queue-test-logs"


@dataclass(frozen=True)
class Aws:
    """A bucket that tells a queue of new objects."""

    url: str
    queue: str
    s3: S3Client
    sqs: SQSClient

    def put(self, key: str, *numbers: int) -> None:
        content = json.dumps({"Records": [record(number) for number in numbers]}).encode()
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(content))

    def left(self) -> int:
        """Messages in the queue, those that are hidden included."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        return sum(map(int, found["Attributes"].values()))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setattr("ingest.sources.queue._LONG_POLL_SECONDS", 0)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", url)
    s3 = open_client(S3Settings(url), 1)
    sqs = boto3.client("sqs", region_name="us-east-1")
    name = f"logs-{uuid4().hex}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    s3.create_bucket(Bucket=BUCKET)
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    told_of: Any = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=told_of)
    yield Aws(url, queue, s3, sqs)
    server.stop()


def followed(aws: Aws, layout: Layout, *actions: Callable[[], object], **options: Any) -> list[int]:
    """What each round inserted; an action after each."""
    left = list(actions)

    def go_on() -> bool:
        if left:
            left.pop(0)()
            return True
        return False

    made = IngestOptions(endpoint_url=aws.url, **options)
    queue = Queue(aws.queue, [f"s3://{BUCKET}/trail"], made.settings, made.selection)
    rounds: Iterator[IngestSummary] = follow_queue(queue, layout, go_on, made)
    return [summary.inserted for summary in rounds]


def test_what_arrives_is_loaded_once_and_its_message_deleted(aws: Aws, layout: Layout) -> None:
    aws.put(log_key("2026/03/01", "old"), 1)
    counts = followed(
        aws,
        layout,
        lambda: aws.put(log_key("2026/03/01", "a b+c%41"), 2, 3),
        lambda: None,
        lambda: aws.put(log_key("2026/03/02", "last"), 4),
    )
    assert counts == [1, 0, 2, 0, 1]
    assert aws.left() == 0
    assert len(rows_of(layout)) == 4


def test_what_the_queue_told_of_is_known_to_a_listing(aws: Aws, layout: Layout) -> None:
    followed(aws, layout, lambda: aws.put(log_key("2026/03/01"), 1))
    assert len(rows_of(layout)) == 1
    assert followed(aws, layout) == [0, 0]
    assert len(rows_of(layout)) == 1


def test_objects_that_are_not_wanted_are_not_loaded_and_their_messages_go(
    aws: Aws, layout: Layout
) -> None:
    def others() -> None:
        aws.put(log_key("2026/03/01", kind="CloudTrail-Digest"), 1)
        aws.put("elsewhere/" + log_key("2026/03/01"), 2)
        aws.put(log_key("2026/03/01", region="us-east-1"), 3)

    assert followed(aws, layout, others, regions=("eu-west-1",)) == [0, 0, 0]
    assert aws.left() == 0


def test_a_message_whose_object_is_not_there_comes_again(aws: Aws, layout: Layout) -> None:
    def vanish() -> None:
        aws.put(log_key("2026/03/01"), 1)
        aws.put(log_key("2026/03/01", "b"), 2)
        aws.s3.delete_object(Bucket=BUCKET, Key=log_key("2026/03/01"))

    assert followed(aws, layout, vanish) == [0, 0, 1]
    assert aws.left() == 1


def test_what_is_no_notification_is_told_and_left(aws: Aws, layout: Layout) -> None:
    bodies = [
        "hello",
        "[]",
        "{}",
        '{"Records": [{"eventName": 5}]}',
        '{"Records": null}',
        '{"s3Bucket": "b", "s3ObjectKey": ["\\ud800"]}',
        json.dumps(
            {
                "Records": [
                    {
                        "eventName": "ObjectCreated:Put",
                        "s3": {
                            "bucket": {"name": BUCKET},
                            "object": {"key": "k", "size": "9", "eTag": 1},
                        },
                    }
                ]
            }
        ),
    ]
    for body in bodies:
        aws.sqs.send_message(QueueUrl=aws.queue, MessageBody=body)
    notes: list[str] = []
    queue = Queue(aws.queue, [f"s3://{BUCKET}"], S3Settings(aws.url), Selection(), notes.append)
    assert [message.objects for message in queue.receive()] == [()]  # S3's own test event
    assert len(notes) == len(bodies)
    assert all(line.endswith("is no notification of S3") for line in notes)
    assert aws.left() == len(bodies) + 1


def test_a_notification_of_cloudtrails_own_is_looked_up(aws: Aws, layout: Layout) -> None:
    def tell() -> None:
        aws.put(log_key("2026/03/01"), 1)
        for message in aws.sqs.receive_message(QueueUrl=aws.queue)["Messages"]:
            aws.sqs.delete_message(QueueUrl=aws.queue, ReceiptHandle=message["ReceiptHandle"])
        inner = {"s3Bucket": BUCKET, "s3ObjectKey": [log_key("2026/03/01")]}
        body = json.dumps({"Type": "Notification", "Message": json.dumps(inner)})
        aws.sqs.send_message(QueueUrl=aws.queue, MessageBody=body)

    assert followed(aws, layout, tell) == [0, 0, 1]
    assert followed(aws, layout) == [0, 0]
    assert aws.left() == 0


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, ()),
        ({"Records": [{"eventName": "ObjectRemoved:Delete", "s3": {}}]}, ()),
        (
            {"Records": [{"eventName": "ObjectCreated:Put", "s3": {
                "bucket": {"name": "b"},
                "object": {"key": "a+b%2Bc/%C3%A9.gz", "size": 7, "eTag": "0a"}}}]},
            (Told("b", "a b+c/é.gz", 7, "0a"),),
        ),
        (
            {"source": "aws.s3", "detail-type": "Object Created", "detail": {
                "bucket": {"name": "b"}, "object": {"key": "a+b.gz", "size": 7, "etag": "0a"}}},
            (Told("b", "a+b.gz", 7, "0a"),),
        ),
    ],
)  # fmt: skip
def test_each_form_of_notification_is_read(body: dict[str, Any], found: tuple[Told, ...]) -> None:
    assert told(json.dumps(body)) == found
    assert told(json.dumps({"Type": "Notification", "Message": json.dumps(body)})) == found


def test_a_queue_that_is_not_there_ends_it_with_one_line(aws: Aws, layout: Layout) -> None:
    with pytest.raises(AccessError, match="no such queue"):
        followed(Aws(aws.url, f"{aws.queue}-none", aws.s3, aws.sqs), layout)


def test_a_queue_is_for_following_objects_in_s3(tmp_path: Path) -> None:
    queue = ["--queue", "http://127.0.0.1:9/q"]
    assert run(["ingest", "s3://b", *queue]) == ExitCode.USAGE
    assert run(["ingest", str(tmp_path), "--follow", *queue]) == ExitCode.USAGE


def test_the_verb_follows_a_queue_until_it_is_interrupted(aws: Aws, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "stormtrail.cli", "ingest", f"s3://{BUCKET}", "--follow", "--json",
        "--queue", aws.queue, "--endpoint-url", aws.url,
    ]  # fmt: skip
    with subprocess.Popen(
        heeding(command), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["inserted"] == 0
        aws.put(log_key("2026/03/01"), 1, 2)
        assert json.loads(child.stdout.readline())["inserted"] == 2
        interrupt(child)
    assert child.returncode == ExitCode.INTERRUPTED
    assert len(rows_of(Layout(tmp_path / "stormtrail-store"))) == 2


def test_a_queue_that_cannot_be_reached_is_asked_ever_more_seldom(
    aws: Aws, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = Config(retries={"total_max_attempts": 1})
    monkeypatch.setattr("ingest.sources.queue.retrying", lambda _connections: once)
    rounds, pauses = iter([True, True, True, False]), list[float]()
    options = IngestOptions(endpoint_url=aws.url)
    nowhere = f"http://127.0.0.1:{unused_port()}/123456789012/none"
    queue = Queue(nowhere, [f"s3://{BUCKET}/trail"], options.settings, options.selection)
    list(follow_queue(queue, layout, lambda: next(rounds), options, sleep=pauses.append))
    assert pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/logs", None),
        ("https://vpce-1a.sqs.eu-west-1.vpce.amazonaws.com/111122223333/logs", None),
        ("http://127.0.0.1:5678/123456789012/logs", "http://127.0.0.1:5678"),
        ("http://localstack:4566/000000000000/logs", "http://localstack:4566"),
    ],
)
def test_a_queue_of_another_server_is_asked_there(url: str, server: str | None) -> None:
    assert _server(url) == server

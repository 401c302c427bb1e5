"""Each target against a real server on this machine."""

from __future__ import annotations

import email
import json
import threading
from collections.abc import Iterator
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from reports.delivery import Parcel, open_target
from reports.delivery.webhook import slack_text
from stormtrail.errors import DeliveryError, UsageError

PARCEL = Parcel(
    "stormtrail-20260101T070000Z",
    "Stormtrail: a storm – now",
    ("S 3", "by <dana> & co"),
    {"stormtrail-20260101T070000Z.html": b"<p>report</p>"},
)
NAME = next(iter(PARCEL.files))


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return moto


class Hook(BaseHTTPRequestHandler):
    """Answers with the status that its path names, and keeps what it was sent."""

    got: ClassVar[list[tuple[str, dict[str, Any], str | None]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, json.loads(body), self.headers["Idempotency-Key"]))
        self.send_response(int(self.path.strip("/")))
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_folder_gets_the_files_and_the_same_parcel_twice_is_there_once(tmp_path: Path) -> None:
    target = open_target(str(tmp_path / "new" / "reports"))
    target.send(PARCEL)
    target.send(PARCEL)
    found = [(path.name, path.read_bytes()) for path in (tmp_path / "new" / "reports").iterdir()]
    assert found == [(NAME, b"<p>report</p>")]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match="cannot be written"):
        open_target(str(tmp_path / "file")).send(PARCEL)


def test_a_bucket_gets_the_files_below_the_prefix(aws: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    open_target("s3://reports/weekly/").send(PARCEL)
    found = s3.get_object(Bucket="reports", Key=f"weekly/{NAME}")
    assert found["Body"].read() == b"<p>report</p>"
    assert found["ContentType"] == "text/html; charset=utf-8"


def test_a_bucket_that_is_not_there_is_not_tried_again(aws: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        open_target("s3://no-such-bucket/x").send(PARCEL)
    assert not caught.value.again
    assert caught.value.line().startswith("s3://no-such-bucket/x: NoSuchBucket")


def test_a_topic_gets_subject_and_lines(aws: str) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    arn = sns.create_topic(Name="storms")["TopicArn"]
    url = sqs.create_queue(QueueName="storms")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
    open_target(arn).send(PARCEL)
    found = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert (found["Subject"], found["Message"]) == (
        "Stormtrail: a storm ? now",
        "S 3\nby <dana> & co",
    )


def test_a_mail_goes_to_every_receiver(aws: str) -> None:
    boto3.client("ses").verify_email_identity(EmailAddress="from@example.com")
    target = open_target("ses://from@example.com/a@example.com,b@example.com")
    target.send(PARCEL)
    (sent,) = ses_backends["123456789012"]["eu-west-1"].sent_messages
    assert sent.source == "from@example.com"
    assert set(sent.destinations) == {"a@example.com", "b@example.com"}
    message = email.message_from_string(sent.raw_data, policy=policy.default)
    assert message["Subject"] == PARCEL.subject


def test_a_mails_message_has_the_lines_and_the_report_attached() -> None:
    target = open_target("ses://from@example.com/a@example.com,b@example.com")
    raw = bytes(target.message(PARCEL))  # type: ignore[attr-defined]
    message = email.message_from_bytes(raw, policy=policy.default)
    text, attached = message.iter_parts()
    assert message["Subject"] == PARCEL.subject
    assert message["To"] == "a@example.com, b@example.com"
    assert text.get_content() == "S 3\nby <dana> & co\n"
    assert (attached.get_filename(), attached.get_content()) == (NAME, "<p>report</p>")


def test_a_sender_that_is_not_verified_is_told(aws: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        open_target("ses://stranger@example.com/a@example.com").send(PARCEL)
    assert caught.value.what.startswith("MessageRejected")
    assert not caught.value.again


def test_without_credentials_the_line_says_so(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(DeliveryError, match="no AWS credentials"):
        open_target("s3://reports/x").send(PARCEL)


def test_a_webhook_gets_slacks_form_with_nothing_that_links_or_pings(hook: str) -> None:
    open_target(f"{hook}/200").send(PARCEL)
    text = "Stormtrail: a storm – now\nS 3\nby &lt;dana&gt; &amp; co"
    assert Hook.got == [("/200", {"text": text}, PARCEL.key)]
    assert slack_text(PARCEL) == text


@pytest.mark.parametrize(
    ("status", "again"), [(503, True), (429, True), (404, False), (302, False)]
)
def test_a_webhook_that_refuses_is_tried_again_only_where_it_helps(
    hook: str, status: int, again: bool
) -> None:
    with pytest.raises(DeliveryError) as caught:
        open_target(f"{hook}/{status}").send(PARCEL)
    assert (caught.value.what, caught.value.again) == (f"answered {status}", again)
    assert len(Hook.got) == 1


def test_a_webhooks_address_is_a_secret_and_never_shown(hook: str) -> None:
    target = open_target(f"{hook}/404?token=hunter2")
    with pytest.raises(DeliveryError) as caught:
        target.send(PARCEL)
    assert "hunter2" not in caught.value.line() + target.label + repr(target)


def test_nobody_listening_is_worth_another_try() -> None:
    with pytest.raises(DeliveryError) as caught:
        open_target("http://127.0.0.1:9/x").send(PARCEL)
    assert caught.value.again


@pytest.mark.parametrize(
    "text", ["ftp://host/x", "arn:aws:sqs:r:1:q", "ses://from@example.com", "http://example.com/h"]
)
def test_what_is_no_target_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        open_target(text)

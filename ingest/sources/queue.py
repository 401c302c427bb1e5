"""New objects as an SQS queue tells of them: S3's notifications, directly, by SNS or by EventBridge.

A message is deleted when all that it names is in the store. What is not a notification is left to
the queue's own redrive policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from ingest.sources.base import SCHEME, LogObject, S3Settings, Selection
from ingest.sources.download import may_pass
from ingest.sources.keys import is_log, read_key
from ingest.sources.s3 import S3Reader, client
from ingest.sources.s3errors import explain
from ingest.sources.sessions import open_session, retrying
from stormtrail.errors import AccessError, InputError, UsageError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_FAILURES = (BotoCoreError, ClientError)
_AT_ONCE = 10  # messages of one request: SQS's most
_MOST_MESSAGES = 1_000  # of one round
_HIDDEN_SECONDS = 300  # how long a message is ours, before the queue hands it out again
_LONG_POLL_SECONDS = 20
_REGION = re.compile(r"https?://(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)[.]")


@dataclass(frozen=True)
class Told:
    """An object of which a message tells; size and state are None where it does not say."""

    bucket: str
    key: str
    size: int | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Message:
    """A message of the queue, and the wanted objects that it names."""

    handle: str
    objects: tuple[LogObject, ...]


def told(body: str) -> tuple[Told, ...] | None:
    """The objects that a message names; None where it is no notification."""
    try:
        content = json.loads(body)
        if isinstance(content, dict) and isinstance(content.get("Message"), str):
            content = json.loads(content["Message"])  # an SNS envelope
        return tuple(map(_checked, _named(content)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _checked(found: Told) -> Told:
    """Raises what `told` takes for no notification, where a value is of another type."""
    for text in (found.bucket, found.key, found.etag or ""):
        text.encode()  # nor half a character
    if not isinstance(found.size, int | None):
        raise TypeError("size")
    return found


def _named(content: dict[str, Any]) -> Iterator[Told]:
    if content.get("Event") == "s3:TestEvent":
        return
    if "s3ObjectKey" in content:  # CloudTrail's own notifications
        yield from (Told(content["s3Bucket"], key) for key in content["s3ObjectKey"])
    elif content.get("source") == "aws.s3":  # EventBridge
        found = content["detail"]["object"]
        bucket = content["detail"]["bucket"]["name"]
        yield Told(bucket, found["key"], found.get("size"), found.get("etag"))
    else:
        for record in content["Records"]:
            if record["eventName"].startswith("ObjectCreated"):
                yield _of_record(record["s3"])


def _of_record(event: dict[str, Any]) -> Told:
    found = event["object"]
    key = unquote_plus(found["key"])
    return Told(event["bucket"]["name"], key, found.get("size"), found.get("eTag"))


def _server(url: str) -> str | None:
    """Where a queue is asked that is not one of AWS's: where its URL says."""
    parts = urlsplit(url)
    aws = (parts.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return None if aws or not parts.hostname else f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Queue:
    """The queue at `url`, for objects below `places` (`s3://bucket/prefix`) that are selected."""

    url: str
    places: Sequence[str]
    settings: S3Settings
    selection: Selection
    note: Callable[[str], None] = field(default=lambda _line: None)

    def __post_init__(self) -> None:
        """Raises UsageError where notifications are of no use."""
        if not all(place.startswith(SCHEME) for place in self.places):
            hint = "give s3://bucket/prefix as the source"
            raise UsageError("a queue tells only of objects in S3", where=self.url, hint=hint)

    def receive(self) -> list[Message]:
        """Waits for messages, then takes what there is, some hundreds at most."""
        messages: list[Message] = []
        while len(messages) < _MOST_MESSAGES:
            taken = self._take(0 if messages else _LONG_POLL_SECONDS)
            if not taken:
                break
            messages += filter(None, map(self._read, taken))
        return messages

    def done(self, messages: Iterable[Message]) -> None:
        """Deletes messages."""
        handles = [message.handle for message in messages]
        for start in range(0, len(handles), _AT_ONCE):
            entries = [
                {"Id": str(place), "ReceiptHandle": handle}
                for place, handle in enumerate(handles[start : start + _AT_ONCE])
            ]
            try:
                self._client.delete_message_batch(QueueUrl=self.url, Entries=entries)  # type: ignore[arg-type]
            except _FAILURES as error:
                raise self._failure(error) from error

    @cached_property
    def _client(self) -> SQSClient:
        session = open_session(self.settings)
        named = _REGION.match(self.url)
        region = named[1] if named else session.region_name or "us-east-1"
        return session.client(
            "sqs", region_name=region, config=retrying(1), endpoint_url=_server(self.url)
        )

    def _take(self, wait: int) -> Sequence[Any]:
        try:
            answer = self._client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_AT_ONCE,
                WaitTimeSeconds=wait,
                VisibilityTimeout=_HIDDEN_SECONDS,
            )
        except _FAILURES as error:
            raise self._failure(error) from error
        return answer.get("Messages", ())

    def _failure(self, error: BotoCoreError | ClientError) -> InputError:
        """A queue that refuses is not waited for."""
        found = explain(error, self.url)
        if isinstance(error, ClientError) and not may_pass(error):
            return AccessError(found.what, where=found.where, hint=found.hint)
        return found

    def _read(self, message: Any) -> Message | None:
        named = told(message["Body"])
        if named is None:
            self.note(f"{self.url}: message {message['MessageId']} is no notification of S3")
            return None
        try:
            objects = tuple(filter(None, map(self._object, named)))
        except InputError as error:
            self.note(error.line())
            return None
        return Message(message["ReceiptHandle"], objects)

    def _object(self, found: Told) -> LogObject | None:
        """The object, where it is wanted."""
        uri, facts = f"{SCHEME}{found.bucket}/{found.key}", read_key(found.key)
        below = any(uri.startswith(place) for place in self.places)
        if not (below and is_log(found.key, facts) and self.selection.wants(facts)):
            return None
        size, etag = self._state(found)
        reader = S3Reader(self.settings, found.bucket)
        return LogObject(uri, etag, size, found.key, reader, facts) if size else None

    def _state(self, found: Told) -> tuple[int, str]:
        if found.size is not None and found.etag is not None:
            return found.size, found.etag
        try:
            answer = client(self.settings).head_object(
                Bucket=found.bucket, Key=found.key, **self.settings.request
            )
        except _FAILURES as error:
            raise explain(error, f"{SCHEME}{found.bucket}/{found.key}") from error
        return answer["ContentLength"], answer["ETag"].strip('"')


@dataclass(frozen=True)
class Arrived:
    """Objects that messages told of."""

    messages: Sequence[Message]

    def objects(self) -> Iterator[LogObject]:
        """Each object, in the order of arrival."""
        for message in self.messages:
            yield from message.objects

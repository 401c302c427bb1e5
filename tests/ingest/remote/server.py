"""An S3 server with conditional puts for tests, over real HTTP: moto, made to behave like S3.

moto looks whether an object is there and writes it in two steps; S3 does it in one, so conditional
puts go one after the other here. A rule can refuse requests, as AWS does when something is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, NamedTuple

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


class Asked(NamedTuple):
    """A request: its method, the object's key or the prefix listed, and its condition."""

    method: str
    key: str
    conditional: bool


Refusal = tuple[int, str]
"""Status and AWS's error code."""

Rule = Callable[[Asked], Refusal | None]


@dataclass
class Server:
    """A running server with one bucket; `asked` is what came.

    `rule` refuses requests; `after` does it when they are done, as where an answer is lost. One that is
    not `honest` ignores conditions.
    """

    endpoint_url: str
    bucket: str
    rule: Rule = lambda _asked: None
    after: Rule = lambda _asked: None
    honest: bool = True
    asked: list[Asked] = field(default_factory=list)

    @property
    def store(self) -> str:
        """The address of a store in the bucket."""
        return f"s3://{self.bucket}/team/store?endpoint_url={self.endpoint_url}"

    def client(self) -> Any:
        """A client of the whole bucket."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="KEY",
            aws_secret_access_key="SECRET",
        )

    def all_keys(self) -> list[str]:
        """All keys of the bucket."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]


@contextmanager
def running(bucket: str) -> Iterator[Server]:
    """A server with an empty bucket."""
    moto: Any = DomainDispatcherApplication(create_backend_app)
    one_at_a_time = Lock()

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        key = path.removeprefix(f"/{bucket}").lstrip("/")
        condition = "HTTP_IF_NONE_MATCH" in environ
        asked = Asked(environ["REQUEST_METHOD"], key or query, condition)
        server.asked.append(asked)
        if refusal := server.rule(asked):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _refused(start, refusal)
        if not condition:
            return list(moto(environ, start))
        if not server.honest:
            del environ["HTTP_IF_NONE_MATCH"]
        with one_at_a_time:
            if refusal := server.after(asked):
                list(moto(environ, lambda *_: None))
                return _refused(start, refusal)
            return list(moto(environ, start))

    http = make_server("127.0.0.1", 0, application, threaded=True)
    server = Server(f"http://127.0.0.1:{http.server_port}", bucket)
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        server.client().create_bucket(Bucket=bucket)
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _refused(start: Any, refusal: Refusal) -> list[bytes]:
    status, code = refusal
    body = f"<Error><Code>{code}</Code><Message>refused</Message></Error>".encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
    start(f"{status} Refused", headers)
    return [body]

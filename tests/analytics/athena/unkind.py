"""A proxy before moto's server that answers some calls as Athena does and moto never would."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

Body = dict[str, Any]
Change = Callable[[str, Body, Body, int], Body]
"""(operation, request, moto's answer, how often it was asked before) -> the answer; with `__type`, an
error's."""


@contextmanager
def unkind(endpoint_url: str, change: Change) -> Iterator[str]:
    """The URL of the proxy."""
    target = urlsplit(endpoint_url).netloc
    asked: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = self._passed_on(body)
            before, asked[operation] = asked[operation], asked[operation] + 1
            answer = change(operation, json.loads(body), answer, before)
            text = json.dumps(answer).encode()
            self.send_response(400 if "__type" in answer else status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _passed_on(self, body: bytes) -> tuple[int, Body]:
            connection = http.client.HTTPConnection(target)
            try:
                connection.request("POST", self.path, body, dict(self.headers))
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            finally:
                connection.close()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()

"""A proxy before a real S3 server that answers some requests as AWS does when something is wrong."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit


class Asked(NamedTuple):
    """A request: object key (empty for a listing), prefix listed, and how often it came before."""

    key: str
    prefix: str
    headers: dict[str, str]
    before: int


class Refusal(NamedTuple):
    """An answer of AWS's: status, error code, message. `cut`: the answer breaks off in its body."""

    status: int
    code: str
    message: str = "Access Denied"
    cut: bool = False


Rule = Callable[[Asked], Refusal | None]

DENIED = Refusal(403, "AccessDenied")
CUT = Refusal(200, "", cut=True)
SLOW_DOWN = Refusal(503, "SlowDown", "Please reduce your request rate.")
INTERNAL = Refusal(500, "InternalError", "We encountered an internal error. Please try again.")
ARCHIVED = Refusal(403, "InvalidObjectState", "The operation is not valid for the object's class")
KMS = Refusal(
    403,
    "AccessDenied",
    "User: arn:aws:iam::111111111111:user/ada is not authorized to perform: kms:Decrypt on the "
    "resource associated with this ciphertext because no identity-based policy allows it",
)


@contextmanager
def faulty(endpoint_url: str, rule: Rule) -> Iterator[str]:
    """The URL of the proxy; `rule` says which requests are refused, None passes one on."""
    target = urlsplit(endpoint_url).netloc
    counts: Counter[str] = Counter()
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                before, counts[self.path] = counts[self.path], counts[self.path] + 1
            path, _, query = self.path.partition("?")
            _, _, key = unquote(path).lstrip("/").partition("/")
            prefix = parse_qs(query).get("prefix", [""])[0]
            refusal = rule(Asked(key, prefix, dict(self.headers), before))
            if refusal is None or refusal.cut:
                self._pass_on(cut=refusal is not None)
            else:
                self._refuse(refusal)

        def do_POST(self) -> None:
            """A call to another service than S3: refused, if at all."""
            self.rfile.read(int(self.headers["Content-Length"]))
            refusal = rule(Asked("", "", dict(self.headers), 0))
            self._refuse(refusal or INTERNAL, "<ErrorResponse>", "</ErrorResponse>")

        def _refuse(self, refusal: Refusal, before: str = "", after: str = "") -> None:
            error = f"<Code>{refusal.code}</Code><Message>{refusal.message}</Message>"
            body = f"{before}<Error>{error}</Error>{after}"
            self._answer(refusal.status, {"Content-Type": "application/xml"}, body.encode())

        def _pass_on(self, *, cut: bool) -> None:
            connection = http.client.HTTPConnection(target)
            connection.request("GET", self.path, headers=dict(self.headers))
            answer = connection.getresponse()
            body = answer.read()
            headers = {k: v for k, v in answer.getheaders() if k.lower() != "transfer-encoding"}
            self._answer(answer.status, headers | {"Content-Length": str(len(body))}, body, cut=cut)
            connection.close()

        def _answer(
            self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False
        ) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = cut

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

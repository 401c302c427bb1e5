"""Where public keys come from."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.integrity import KeyFile, open_keys
from ingest.integrity.keys import PublicKey
from stormtrail.errors import InputError
from tests.ingest.integrity.archives import fingerprint, key_entry, public_value, rsa_key

AT = datetime(2026, 3, 5, tzinfo=UTC)
REGIONS = ("us-east-1", "eu-west-1")


def test_a_file_may_hold_the_answers_of_several_regions(tmp_path: Path) -> None:
    answers = {name: {"PublicKeyList": [key_entry(rsa_key(n))]} for n, name in enumerate(REGIONS)}
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(answers))
    keys = KeyFile.read(path)
    assert [keys.find(fingerprint(rsa_key(n)), REGIONS, AT) for n in (0, 1)] == [
        PublicKey(
            fingerprint(rsa_key(n)),
            public_value(rsa_key(n)),
            datetime(2026, 2, 1, tzinfo=UTC),
            datetime(2026, 4, 1, tzinfo=UTC),
        )
        for n in (0, 1)
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [("{", "is not JSON"), ("{}", "holds no public key"), ('[{"Fingerprint": 1}]', "holds no")],
)
def test_a_file_without_keys_is_an_error_that_tells_how_to_make_one(
    tmp_path: Path, text: str, what: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(InputError, match=what) as caught:
        KeyFile.read(path)
    assert "aws cloudtrail list-public-keys" in caught.value.hint


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        KeyFile.read(tmp_path / "none")


class _Api(BaseHTTPRequestHandler):
    """ListPublicKeys in CloudTrail's protocol: the second key is on a second page."""

    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        region = self.headers["Authorization"].split("/")[2]
        self.asked.append(query | {"region": region})
        second = "NextToken" in query
        answer: dict[str, Any] = {"PublicKeyList": [_wire(rsa_key(int(second)))]}
        body = json.dumps(answer if second else answer | {"NextToken": "2"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def _wire(key: Any) -> dict[str, Any]:
    start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert base64.b64decode(public_value(key))
    times = {"ValidityStartTime": start.timestamp(), "ValidityEndTime": end.timestamp()}
    return {"Value": public_value(key), "Fingerprint": fingerprint(key), **times}


@contextmanager
def _serving() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    asked: list[dict[str, Any]] = []
    handler = type("Handler", (_Api,), {"asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_the_api_is_asked_once_for_a_region_and_month_through_all_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _serving() as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", url)
        keys = open_keys(None)
        found = [keys.find(fingerprint(rsa_key(n)), REGIONS[:1], AT) for n in (0, 1, 0)]
        unknown = keys.find("f" * 32, REGIONS, AT)
    assert [key and key.value for key in found] == [public_value(rsa_key(n)) for n in (0, 1, 0)]
    assert found[0] and found[0].valid_until == datetime(2026, 4, 1, tzinfo=UTC)
    assert unknown is None
    assert [query["region"] for query in asked] == ["us-east-1"] * 2 + ["eu-west-1"] * 2
    first = [datetime.fromtimestamp(asked[0][name], UTC) for name in ("StartTime", "EndTime")]
    assert first == [datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)]

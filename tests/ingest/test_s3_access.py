"""Profiles and roles: whose credentials a request carries, and what becomes of one that expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from ingest.pipeline import IngestOptions, ingest
from ingest.sources.base import S3Settings
from ingest.sources.sessions import open_client, open_session
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from tests.ingest.conftest import rows_of
from tests.ingest.faulty import DENIED, Asked, faulty
from tests.ingest.integrity.archives import log_file
from tests.ingest.test_s3 import log_key

BUCKET = "role-test-logs"
ROLE = "arn:aws:iam::111111111111:role/read-logs"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """S3 with one log file, and STS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    client = open_client(S3Settings(url), 1)
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key=log_key("2026/03/01"), Body=log_file("e-1"))
    yield url
    server.stop()


def callers(aws: str, layout: Layout, **options: Any) -> set[tuple[str, bool]]:
    """The start of the access key of each S3 request, and whether it has a session's token."""
    seen: set[tuple[str, bool]] = set()

    def rule(asked: Asked) -> None:
        credential = asked.headers["Authorization"].partition("Credential=")[2]
        seen.add((credential[:4], "X-Amz-Security-Token" in asked.headers))

    with faulty(aws, rule) as url:
        ingest([f"s3://{BUCKET}"], layout, IngestOptions(endpoint_url=url, **options))
    assert [row["event_id"] for row in rows_of(layout)] == ["e-1"]
    return seen


def test_the_role_is_assumed_and_its_credentials_are_used(aws: str, layout: Layout) -> None:
    assert callers(aws, layout) == {("STOR", False)}
    assert callers(aws, layout, role_arn=ROLE) == {("ASIA", True)}


def test_worker_processes_assume_the_role_too(aws: str, layout: Layout) -> None:
    assert callers(aws, layout, role_arn=ROLE, workers=1) == {("ASIA", True)}


def test_a_profile_names_its_own_keys_and_its_own_role(
    aws: str, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile audit]\naws_access_key_id = AUDITKEY\naws_secret_access_key = x\n"
        f"[profile logs]\nsource_profile = audit\nrole_arn = {ROLE}\nregion = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert callers(aws, layout, profile="audit") == {("AUDI", False)}
    assert callers(aws, layout, profile="logs") == {("ASIA", True)}


def test_a_roles_credentials_are_renewed_before_they_expire(aws: str) -> None:
    credentials: Any = open_session(S3Settings(aws, role_arn=ROLE)).get_credentials()
    first = credentials.get_frozen_credentials().access_key
    assert credentials.get_frozen_credentials().access_key == first
    soon = datetime.now(UTC) + timedelta(minutes=5)
    credentials._expiry_time = soon
    for kept in credentials._refresh_using.__self__._cache.values():
        kept["Credentials"]["Expiration"] = soon.isoformat()
    assert credentials.get_frozen_credentials().access_key != first


def test_a_role_that_may_not_be_assumed_is_one_line_and_3(
    aws: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["ingest", f"s3://{BUCKET}", "--role-arn", ROLE, "--endpoint-url", aws]
    with faulty(aws, lambda _: DENIED) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        assert run([*command, "--store", str(tmp_path / "store")]) == ExitCode.UNREADABLE
    assert capsys.readouterr().err == (
        f"error: s3://{BUCKET}/: the role may not be assumed; "
        "allow sts:AssumeRole, and let the role trust this caller\n"
    )


def test_without_any_credentials_a_role_is_not_asked_for(
    aws: str, layout: Layout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    command = ["ingest", f"s3://{BUCKET}", "--role-arn", ROLE, "--endpoint-url", aws]
    assert run([*command, "--store", str(tmp_path / "store")]) == ExitCode.UNREADABLE
    assert "no AWS credentials were found" in capsys.readouterr().err

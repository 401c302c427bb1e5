"""What the ingest tests share: a store to fill, records to write, rows to read back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.sources.s3 import _made_client
from stormtrail.layout import Layout

REAL = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def real() -> Path:
    """The real records beside the project; skips, saying so, where they are absent."""
    if not REAL.is_dir():
        pytest.skip(f"real records are absent: {REAL}")
    return REAL


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """The places of an empty store."""
    return Layout(tmp_path / "store")


def rows_of(layout: Layout) -> list[dict[str, Any]]:
    """Every committed row of the store, by file and place in it."""
    rows: list[dict[str, Any]] = []
    for file in layout.committed_files():
        rows += pq.read_table(layout.root / file.path, partitioning=None).to_pylist()
    return sorted(rows, key=lambda row: (row["source_id"], row["record_index"]))


def record(number: int, **fields: Any) -> dict[str, Any]:
    """A plain management record, its id and second made from `number`."""
    minute, second = divmod(number, 60)
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ada"},
        "eventTime": f"2026-03-01T{minute // 60 % 24:02}:{minute % 60:02}:{second:02}Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": "eu-west-1",
        "requestParameters": None,
        "eventID": f"00000000-0000-4000-8000-{number:012x}",
        "recipientAccountId": "111111111111",
    } | fields


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[str, Iterable[Any]], Path]:
    """Writes `{"Records": [...]}` files below one folder; returns the folder."""
    folder = tmp_path / "archive"

    def write(name: str, records: Iterable[Any]) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"Records": list(records)}))
        return folder

    return write


@dataclass(frozen=True)
class S3Server:
    """A real S3 server over a folder: each folder in it is a bucket."""

    folder: Path
    endpoint_url: str


KEY_ID, SECRET = "STORMTRAILTESTKEY", "only-for-this-test-server"


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """`rclone serve s3` on 127.0.0.1 with keys; the environment holds the right ones."""
    folder = tmp_path / "s3"
    folder.mkdir()
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(folder)]
    command += ["--addr", "127.0.0.1:0", "--auth-key", f"{KEY_ID},{SECRET}"]
    command += ["--dir-cache-time", "0s", "--config", str(tmp_path / "rclone.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield S3Server(folder, _address(server))
        finally:
            server.terminate()


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of this machine, only the test server's."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    forget_clients()


def forget_clients() -> None:
    """S3 clients are kept for a process's life; tests change the credentials within one."""
    _made_client.cache_clear()


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if match := re.search(r"http://[0-9.:]+", line):
            return match[0]
    raise AssertionError("rclone did not say where it listens")

"""A real S3 server on the loopback, for the benchmarks: `rclone serve s3` over a folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY_ID, SECRET = "STORMTRAILBENCH", "only-for-this-benchmark"


def environment() -> dict[str, str]:
    """No credentials of this machine, only the server's."""
    return {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def s3_server(root: Path) -> Iterator[int]:
    """The port of a server whose buckets are the folders in `root`."""
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(root)]
    command += ["--addr", "127.0.0.1:0", "--auth-key", f"{KEY_ID},{SECRET}"]
    command += ["--config", os.devnull]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield _port(server)
        finally:
            server.terminate()


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stderr is not None  # noqa: S101  (it was asked for)
    for line in server.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise RuntimeError("rclone did not say where it listens")

"""How many small objects a second ingest loads over S3, beside what only fetches them."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from benchmarks.process import measure
from benchmarks.s3_server import environment, s3_server
from ingest.sources.base import S3Settings
from ingest.sources.sessions import open_client

_OBJECTS = 10_000
_THREADS = 32
_RUNS = 3
_BUCKET = "small"


def many_objects(archive: Path, folder: Path) -> Iterator[str]:
    """A line with objects a second of ingest and of a plain fetch, from the same server in turn."""
    names = _linked(archive, folder / "s3" / _BUCKET)
    os.environ |= environment()
    with s3_server(folder / "s3") as port:
        url = f"http://127.0.0.1:{port}"
        pairs = [(_ingest(url, folder / "out"), _fetch(url, names)) for _ in range(_RUNS)]
    ours, plain = (len(names) / median(times) for times in zip(*pairs, strict=True))
    yield (
        f"- Over S3 on the loopback, {len(names):,} such objects: {ours:,.0f} files/s; listing and "
        f"fetching them with boto3 and {_THREADS} threads, and nothing more: {plain:,.0f} files/s "
        f"(median of {_RUNS} each, in turn)."
    )


def _linked(archive: Path, bucket: Path) -> list[str]:
    bucket.mkdir(parents=True)
    paths = sorted(archive.glob("*.json.gz"))[:_OBJECTS]
    for path in paths:
        (bucket / path.name).hardlink_to(path)
    return [path.name for path in paths]


def _ingest(url: str, store: Path) -> float:
    """Seconds of the whole command, its start among them."""
    shutil.rmtree(store, ignore_errors=True)
    command = [sys.executable, "-m", "stormtrail.cli", "ingest", f"s3://{_BUCKET}"]
    run = measure([*command, "--endpoint-url", url, "--store", str(store)])
    if run.code:
        raise SystemExit(f"ingest ended with {run.code}: {run.errors[-500:]}")
    return run.seconds


def _fetch(url: str, names: list[str]) -> float:
    begun = time.perf_counter()
    client = open_client(S3Settings(url), _THREADS)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET):
        assert page["KeyCount"]  # noqa: S101  (a bucket that is not empty)
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(
            lambda name: client.get_object(Bucket=_BUCKET, Key=name)["Body"].read(), names
        ):
            pass
    return time.perf_counter() - begun

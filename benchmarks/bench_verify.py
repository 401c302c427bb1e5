"""How much faster `verify` is than one thread that makes the same requests, over a slow S3.

    python -m benchmarks.bench_verify [--files 1000] [--latency-ms 20]

A real S3 server (`rclone serve s3`) on the loopback, behind a proxy that holds every request back.
Both runs verify the same clean chain; the reports must be equal and free of problems.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import machine, write_section
from benchmarks.s3_server import environment, s3_server
from ingest.integrity import IntegrityReport, KeyFile, Status, open_archive, verify
from ingest.sources.base import S3Settings
from ingest.sources.sessions import open_client
from tests.ingest.integrity.archives import BUCKET, Archive, clean_archive, key_entry, rsa_key

FILES_AN_HOUR = 40
WANTED = 5.0


@dataclass(frozen=True)
class Result:
    """One run: threads, seconds, and what it found."""

    threads: int
    seconds: float
    report: IntegrityReport


def main() -> int:
    """Runs both, prints a table, and fails where the wanted ratio is missed."""
    options = _options()
    os.environ |= environment()
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder, "s3")) as port:
        archive = clean_archive(-(-options.files // FILES_AN_HOUR), FILES_AN_HOUR)
        _upload(archive, port)
        keys = Path(folder, "keys.json")
        keys.write_text(json.dumps({"PublicKeyList": [key_entry(rsa_key())]}))
        with _delayed(port, options.latency_ms / 1000) as slow_port:
            fast = _run(slow_port, keys, None)
            slow = _run(slow_port, keys, 1)
    return _told(slow, fast, options.latency_ms)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--latency-ms", type=float, default=20.0)
    return parser.parse_args()


def _served(root: Path) -> AbstractContextManager[int]:
    (root / BUCKET).mkdir(parents=True)
    return s3_server(root)


def _upload(archive: Archive, port: int) -> None:
    """By the API, because the server keeps only such objects' metadata."""
    client = open_client(S3Settings(f"http://127.0.0.1:{port}"), 1)
    for key, data in archive.objects.items():
        metadata = archive.metadata.get(key, {})
        client.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata=metadata)


@contextmanager
def _delayed(port: int, seconds: float) -> Iterator[int]:
    """The port of a proxy, in a process of its own, that passes each request on after a while."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    process = multiprocessing.Process(target=_proxy, args=(listening, port, seconds), daemon=True)
    process.start()
    try:
        yield listening.getsockname()[1]
    finally:
        process.terminate()
        process.join()


def _proxy(listening: socket.socket, port: int, seconds: float) -> None:
    async def serve() -> None:
        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pass_on(reader, back, seconds), _pass_on(there, writer, 0.0))

        server = await asyncio.start_server(meet, sock=listening)
        await server.serve_forever()

    asyncio.run(serve())


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
) -> None:
    """What comes, later; a GET request is one segment on the loopback."""
    while data := await reader.read(1 << 20):
        if seconds:
            await asyncio.sleep(seconds)
        writer.write(data)
        await writer.drain()
    writer.close()


def _run(port: int, keys: Path, threads: int | None) -> Result:
    archive = open_archive(f"s3://{BUCKET}", S3Settings(f"http://127.0.0.1:{port}"))
    begun = time.perf_counter()
    report = verify(archive, KeyFile.read(keys), threads=threads)
    return Result(threads or archive.threads, time.perf_counter() - begun, report)


def _told(slow: Result, fast: Result, latency_ms: float) -> int:
    """Prints the table, keeps it in RESULTS.md, and says whether both goals were met."""
    ratio = slow.seconds / fast.seconds
    text = _table(slow, fast, latency_ms, ratio)
    print(text)
    equal = slow.report == fast.report and fast.report.clean and not fast.report.notices
    if not equal:
        print("the reports differ, or the clean archive was not proven", file=sys.stderr)
        return 1
    write_section("verify", text)
    return 0 if ratio >= WANTED else 1


def _table(slow: Result, fast: Result, latency_ms: float, ratio: float) -> str:
    proven = fast.report.count(Status.PROVEN)
    rows = [
        f"| {result.threads} | {result.seconds:.2f} | {proven / result.seconds:.0f} |"
        for result in (slow, fast)
    ]
    return "\n".join(
        (
            "## Verifying digests over S3",
            "",
            f"A clean chain of {proven:,} log files and {fast.report.digests} digests on a real S3 "
            f"server on the loopback, {latency_ms:g} ms added to each request. {machine()}.",
            "",
            "| threads | seconds | log files a second |",
            "|---:|---:|---:|",
            *rows,
            "",
            f"Ratio {ratio:.1f}; wanted: at least {WANTED:g}.",
        )
    )


if __name__ == "__main__":
    sys.exit(main())

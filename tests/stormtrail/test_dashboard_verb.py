from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from stormtrail.errors import ExitCode
from tests.interrupt import heeding, interrupt
from tests.ports import unused_port


@pytest.fixture
def port() -> int:
    return unused_port()


@pytest.fixture
def server(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "stormtrail.cli", "dashboard", "--port", str(port)]
    with subprocess.Popen(
        heeding(command), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        yield child
        if child.poll() is None:
            interrupt(child)


@pytest.mark.slow
def test_the_dashboard_answers_on_this_machine_only_and_ends_on_interrupt(
    server: subprocess.Popen[str], port: int
) -> None:
    assert server.stderr is not None
    said = [next(line for line in server.stderr if "URL" in line or "running" in line)]
    with urlopen(f"http://localhost:{port}/_stcore/health") as answer:
        assert answer.read() == b"ok"
    assert said
    assert listening_elsewhere(port) == []
    out, _ = interrupt(server)
    assert out == ""
    assert server.returncode == ExitCode.INTERRUPTED


def listening_elsewhere(port: int) -> list[str]:
    """Listeners on the port at other addresses than the loopback, as the kernel lists them."""
    loopback = {"0100007F", "00000000000000000000000001000000"}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, hexadecimal = local.partition(":")
            if state == "0A" and int(hexadecimal, 16) == port and address not in loopback:
                found.append(address)
    return found

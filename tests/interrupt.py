"""Child processes that Ctrl-C ends, however the tests themselves were started."""

from __future__ import annotations

import signal
import subprocess

PATIENCE_SECONDS = 60


def heeding(command: list[str]) -> list[str]:
    """The command, minding SIGINT: a shell's background jobs ignore it, and so their children."""
    return ["env", "--default-signal=INT", *command]


def interrupt(child: subprocess.Popen[str]) -> tuple[str, str]:
    """Sends Ctrl-C and gives what was said until the end; `TimeoutExpired` where it does not end."""
    child.send_signal(signal.SIGINT)
    try:
        return child.communicate(timeout=PATIENCE_SECONDS)
    finally:
        child.kill()

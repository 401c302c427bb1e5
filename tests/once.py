"""What is dear to make and is only read is made once a run, for all processes of it."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]) -> T:
    """What `make` gives of a folder of its own; a process that comes later gets the same, unpickled.

    The first process makes it, others wait. A test must not write into the folder.
    """
    folder = _of_the_run(factory) / name
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder.with_suffix(".pickle")
        if not kept.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of one that failed
            folder.mkdir()
            content = pickle.dumps(make(folder))
            kept.write_bytes(content)
    made: T = pickle.loads(kept.read_bytes())  # noqa: S301
    return made


def _of_the_run(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "once"

"""`benchmarks/RESULTS.md`: every benchmark has a section of its own, between markers."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from functools import cache
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_ENTRIES = 200_000
_TITLE = "# Results\n\nWritten by the benchmarks themselves; each replaces its own section.\n"


@cache
def machine() -> str:
    """The machine that this runs on, in one line; measured once in a process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processor = _processor() or platform.processor() or platform.machine()
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{processor}, {cores} cores, {gigabytes:.0f} GB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, "
        f"{_pace():.0f} MB of JSON a second by json.loads"
    )


def _pace() -> float:
    """Megabytes of JSON that the standard library decodes a second, the median of five: machines of one name
    differ by more than two, in memory above all."""
    entry = {"eventSource": "lambda.amazonaws.com", "resources": [{"ARN": "a" * 80}], "n": 1}
    text = json.dumps([entry] * _ENTRIES)
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        json.loads(text)
        taken.append(time.perf_counter() - begun)
    return len(text) / 1e6 / statistics.median(taken)


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), None)


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Puts `text` (Markdown) into the section `name`, in place of what it held."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    old = path.read_text(encoding="utf-8") if path.exists() else _TITLE
    before, found, rest = old.partition(begin)
    new = before + section + rest.partition(end)[2]
    if not found:
        new = f"{old.rstrip()}\n\n{section}\n"
    fresh = path.with_suffix(".new")
    fresh.write_text(new, encoding="utf-8")
    fresh.replace(path)

"""A month of a large organization in a store, and one more day of it, made once and kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

_KIND, _SEED, _DAYS = "articles", 1, 31
_ENTRIES_AT_SCALE_1 = 7_800_000  # of thirty days; a storm's share is not quite in proportion
STORMTRAIL = (sys.executable, "-m", "stormtrail.cli")


@dataclass(frozen=True)
class Month:
    """Thirty days in `store`, the archive of the day after them in `next_day`."""

    store: Path
    next_day: Path


def kept() -> Path:
    """Where such months are kept between runs."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "stormtrail-bench"


def month(records: int, folder: Path) -> Month:
    """The month of about so many records below `folder`, made where it is not there yet."""
    place = folder / f"{_KIND}-{records}"
    found = Month(place / "store", place / "next-day")
    if not found.store.exists():
        shutil.rmtree(place, ignore_errors=True)
        _simulate(place, records / _ENTRIES_AT_SCALE_1)
        truth = json.loads((place / "truth.json").read_text())
        last = datetime.fromisoformat(truth["window"]["end"]) - timedelta(days=1)
        _take_out(last, place / "archive", found.next_day)
        fresh = place / "store-new"
        subprocess.run(
            [*STORMTRAIL, "ingest", str(place / "archive"), "--store", str(fresh)], check=True
        )
        fresh.rename(found.store)
        shutil.rmtree(place / "archive")
    return found


def _simulate(place: Path, scale: float) -> None:
    """Not in this process: what it holds would count as memory of those that it measures later."""
    what = [
        "--kind",
        _KIND,
        "--seed",
        str(_SEED),
        "--hours",
        str(24 * _DAYS),
        "--scale",
        str(scale),
    ]
    subprocess.run([*STORMTRAIL, "simulate", *what, "--out", str(place)], check=True)


def _take_out(day: datetime, archive: Path, out: Path) -> None:
    """Moves a day's folders of all accounts and regions from one archive into another."""
    for folder in sorted(archive.rglob(f"{day:%Y/%m/%d}")):
        target = out / folder.relative_to(archive)
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)

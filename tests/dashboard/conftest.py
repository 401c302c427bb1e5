"""Real stores for the pages: a storm, nothing at all, and a storm whose every name is hostile; and a browser."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import simulation
from analytics.rollups import refresh
from analytics.warehouse import publish
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout
from tests.dashboard.browser import launch, served
from tests.once import once

KIND, SEED, HOURS = "three_stages", 7, 24.0
HOSTILE_FUNCTION = "<img src=x onerror=alert(1)>"
HOSTILE_SESSION = "**b** [x](javascript:alert(1)) :smile: $y$ \u202e\u001b[31m"
HOSTILE_AGENT = "=cmd|' /C calc'!A0 <script>alert(1)</script>"


def make_archive(folder: Path, kind: str = KIND) -> Path:
    """A simulated archive of the kind."""
    simulation.make(kind, SEED, folder, hours=HOURS)
    return folder / "archive"


def load(archive: Path) -> Path:
    """The store beside the archive, loaded in this process."""
    layout = Layout(archive.with_name("store"))
    ingest([str(archive)], layout, IngestOptions(workers=0))
    refresh(layout)
    publish(layout)
    return layout.root


def store_of(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """A copy, for this process alone, of the store that `make` makes: pages keep findings in a store."""
    store = shutil.copytree(once(factory, name, make), factory.mktemp(name) / "store")
    publish(Layout(store))  # the database names its files by whole paths
    return store


@pytest.fixture(scope="session")
def storm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runaway storm of one function a stage, a day long."""
    return store_of(tmp_path_factory, "storm", lambda folder: load(make_archive(folder)))


@pytest.fixture(scope="session")
def calm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ordinary work, no log processing at all."""
    return store_of(tmp_path_factory, "calm", lambda folder: load(make_archive(folder, "no_storm")))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which nothing was ever loaded."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="session")
def hostile_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storm again, with names that attack HTML, Markdown, spreadsheets and terminals."""

    def make(folder: Path) -> Path:
        archive = make_archive(folder)
        for path in archive.rglob("*.json.gz"):
            path.write_bytes(gzip.compress(_poisoned(path.read_bytes()), mtime=0))
        return load(archive)

    return store_of(tmp_path_factory, "hostile", make)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of a module: Playwright's loop must not run beside other tests."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def storm_url(storm_store: Path) -> Iterator[str]:
    """The address of a dashboard on the storm."""
    with served(storm_store) as base:
        yield base


def _poisoned(content: bytes) -> bytes:
    text = gzip.decompress(content).decode()
    text = text.replace("forwarder-000", _in_json(HOSTILE_FUNCTION))
    records = json.loads(text)["Records"]
    for record in records:
        record["userAgent"] = HOSTILE_AGENT
        arn = record["userIdentity"].get("arn")
        if record["eventName"].startswith("Put") and arn:
            record["userIdentity"]["arn"] = f"{arn.rsplit('/', 1)[0]}/{HOSTILE_SESSION}"
    return json.dumps({"Records": records}).encode()


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]

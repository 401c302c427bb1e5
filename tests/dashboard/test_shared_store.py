"""Pages on a store on S3: what another machine writes appears, and an outage is told."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from stormtrail import stores
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from stormtrail.settings import load
from tests.dashboard.test_pages import APP, texts
from tests.ingest.conftest import record
from tests.ingest.remote.server import Server, running


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server with an empty bucket, and the credentials for it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with running("dashboard-shared-store") as found:
        yield found


def entries(app: AppTest) -> str:
    """The sidebar's count of entries."""
    assert not app.exception
    return str(app.sidebar.caption[-1].value)


def ingested(folder: Path, numbers: range, store: str) -> Any:
    folder.mkdir()
    (folder / "log.json").write_text(json.dumps({"Records": [record(n) for n in numbers]}))
    return run(["ingest", str(folder), "--store", store])


def test_what_another_machine_writes_appears_and_an_outage_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one"))
    assert ingested(tmp_path / "first", range(10), server.store) == ExitCode.DONE
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "two"))
    mirror: Layout = load(store=server.store).layout
    monkeypatch.setattr(stores, "LOOK_SECONDS", math.inf)
    monkeypatch.setattr("sys.argv", ["app.py", "--store", str(mirror.root)])
    app = AppTest.from_file(APP, default_timeout=60)
    assert entries(app.run()) == "10 entries"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one"))
    assert ingested(tmp_path / "second", range(10, 25), server.store) == ExitCode.DONE
    assert entries(app.run()) == "10 entries"  # it is not time to look again
    monkeypatch.setattr(stores, "LOOK_SECONDS", 0.0)
    assert entries(app.run()) == "25 entries"

    server.rule = lambda _asked: (403, "AccessDenied")
    assert entries(app.run()) == "25 entries"
    assert [item.value for item in app.warning] == [
        "The shared store cannot be reached; this is what was fetched of it before."
    ]
    assert "access is denied; allow s3:ListBucket" in texts(app)
    server.rule = lambda _asked: None
    app.run()
    assert not app.warning

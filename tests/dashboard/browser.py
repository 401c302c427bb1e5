"""The dashboard as a person has it: a real server process and Debian's chromium."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlparse

import pytest
from playwright.sync_api import Browser, Page, Playwright

import dashboard
from tests.ports import unused_port

CHROMIUM = Path("/usr/bin/chromium")
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}: apt-get install chromium"
    ),
]
"""The marks of a module whose tests need the browser."""
SCREENSHOTS = Path("screenshots")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# path -> heading
PAGES = {
    "": "Overview",
    "storm_map": "Storm map",
    "timeline": "Timeline",
    "factor_s": "Factor S",
    "cure": "Cure",
    "anomalies": "Anomalies",
    "evidence": "Evidence",
    "sql_console": "SQL",
    "archive": "Archive",
}
WIDTHS = {"wide": 1440, "laptop": 1280, "narrow": 420}
# Streamlit asks for these below each page's path before it falls back to the root
_HARMLESS = ("/_stcore/", "/favicon")


def launch(playwright: Playwright) -> Browser:
    """Chromium without a window."""
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))


@contextmanager
def served(store: Path) -> Iterator[str]:
    """The dashboard on a store; gives its address, ends the server afterwards."""
    port = unused_port()
    app = Path(dashboard.__file__).with_name("app.py")
    command = [sys.executable, "-m", "dashboard.serving", "run", str(app), f"--server.port={port}"]
    command += ["--", "--store", str(store)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            _wait_until_ready(server)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.communicate()


def _wait_until_ready(server: subprocess.Popen[str]) -> None:
    """Reads what the server says until it names its address."""
    said = []
    for line in server.stdout or ():
        said.append(line)
        if "URL:" in line:
            return
    raise AssertionError("the server ended: " + "".join(said))


class Visitor:
    """A person at a browser: opens pages, and notes all that should not happen."""

    def __init__(
        self, browser: Browser, base: str, *, scheme: str = "light", width: str = "wide"
    ) -> None:
        self.base = base
        self.name = f"{scheme}-{width}"
        size = {"width": WIDTHS[width], "height": 900}
        self.context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.wrongs: list[str] = []
        self.page.on("dialog", lambda dialog: self._wrong(f"dialog: {dialog.message}"))
        self.page.on("pageerror", lambda error: self._wrong(f"script error: {error}"))
        self.page.on("request", lambda request: self._check_host(request.url))

    def _wrong(self, text: str) -> None:
        self.wrongs.append(text)

    def _check_host(self, url: str) -> None:
        if url.startswith(("data:", "blob:", self.base, self.base.replace("http", "ws"))):
            return
        self._wrong(f"request to another host: {urlparse(url).hostname}")

    def open(self, path: str, **query: str) -> Page:
        """Goes to a page and waits until it stands still."""
        self.page.goto(f"{self.base}/{path}?{urlencode(query)}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Waits until the script has run and its elements are drawn."""
        self.page.locator("h2").first.wait_for(timeout=60_000)
        # not "no longer running": a run that is asked for has not begun
        done = self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
        done.wait_for(state="attached", timeout=60_000)
        self.page.locator('[data-testid="stSkeleton"]').first.wait_for(
            state="detached", timeout=60_000
        )

    def screenshot(self, folder: str, name: str) -> None:
        """The whole page, for looking at."""
        main = self.page.locator('[data-testid="stMain"]')
        height = int(main.evaluate("node => node.scrollHeight"))
        width = (self.page.viewport_size or {"width": 1440})["width"]
        self.page.set_viewport_size({"width": width, "height": min(max(900, height), 4000)})
        self.settle()
        target = SCREENSHOTS / folder / f"{name}-{self.name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=target)
        self.page.set_viewport_size({"width": width, "height": 900})

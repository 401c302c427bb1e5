"""`stormtrail dashboard`: the Streamlit app on the store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from stormtrail.console import note
from stormtrail.errors import StoreError
from stormtrail.settings import Settings, load
from stormtrail.verbs._common import StoreFlag, analysis_options

_SPAN = ("since", "until")


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    example = "Example: stormtrail dashboard --port 8501"
    app.command("dashboard", short_help="Show the store in a browser", epilog=example)(
        dashboard_command
    )


def dashboard_command(
    store: StoreFlag = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8501,
    address: Annotated[
        str, typer.Option(help="The address to listen on; set up sign-in before you widen it.")
    ] = "localhost",
) -> int:
    """Show the store in a browser, on this machine only unless told otherwise."""
    settings = load(store=store)
    layout = settings.layout
    note(f"dashboard of {layout.root} on http://{address}:{port} (Ctrl-C ends it)")
    # beside this script lies .streamlit/config.toml, which Streamlit reads
    script = app_script()
    command = [
        sys.executable, "-m", "dashboard.serving", "run", str(script),
        f"--server.port={port}", f"--server.address={address}", "--server.headless=true",
        "--browser.gatherUsageStats=false", "--",
        "--store", str(layout.root.resolve()), "--options", _options(settings),
    ]  # fmt: skip
    return _run(command, script.parent.parent)


def _options(settings: Settings) -> str:
    """How the store is analysed, as the dashboard takes it; a span of time is chosen in the page."""
    if not settings.analysis and not settings.prices:
        return "{}"  # without the seconds that importing the analysis takes
    from analytics import kept

    told = kept.told(analysis_options(settings))
    return json.dumps({name: value for name, value in told.items() if name not in _SPAN})


def app_script() -> Path:
    """The file that Streamlit runs."""
    found = find_spec("dashboard")
    if found is None or found.origin is None:
        raise StoreError("the dashboard is not installed", hint="reinstall Stormtrail")
    return Path(found.origin).with_name("app.py")


def _run(command: list[str], root: Path) -> int:
    """Streamlit as a child; Ctrl-C reaches it too, and it ends by itself."""
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path}
    # what Streamlit says is talk, and stdout is for data
    with subprocess.Popen(command, env=environment, stdout=sys.stderr.fileno()) as child:  # noqa: S603
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.terminate()  # a Ctrl-C reached it too, a signal to this process alone did not
            child.wait()
            raise

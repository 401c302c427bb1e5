"""`python -m dashboard.serving run app.py … -- --store DIR`: Streamlit's own command line, which warms up
while the server begins to listen."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from streamlit.web import cli

from stormtrail.errors import StormtrailError

_FIRST = ("dashboard.tables", "dashboard.charts.money", "dashboard.charts.traffic")
"""What the overview needs."""
_LATER = (
    "dashboard.charts.factors",
    "dashboard.charts.storm_map",
    "dashboard.moves",
    "analytics.templates.files",
    "analytics.sandbox",
    "analytics.examination",
)
"""What other pages need, or a span of time that was not analysed yet."""


def main() -> None:
    """Begins to warm up, then hands over to Streamlit with the arguments as they are."""
    threading.Thread(target=warm, args=(sys.argv[1:],), daemon=True).start()
    cli.main(prog_name="streamlit")


def warm(arguments: Sequence[str]) -> None:
    """Does what the first visitor would otherwise wait for; what fails here is told to that visitor.

    First what every page needs, then the findings, then what only some pages or filters need.
    """
    from dashboard import data, frame

    of_script = arguments[arguments.index("--") + 1 :] if "--" in arguments else ()
    with suppress(StormtrailError):
        store = frame.opened(of_script)
        if not store.empty:
            data.extent(store)
            _import(_FIRST)
            data.prepare(store)
    _import(_LATER)


def _import(modules: Sequence[str]) -> None:
    for name in modules:
        importlib.import_module(name)


if __name__ == "__main__":
    main()

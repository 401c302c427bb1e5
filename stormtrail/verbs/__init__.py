"""One module a verb: each has `register(app)`. A new file here is a new verb.

Modules whose name starts with `_` are shared by verbs. Heavy imports stand inside the commands,
so that `--help` is there at once.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import typer

# the order of `--help`: the way one goes; verbs that are not named here follow, sorted
_ORDER = (
    "demo", "ingest", "verify", "topology", "analyze", "report", "plan", "prices",
    "sql", "athena", "dashboard", "schedule", "store", "simulate",
)  # fmt: skip


def register_all(app: typer.Typer) -> None:
    """Adds every verb of this package to `app`."""
    found = {module.name for module in iter_modules(__path__) if not module.name.startswith("_")}
    known = [name for name in _ORDER if name in found]
    for name in (*known, *sorted(found.difference(known))):
        import_module(f"{__name__}.{name}").register(app)

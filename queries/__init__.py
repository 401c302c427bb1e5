"""One SQL file, one question. `names()` and `text(name)` are the only door."""

from __future__ import annotations

from importlib.resources import files

from stormtrail.errors import UsageError


def names() -> tuple[str, ...]:
    """All query names, sorted; a name is the file's path below `queries/` without `.sql`."""
    root = files(__name__)
    found = [item.name[:-4] for item in root.iterdir() if item.name.endswith(".sql")]
    found += [
        f"{folder.name}/{item.name[:-4]}"
        for folder in root.iterdir()
        if folder.is_dir() and not folder.name.startswith("_")
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    ]
    return tuple(sorted(found))


def text(name: str) -> str:
    """The SQL of the query called `name`; UsageError names the known ones."""
    if name not in names():
        raise UsageError(f"no query is called {name!r}", hint=f"known: {', '.join(names())}")
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")

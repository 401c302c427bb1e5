"""The driver's own code on the executors: what is there already, or else a zip of it.

The libraries (pyarrow, msgspec, isal, numpy, boto3) cannot be sent so: they have to be where the
workers' Python is (docs/spark.md).
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stormtrail.errors import UsageError

if TYPE_CHECKING:
    from pyspark import SparkContext

_PACKAGES = ("ingest", "stormtrail")
_NEEDED = "ingest.spark.tasks"  # with all that it imports


def ship(context: SparkContext) -> None:
    """Sees to it that executors run this code; UsageError where they lack what it needs."""
    sources = _reader()
    if _asked(context, _digest(sources)) != _digest(sources)():
        context.addPyFile(str(_zipped(sources)))
    if problem := _asked(context, _importing()):
        what = f"its workers cannot run Stormtrail ({problem})"
        hint = "give them the same Python and the same packages (docs/spark.md)"
        raise UsageError(what, where=str(context.master), hint=hint)


# A function within a function goes over as its own code; a module's own function would only be
# named there, and its module not be found or be another version's.


def _reader() -> Callable[[], Iterator[tuple[str, bytes]]]:
    def sources() -> Iterator[tuple[str, bytes]]:
        """Name and content of every module that Python would find, in a folder or in a zip."""
        for package in _PACKAGES:
            found = find_spec(package)
            for place in map(Path, (found and found.submodule_search_locations) or ()):
                if place.is_dir():
                    for path in sorted(place.rglob("*.py")):
                        yield path.relative_to(place.parent).as_posix(), path.read_bytes()
                else:
                    with zipfile.ZipFile(place.parent) as archive:
                        for name in sorted(archive.namelist()):
                            if name.startswith(f"{package}/"):
                                yield name, archive.read(name)

    return sources


def _digest(sources: Callable[[], Iterator[tuple[str, bytes]]]) -> Callable[[], str]:
    def digest() -> str:
        """What tells this code from another version of it."""
        known = hashlib.sha256()
        for name, content in sources():
            known.update(b"%s %d\n%s" % (name.encode(), len(content), content))
        return known.hexdigest()

    return digest


def _importing() -> Callable[[], str]:
    def importing() -> str:
        """Why the code cannot be imported; empty where it can."""
        try:
            import_module(_NEEDED)
        except ImportError as error:
            return f"Python {sys.version.split()[0]}: {error}"
        return ""

    return importing


def _asked(context: SparkContext, question: Callable[[], str]) -> str:
    """What an executor answers."""

    def answer(_: Any) -> str:
        return question()

    found: str = context.parallelize([0], 1).map(answer).first()
    return found


def _zipped(sources: Callable[[], Iterator[tuple[str, bytes]]]) -> Path:
    """A zip of this code; Spark takes a copy."""
    path = Path(tempfile.mkdtemp(prefix="stormtrail-")) / "stormtrail-code.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sources():
            archive.writestr(name, content)
    return path

"""Findings kept in the store, by the state that they were found in: an unchanged store is not analysed twice.

A key says everything that findings depend on: what the ledger calls committed, the pulled links, the
promises of plans, the options, and the code. Who cannot write into the store analyses each time.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from analytics import findings as finding
from analytics.options import USUAL, AnalysisOptions
from stormtrail.layout import Layout

if TYPE_CHECKING:
    from analytics.situation import Situation

MOST_FILES = 16
"""Older ones are deleted: their state is not likely to come back."""

Told = Mapping[str, Any]
"""What is told to an analysis: the fields of AnalysisOptions that are not the usual, as JSON has them."""

_Kept = TypeVar("_Kept")
_STATE = (
    "cast(count(*) as text), cast(total(duplicates) as text), cast(total(rejected) as text), "
    "cast(total(id * (integrity = 'proven')) as text), "
    "cast(total(id * (integrity = 'tampered')) as text)"
)
"""What analysis reads of the ledger, besides the committed files."""

_WORKING: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)


def told(options: AnalysisOptions) -> Told:
    """What of the options is not the usual, as JSON has it."""
    plain, usual = msgspec.to_builtins(options), msgspec.to_builtins(USUAL)
    return _other(plain, usual)


def _other(given: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    other = {name: value for name, value in given.items() if value != usual.get(name)}
    for name, value in other.items():
        if isinstance(value, dict):
            other[name] = _other(value, usual[name])
    return other


def findings(
    layout: Layout, options: Told, make: Callable[[], finding.Findings] | None = None
) -> finding.Findings:
    """What `analyze` finds, from the store where it is kept; else found by `make` (None: `analyze` itself),
    and kept. Raises StoreError.

    Threads that ask for the same at once wait for the first.
    """
    path = _path(layout, options, "findings")
    return _kept(path, finding.Findings, make or (lambda: _analyzed(layout, options)))


def keep(
    layout: Layout, options: Told, found: finding.Findings, there: Situation | None = None
) -> None:
    """Keeps what was found just now, and where it is known the situation that it came from."""
    _write(_path(layout, options, "findings"), found)
    if there is not None:
        _write(_path(layout, options, "situation"), there)


def situation(layout: Layout, options: Told) -> Situation | None:
    """What the cures of these findings are worked out from; None where the window holds no entry."""
    from analytics.situation import Situation

    found = findings(layout, options)
    path = _path(layout, options, "situation")
    return _kept(path, Situation | None, lambda: _examined(layout, options, found))


def _analyzed(layout: Layout, options: Told) -> finding.Findings:
    from analytics.analysis import analyze

    return analyze(layout, msgspec.convert(options, AnalysisOptions))


def _examined(layout: Layout, options: Told, found: finding.Findings) -> Situation | None:
    from analytics.planning import situation_of

    return situation_of(layout, msgspec.convert(options, AnalysisOptions), found)


def _kept(path: Path, kind: Any, make: Callable[[], _Kept]) -> _Kept:
    """What the file holds, if it is whole and of the kind; else what is made now."""
    with _WORKING[path]:
        try:
            found: _Kept = msgspec.msgpack.decode(path.read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            found = make()
            _write(path, found)
    return found


def _write(path: Path, value: object) -> None:
    """Whole or not at all; not at all where the store may not be written to."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        fresh.write_bytes(msgspec.msgpack.encode(value))
        fresh.replace(path)
        newest = sorted(path.parent.iterdir(), key=lambda other: -other.stat().st_mtime_ns)
        for old in newest[MOST_FILES:]:
            old.unlink(missing_ok=True)


def _path(layout: Layout, options: Told, kind: str) -> Path:
    return layout.findings / f"{_key(layout, options)}.{kind}"


def _key(layout: Layout, options: Told) -> str:
    """A digest of all that findings depend on."""
    given = [path for path in (*layout.topology.glob("*.json"), layout.promises) if path.exists()]
    texts = {path.name: path.read_text() for path in sorted(given)}
    files = [(file.path, file.rows, file.batch_id) for file in layout.committed_files()]
    sources = layout.ledger_table("sources", _STATE).to_pylist()
    state = [_code(), options, files, sources, texts]
    return hashlib.sha256(msgspec.json.encode(state, order="deterministic")).hexdigest()[:32]


@cache
def _code() -> str:
    """A digest of the program's parts that findings come from."""
    here = Path(__file__).parent
    parts = [*here.rglob("*.py"), *here.rglob("*.toml"), *here.with_name("queries").rglob("*.sql")]
    digest = hashlib.sha256()
    for path in sorted(parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()

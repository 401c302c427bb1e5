"""What the rollups need of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from stormtrail.layout import Layout


class Engine(Protocol):
    """Runs the queries of `queries/` over chosen event files and named tables."""

    def use_events(self, paths: Sequence[Path]) -> None:
        """Points the view `events` at these files."""
        ...

    def register(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table readable under `name`."""
        ...

    def define(self, name: str, query: str, **parameters: Any) -> None:
        """Makes the rows of a query readable under `name`; they stay where the engine is."""
        ...

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """The rows of a query, with DuckDB's types on every engine."""
        ...

    def answers(self, names: Sequence[str], **parameters: Any) -> Iterator[pa.Table]:
        """The rows of several queries, in their order."""
        ...


Opener = Callable[[Layout], Engine]
"""Opens an engine for a store; which events it reads is said to it."""

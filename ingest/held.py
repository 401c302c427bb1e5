"""The rows of a chunk between decoding and writing: in memory, or aside on disk if they are many.

Files that unpack to far more than their size suggests would else fill the memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.schema import ROWS

_HELD_BYTES = 256 << 20  # of rows in memory: over twice an ordinary chunk
_PACKED = pa.ipc.IpcWriteOptions(compression="zstd", unify_dictionaries=True)


@dataclass
class Held:
    """Tables in the order in which they were added; `aside` is where more than some go."""

    aside: Path
    _files: list[Path] = field(default_factory=list)
    _tables: list[Any] = field(default_factory=list)
    _bytes: int = 0

    def add(self, table: Any) -> None:
        """Keeps a table with `ROWS`."""
        self._tables.append(table)
        self._bytes += table.nbytes
        if self._bytes > _HELD_BYTES:
            self._put_aside()

    def take(self) -> Iterator[Any]:
        """All rows, some at a time, each once."""
        for path in self._files:
            with pa.OSFile(str(path)) as file:
                yield pa.ipc.open_file(file).read_all()
            path.unlink()
        yield pa.concat_tables([ROWS.empty_table(), *self._tables])
        self._files, self._tables, self._bytes = [], [], 0

    def _put_aside(self) -> None:
        path = self.aside.with_suffix(f".{len(self._files)}.arrow")
        with (
            pa.OSFile(str(path), "wb") as file,
            pa.ipc.new_file(file, ROWS, options=_PACKED) as out,
        ):
            out.write_table(pa.concat_tables(self._tables))
        self._files.append(path)
        self._tables, self._bytes = [], 0

"""pyarrow without pandas."""

from __future__ import annotations

import sys

import pyarrow as pa


class _Refusing:
    """A finder of modules that says there is no pandas."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def without_pandas() -> None:
    """Lets pyarrow find out that there is no pandas, which it imports with its first array to know pandas'
    objects: a sixth of a second and 40 MB in each process. Others may import it all the same."""
    if "pandas" in sys.modules:
        return
    refusing = _Refusing()
    sys.meta_path.insert(0, refusing)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(refusing)

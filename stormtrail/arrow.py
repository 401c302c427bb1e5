"""pyarrow and scikit-learn without pandas, which both import where they find it, to know its objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

import pyarrow as pa


class _Refusing:
    """A finder of modules that tells one thread that there is no pandas."""

    def __init__(self) -> None:
        self._thread = get_ident()

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas" and get_ident() == self._thread:
            raise ModuleNotFoundError(name)


@contextmanager
def no_pandas() -> Iterator[None]:
    """What this thread imports meanwhile does without pandas, unless it is there already: it takes a sixth of
    a second and 40 MB in each process, and nothing is given or taken in its form."""
    refusing = _Refusing()
    sys.meta_path.insert(0, refusing)
    try:
        yield
    finally:
        sys.meta_path.remove(refusing)


def without_pandas() -> None:
    """Lets pyarrow find out that there is no pandas, which it looks for with its first array."""
    with no_pandas():
        pa.array([0])

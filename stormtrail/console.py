"""What goes where: stdout is data, stderr is talk."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from stormtrail.text import plain

Advance = Callable[[int, int], None]
_UNLIMITED = 1_000_000


def talk() -> Console:
    """The console on stderr; made anew, so that a test's or a pipe's stderr is the one used."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def note(line: str) -> None:
    """One plain line to the person."""
    talk().print(Text(plain(line)))


def emit(text: str) -> None:
    """Data to stdout, ending in a newline."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def emit_bytes(content: bytes) -> None:
    """Binary data to stdout."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


@contextmanager
def progress(label: str) -> Iterator[Advance]:
    """A bar on stderr while the block runs; the value is called with (done, total).

    Nothing is drawn where stderr is no terminal. A total of 0 means that it is not known yet.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    screen = talk()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        task = bars.add_task(plain(label), total=None)

        def advance(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total or None)

        yield advance


@contextmanager
def stages(label: str) -> Iterator[Callable[[str], None]]:
    """A spinner on stderr while the block runs; the value is called with what happens now."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    screen = talk()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        task = bars.add_task(plain(label), total=None)
        yield lambda words: bars.update(task, description=plain(f"{label}: {words}"))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns side by side as plain text; numbers right, nothing cut off outside a terminal."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, name in enumerate(header):
        numeric = any(isinstance(row[place], (int, float)) for row in rows)
        grid.add_column(plain(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_cell(value)) for value in row))
    paper = Console(file=sys.stdout, no_color=True, highlight=False, width=_width())
    with paper.capture() as capture:
        paper.print(grid)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def _cell(value: object) -> str:
    return "" if value is None else plain(value)


def _width() -> int:
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else _UNLIMITED

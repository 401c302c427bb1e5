"""Questions that an investigator asks: each a file here, with what it needs in its head.

The first comment is the question; the second says `grain: …; parameters: …`, where a parameter in
brackets may be left out (it is NULL then).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from importlib.resources import files

from stormtrail.errors import UsageError

_PARAMETER = re.compile(r"\[?(\w+)\]?")


@dataclass(frozen=True)
class SavedQuery:
    """One question: its name, words, what a row of the answer is, and its parameters."""

    name: str
    question: str
    grain: str
    parameters: str
    text: str

    @property
    def optional(self) -> tuple[str, ...]:
        """Parameters that may be left out."""
        return tuple(re.findall(r"\[(\w+)\]", self.parameters))

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters, in order."""
        return () if self.parameters == "none" else tuple(_PARAMETER.findall(self.parameters))


def names() -> tuple[str, ...]:
    """All saved queries, sorted."""
    found = (item.name for item in files(__name__).iterdir())
    return tuple(sorted(name[:-4] for name in found if name.endswith(".sql")))


def every() -> tuple[SavedQuery, ...]:
    """All saved queries, sorted by name."""
    return tuple(get(name) for name in names())


def get(name: str) -> SavedQuery:
    """The query called `name`, with or without `saved/`; UsageError names the nearest."""
    short = name.removeprefix("saved/")
    known = names()
    if short not in known:
        close = difflib.get_close_matches(short, known, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "see `stormtrail sql --list`"
        raise UsageError(f"no saved query is called {name!r}", hint=hint)
    text = files(__name__).joinpath(f"{short}.sql").read_text(encoding="utf-8")
    return _parse(short, text)


def _parse(name: str, text: str) -> SavedQuery:
    question, head = (line.removeprefix("-- ").strip() for line in text.splitlines()[:2])
    grain, _, parameters = head.partition("; parameters: ")
    return SavedQuery(name, question, grain.removeprefix("grain: "), parameters, text)

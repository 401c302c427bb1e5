"""CloudWatch Logs filter patterns: which entries a subscription filter lets pass.

A cell knows of an entry what it is and where from, not who called: what a pattern asks beyond that cannot be told
(None), and what follows from it is worked out as far as it can (Kleene's three-valued logic). An entry's log line
is its JSON text: a term that one of the cell's texts holds is in it, any other may be.

Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, ...".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from analytics import kleene
from analytics.selectors import Cell

Test = Callable[[Cell], bool | None]

LONGEST = 1_024  # characters that a filter takes

_TOKEN = re.compile(
    r"""\s*(?: (?P<sign> && | \|\| | [()] | [!<>]?= | [<>] )
             | (?P<path> \$ [\w.\[\]*'-]* )
             | (?P<quoted> " (?: [^"\\] | \\. )* " )
             | (?P<regex> % [^%]* % )
             | (?P<word> [^\s()=<>!&|"]+ ) )""",
    re.VERBOSE | re.DOTALL,
)
_TERM = re.compile(r'(?P<kind>[-?]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_FIELDS: dict[str, Callable[[Cell], str | bool | None]] = {
    "eventSource": lambda cell: cell.event_source,
    "eventName": lambda cell: cell.event_name,
    "awsRegion": lambda cell: cell.region,
    "recipientAccountId": lambda cell: cell.account,
    "eventCategory": lambda cell: cell.category,
    "managementEvent": lambda cell: (
        None if cell.category is None else cell.category == "Management"
    ),
    "readOnly": lambda cell: cell.read_only,
}
_ALWAYS = frozenset({"eventSource", "eventName", "awsRegion"})  # in every record


def parse(text: str | None) -> Test | None:
    """The test of a pattern; None where it lets everything pass. What is no pattern cannot be told of any cell."""
    pattern = (text or "").strip()
    if not pattern:
        return None
    if len(pattern) > LONGEST or pattern.startswith(("[", "%")):
        return _unknown
    if not pattern.startswith("{"):
        return _of_terms(pattern)
    try:
        return _Reader(list(_tokens(pattern[1:].removesuffix("}")))).whole()
    except (ValueError, RecursionError):
        return _unknown


def _unknown(cell: Cell) -> bool | None:
    del cell
    return None


def _of_terms(pattern: str) -> Test:
    """Words that a line must hold, of those with `?` one, and of those with `-` none."""
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for match in _TERM.finditer(pattern):
        quoted = match["quoted"]
        found[match["kind"]].append(
            match["word"] if quoted is None else _ESCAPED.sub(r"\1", quoted)
        )
    needed = [*map(_holds, found[""])]
    if found["?"]:
        needed.append(_any([*map(_holds, found["?"])]))
    return _all([*needed, *(_lacks(term) for term in found["-"])])


def _holds(term: str) -> Test:
    return lambda cell: True if any(term in text for text in _texts(cell)) else None


def _lacks(term: str) -> Test:
    """A service or call that is excluded is in the lines of its own entries, and seldom in others."""
    return lambda cell: not any(term in text for text in _texts(cell))


def _texts(cell: Cell) -> Iterator[str]:
    given = (cell.event_source, cell.event_name, cell.region, cell.account, cell.category)
    return (text for text in given if text)


def _all(tests: list[Test]) -> Test:
    return lambda cell: kleene.every(one(cell) for one in tests)


def _any(tests: list[Test]) -> Test:
    return lambda cell: kleene.some(one(cell) for one in tests)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise ValueError(f"no pattern: {text[place : place + 20]}")
        yield _Token(match.lastgroup, match[match.lastgroup])
        place = match.end()


@dataclass
class _Reader:
    """Reads `a = b && (c != d || e IS TRUE)`; ValueError where it is something else."""

    tokens: list[_Token]
    place: int = field(default=0)

    def whole(self) -> Test:
        found = self._either()
        if self.place < len(self.tokens):
            raise ValueError("more than an expression")
        return found

    def _either(self) -> Test:
        found = [self._both()]
        while self._taken("||"):
            found.append(self._both())
        return found[0] if len(found) == 1 else _any(found)

    def _both(self) -> Test:
        found = [self._one()]
        while self._taken("&&"):
            found.append(self._one())
        return found[0] if len(found) == 1 else _all(found)

    def _one(self) -> Test:
        if self._taken("("):
            found = self._either()
            if not self._taken(")"):
                raise ValueError("a bracket is not closed")
            return found
        name = self._next("path").removeprefix("$.")
        operator = self._next("sign", "word").upper()
        if operator in ("IS", "NOT"):
            return _stated(name, self._next("word").upper())
        token = self._token()
        if token.kind == "regex":  # of a caller's making: it is not run here
            return _unknown
        value = _ESCAPED.sub(r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text
        return _compared(name, operator, value)

    def _token(self) -> _Token:
        if self.place == len(self.tokens):
            raise ValueError("ends early")
        self.place += 1
        return self.tokens[self.place - 1]

    def _next(self, *kinds: str) -> str:
        token = self._token()
        if token.kind not in kinds:
            raise ValueError(f"not expected: {token.text}")
        return token.text

    def _taken(self, sign: str) -> bool:
        here = self.place < len(self.tokens) and self.tokens[self.place].text == sign
        self.place += here
        return here


def _stated(name: str, wanted: str) -> Test:
    """`IS TRUE`, `IS FALSE`, `IS NULL` and `NOT EXISTS` of a field."""
    read = _FIELDS.get(name, _unknown)
    if wanted in ("TRUE", "FALSE"):
        return lambda cell: None if (value := read(cell)) is None else value is (wanted == "TRUE")
    return (lambda _: False) if name in _ALWAYS else _unknown


def _compared(name: str, operator: str, value: str) -> Test:
    """`=` and `!=` of a text, of which `*` stands for any part; greater and less are asked of numbers."""
    read = _FIELDS.get(name)
    if read is None or operator not in ("=", "!="):
        return _unknown
    wanted = re.compile(".*".join(map(re.escape, value.split("*"))), re.DOTALL)

    def test(cell: Cell) -> bool | None:
        found = read(cell)
        if found is None:
            return None
        text = str(found).lower() if isinstance(found, bool) else found
        return (wanted.fullmatch(text) is not None) is (operator == "=")

    return test

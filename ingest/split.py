"""Find the records in JSON text that no parser takes: cut, damaged, or nested too deeply.

Slow and patient: it looks only at strings, brackets and commas, keeps no stack, and always
ends, so that one bad record costs none of its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A string may lack its end (cut file): matching it anyway keeps the scan linear.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
_LIST = re.compile(rb'"Records"\s*:\s*\[')
_QUOTE, _LIST_OPENS, _LIST_CLOSES = b'"[]'
_OPEN, _CLOSE = b"{[", b"}]"
_BETWEEN = b" \t\r\n,"
# CloudTrail writes it first: where a record lost its end, the next one begins here
_NEXT_RECORD = re.compile(rb',\s*(?=\{\s*"eventVersion"\s*:)')

Piece = tuple[bytes, bool]


def split(text: bytes) -> Iterator[Piece]:
    """Each record's text and whether it is whole.

    The text is any number of `{"Records": [...]}`, lists or records, one after the other; what
    stands between them is given as it is.
    """
    scan = _Scan(text)
    for token in _TOKEN.finditer(text):
        if piece := scan.take(token.start(), token.end()):
            yield piece, True
    if piece := scan.rest():
        yield piece, False


def parts(text: bytes) -> list[bytes]:
    """A damaged piece of text, cut where further records seem to begin in it."""
    return _NEXT_RECORD.split(text)


@dataclass
class _Scan:
    """Where a scan stands: `depth` brackets are open, and records are elements at depth `floor`.

    With a `floor` of 0 no list is open, and a record ends where its outermost bracket closes.
    """

    text: bytes
    depth: int = 0
    floor: int = 0
    start: int = 0
    list_opens_at: int = -1
    held_list: bool = False

    def take(self, start: int, end: int) -> bytes:
        """What a token ends; empty where it ends nothing."""
        kind = self.text[start]
        if kind in _OPEN:
            return self._open(start, end)
        if kind in _CLOSE:
            return self._close(start, end)
        if kind == _QUOTE:
            self._name(start)
        elif self.floor and self.depth == self.floor:
            return self._until(start, end)
        return b""

    def rest(self) -> bytes:
        """What no bracket or comma ended."""
        size = len(self.text)
        return b"" if self.held_list and not self.floor else self._until(size, size)

    def _name(self, start: int) -> None:
        """`"Records"` in an outermost object announces a list of records."""
        if self.depth == 1 and not self.floor and (found := _LIST.match(self.text, start)):
            self.list_opens_at = found.end() - 1

    def _open(self, start: int, end: int) -> bytes:
        between = b"" if self.depth else self._until(start, start)
        self.depth += 1
        is_list = self.depth == 1 and self.text[start] == _LIST_OPENS
        if not self.floor and (is_list or start == self.list_opens_at):
            self.floor, self.start, self.held_list = self.depth, end, True
        return between

    def _close(self, start: int, end: int) -> bytes:
        if not self.depth:  # closes nothing
            return self._until(start, end)
        found = b""
        if self.depth == self.floor:
            if (
                self.text[start] != _LIST_CLOSES
            ):  # one too many: a damaged record, not the list's end
                return found
            found, self.floor = self._until(start, end), 0
        self.depth -= 1
        if not self.depth:
            found = found if self.held_list else self._until(end, end)
            self.start, self.held_list = end, False
        return found

    def _until(self, end: int, next_start: int) -> bytes:
        found = self.text[self.start : end].strip(_BETWEEN)
        self.start = next_start
        return found

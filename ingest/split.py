"""Find the records in JSON text that no parser takes: cut, damaged, or nested too deeply.

Slow and patient: it looks only at strings, brackets and commas, keeps no stack, and always
ends, so that one bad record costs none of its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# A string may lack its end (cut file): matching it anyway keeps the scan linear.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
_RECORDS = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')
_OPEN, _CLOSE = b"{[", b"}]"
_SPACE = b" \t\r\n"


def split(text: bytes) -> Iterator[tuple[bytes, bool]]:
    """Each record's text and whether it is whole, from `{"Records": [...]}`, a list or lines."""
    if match := _RECORDS.match(text):
        return _elements(text, match.end(), ended_by_bracket=True)
    start = len(text) - len(text.lstrip(_SPACE))
    if text[start : start + 1] == b"[":
        return _elements(text, start + 1, ended_by_bracket=True)
    return _elements(text, start, ended_by_bracket=False)


def _elements(text: bytes, start: int, *, ended_by_bracket: bool) -> Iterator[tuple[bytes, bool]]:
    """Elements at the depth of `start`; without an enclosing bracket each ends where it closes."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        kind = text[token.start()]
        if kind in _OPEN:
            depth += 1
        elif kind in _CLOSE:
            depth -= 1
            if depth < 0:
                yield from _element(text[start : token.start()], whole=True)
                return
            if depth == 0 and not ended_by_bracket:
                yield from _element(text[start : token.end()], whole=True)
                start = token.end()
        elif kind == ord(",") and depth == 0:
            yield from _element(text[start : token.start()], whole=True)
            start = token.end()
    yield from _element(text[start:], whole=False)


def _element(text: bytes, *, whole: bool) -> Iterator[tuple[bytes, bool]]:
    if stripped := text.strip(_SPACE):
        yield stripped, whole

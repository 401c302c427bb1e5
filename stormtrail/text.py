"""Records are hostile text: what makes it harmless for terminals, CSV and Markdown.

A leaf module; every output goes through it. HTML is escaped by jinja2's autoescape.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(
    r"""
    (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]                      # CSI: colours, cursor, erase
    | (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])                # OSC, DCS, SOS, PM, APC: titles,
      [^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)              #   links; up to their end
    | \x1b[ -/]*[0-~]                                     # the two-character escapes
    """,
    re.VERBOSE,
)
# C0 and C1 controls, line and paragraph separators, bidi controls, zero-width and tag characters
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!$@])")
_MARKDOWN_START = re.compile(r"^(\s*)([-+=]+|\d+[.)])(?=\s|$)")
_MARKDOWN_LINK = re.compile(r"://|(?<=www)\.", re.IGNORECASE)


def plain(value: object) -> str:
    """One line of visible text: no escape codes, control characters or direction overrides.

    >>> plain("a\\x1b[31mred\\x1b[0m\\nb\\u202e")
    'ared b'
    """
    text = _BREAK.sub(" ", _ESCAPES.sub("", str(value)))
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))


def csv_cell(value: object) -> object:
    """`value` as a spreadsheet may open it: text that would start a formula gets a leading `'`.

    Numbers, also those written as text, stay what they are.

    >>> csv_cell("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = plain(value)
    # spreadsheets fold full-width signs to ASCII before they look for a formula
    folded = unicodedata.normalize("NFKC", text).lstrip()
    if folded.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def markdown(value: object) -> str:
    """`value` as Markdown that shows it and nothing else, also inside a table cell.

    >>> markdown("[x](http://a) <b>|")
    '\\\\[x\\\\](http\\\\://a) \\\\<b\\\\>\\\\|'
    """
    text = _MARKDOWN.sub(r"\\\1", plain(value).replace("&", "&amp;"))
    text = _MARKDOWN_START.sub(_escape_start, text)
    return _MARKDOWN_LINK.sub(lambda match: "\\" + match.group(), text)


def _escape_start(match: re.Match[str]) -> str:
    """Escapes the sign that would make a line a list item or an underline."""
    space, mark = match.groups()
    return f"{space}{mark[:-1]}\\{mark[-1]}"

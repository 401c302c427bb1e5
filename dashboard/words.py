"""Numbers, times and names as a person reads them: a report's words, made safe for pages.

Names come from records, so whatever goes
into Markdown or into a chart passes `md` or `label` here.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

from reports import words
from reports.words import UNKNOWN, component, length, money, number, quantity, share
from stormtrail.text import plain

__all__ = [
    "UNKNOWN",
    "actor",
    "component",
    "count",
    "cut",
    "interval",
    "label",
    "md",
    "moment",
    "money",
    "number",
    "plain",
    "quantity",
    "share",
    "short",
    "since",
    "span",
]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$^\"'=/-])")
# both take no room, and break up links, mail addresses and :short_codes:
_JOINER = "\u2060"
_BREAK = "\u200b"  # a line may end here


def md(text: object) -> str:
    """A record's text for Streamlit's Markdown: never formatting, link, formula or icon."""
    escaped = _MARKDOWN.sub(r"\\\1", plain(text).replace("&", "&amp;"))
    return re.sub("[:.@]", _broken_up, escaped)


def _broken_up(found: re.Match[str]) -> str:
    """A time and a decimal stay whole; a long name may go on in the next line."""
    sign = found.group()
    after = found.string[found.end() : found.end() + 1]
    return sign + (_JOINER if sign == "." or after.isdigit() else _BREAK)


def label(text: object, width: int = 80) -> str:
    """A record's text for a chart, whose labels know some HTML."""
    return html.escape(cut(plain(text), width))


def cut(text: str, width: int) -> str:
    """The text, its middle left out where it is longer than `width` characters."""
    if len(text) <= width:
        return text
    half = (width - 1) // 2
    return f"{text[: width - 1 - half]}…{text[-half:]}"


def count(value: float | None, unit: str = "") -> str:
    """A whole number, exact up to 9,999, then in three digits."""
    if value is None:
        return UNKNOWN
    return f"{number(round(value))} {unit}".rstrip()


def interval(value: tuple[float, float] | None) -> str:
    """`1.9 to 2.1`."""
    return UNKNOWN if value is None else f"{number(value[0])} to {number(value[1])}"


def moment(value: datetime | None) -> str:
    """`12 Jan 2026, 14:05 UTC`."""
    if value is None:
        return UNKNOWN
    at = value.astimezone(UTC) if value.tzinfo else value
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def span(seconds: float | None) -> str:
    """`45 seconds`, `12 minutes`, `3.5 hours`, `9 days`."""
    return UNKNOWN if seconds is None else length(timedelta(seconds=seconds))


def since(start: datetime, end: datetime) -> str:
    """How long from start to end."""
    return length(end - start)


def short(arn: str) -> str:
    """The last name in an ARN: a function's, a log group's, a bucket's."""
    return plain(words.short(arn))


def actor(arn: str | None) -> str:
    """Who, in short: `alice (role Admin)`, `user bob`."""
    return plain(words.actor(arn))

"""Numbers, times and names as a person reads them.

Numbers carry their unit and three digits at most. Names come from records, so whatever goes
into Markdown or into a chart passes `md` or `label` here.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

from stormtrail.text import plain

__all__ = [
    "actor",
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

UNKNOWN = "not known"

_STEPS = ((1e9, "billion"), (1e6, "million"))
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$^\"'=/-])")
_JOINER = "\u2060"  # breaks up links, mail addresses and :short_codes: and takes no room


def md(text: object) -> str:
    """A record's text for Streamlit's Markdown: never formatting, link, formula or icon."""
    escaped = _MARKDOWN.sub(r"\\\1", plain(text).replace("&", "&amp;"))
    return re.sub(r"([:.@])", rf"\1{_JOINER}", escaped)


def label(text: object, width: int = 80) -> str:
    """A record's text for a chart, whose labels know some HTML."""
    return html.escape(cut(plain(text), width))


def cut(text: str, width: int) -> str:
    """The text, its middle left out where it is longer than `width` characters."""
    if len(text) <= width:
        return text
    half = (width - 1) // 2
    return f"{text[: width - 1 - half]}…{text[-half:]}"


def number(value: float | None) -> str:
    """Three significant digits: `0.0123`, `4.56`, `1,230`, `7.89 million`."""
    if value is None:
        return UNKNOWN
    for size, word in _STEPS:
        if abs(value) >= size:
            return f"{_digits(value / size)} {word}"
    return _digits(value)


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{_round_to_three(value):,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}"


def _round_to_three(value: float) -> float:
    return float(f"{value:.3g}")


def count(value: float | None, unit: str = "") -> str:
    """A whole number, exact up to 9,999, then in three digits."""
    if value is None:
        return UNKNOWN
    shown = f"{value:,.0f}" if abs(value) < 10_000 else number(value)
    return f"{shown} {unit}".rstrip()


def share(value: float | None) -> str:
    """A part of one as per cent: `93 %`, `0.4 %`."""
    if value is None:
        return UNKNOWN
    percent = 100 * value
    if 99.5 <= percent < 100:
        return f"{percent:.1f} %" if percent < 99.95 else "over 99.9 %"
    if percent == 0:
        return "0 %"
    return f"{percent:.0f} %" if percent >= 9.5 else f"{percent:.2g} %"


def money(value: float | None, currency: str = "USD") -> str:
    """`1,230 USD`; cents below 100."""
    if value is None:
        return UNKNOWN
    if 0 < abs(value) < 0.01:
        return f"under 0.01 {currency}"
    return f"{value:,.2f} {currency}" if abs(value) < 100 else f"{number(value)} {currency}"


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
    if seconds is None:
        return UNKNOWN
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(seconds)} seconds"


def _two_digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.5 else f"{value:.2g}"


def since(start: datetime, end: datetime) -> str:
    """How long from start to end."""
    return span((end - start) / timedelta(seconds=1))


def short(arn: str) -> str:
    """The last name in an ARN: a function's, a log group's, a bucket's."""
    if arn.startswith("unknown:"):
        kind, *place = arn.removeprefix("unknown:").split(":")
        return f"unknown {kind.replace('_', ' ')}" + (
            f" in {place[0]}" if place and place[0] else ""
        )
    if not arn.startswith("arn:"):
        return plain(arn)
    name = arn.split(":", 5)[-1]
    for kind in ("function:", "log-group:", "stream/", "deliverystream/", "rule/", "trail/"):
        name = name.removeprefix(kind)
    return plain(name)


def actor(arn: str | None) -> str:
    """Who, in short: `alice (role Admin)`, `user bob`."""
    if not arn:
        return UNKNOWN
    parts = arn.split(":", 5)[-1].split("/")
    if parts[0] == "assumed-role" and len(parts) >= 3:
        return plain(f"{parts[-1]} (role {parts[1]})")
    if parts[0] in {"user", "role"}:
        return plain(f"{parts[0]} {parts[-1]}")
    return plain(parts[-1])


def quantity(value: int, noun: str) -> str:
    """`1 loop`, `3 loops`, `no loops`."""
    if value == 0:
        return f"no {_plural(noun)}"
    return f"{count(value)} {noun if value == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith(("ch", "sh", "s", "x")):
        return noun + "es"
    ends_in_y = noun.endswith("y") and noun[-2] not in "aeiou"
    return noun[:-1] + "ies" if ends_in_y else noun + "s"

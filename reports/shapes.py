"""The shapes that charts are made of, as SVG text; whatever they are given is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, floor, log10

from markupsafe import Markup

from reports import words
from stormtrail.text import plain

WIDTH = 720
"""Of every chart, in SVG units."""

_MINUTES = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7 * 1440, 14 * 1440, 30 * 1440)
_TICKS = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)


def label(name: str, y: float) -> Markup:
    """A short name in the left column, the whole of it on hover."""
    return Markup('<text x="246" y="{}" text-anchor="end">{}<title>{}</title></text>').format(
        y, cut(plain(words.short(name)), 36), plain(name)
    )


def cut(text: str, most: int) -> str:
    """The text, its middle left out where it is too long."""
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-(most // 2 - 1) :]}"


def text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    """One line of text at a point."""
    form = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    return form.format(x, y, anchor, plain(text))


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A line of a kind, which the style sheet knows."""
    form = Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
    return form.format(kind, x1, y1, x2, y2)


def polygon(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    """A filled shape of a kind, which the style sheet knows."""
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polygon class="{}" points="{}"/>').format(kind, text)


def legend(x: float, y: float, items: Sequence[tuple[str, str]]) -> Markup:
    """Coloured squares with their words, side by side."""
    form = Markup('<rect class="{}" x="{}" y="{}" width="12" height="12" rx="2"/>')
    parts = [
        form.format(kind, x + 120 * place, y - 6) + text(x + 120 * place + 18, y + 4, label)
        for place, (kind, label) in enumerate(items)
    ]
    return Markup("").join(parts)


def svg(height: float, title: str, parts: Sequence[Markup]) -> Markup:
    """The whole picture, with a title for those who cannot see it."""
    head = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        WIDTH, height, title
    )
    return Markup("").join([head, *parts, Markup("</svg>")])


def ticks(start: datetime, end: datetime) -> list[datetime]:
    """At most eight round moments from start to end."""
    step = next((step for step in _TICKS if (end - start) / step <= 8), (end - start) / 4)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + ceil((start - midnight) / step) * step
    return [first + place * step for place in range(int((end - first) / step) + 1)]


def nice(value: float) -> float:
    """The next 1, 2, 2.5 or 5 times a power of ten."""
    size = 10.0 ** floor(log10(value))
    return next(step * size for step in (1, 2, 2.5, 5, 10) if step * size >= value)

"""Charts as SVG text: pure functions of numbers and names, coloured by the page's CSS variables.

Colours are Okabe and Ito's (2008), which colour-blind people can tell apart; shapes and labels
say the same again. Sizes are in SVG units; the picture scales with its column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from reports import shapes, words


@dataclass(frozen=True)
class Bucket:
    """Entries of one span of time: those of ordinary work, and those that log processing caused."""

    at: datetime
    original: int
    second_order: int


@dataclass(frozen=True)
class Mark:
    """A moment that matters, with its words."""

    at: datetime
    label: str


def timeline(
    buckets: Sequence[Bucket], marks: Sequence[Mark] = (), unit: str = "a minute"
) -> Markup:
    """Stacked areas over time, second-order entries above original ones; marks as dashed lines."""
    if len(buckets) < 2:
        return Markup("")
    plot = _Plot(buckets, left=64, top=28, right=shapes.WIDTH - 12, bottom=226)
    low = [(plot.x(b.at), plot.y(b.original)) for b in buckets]
    high = [(plot.x(b.at), plot.y(b.original + b.second_order)) for b in buckets]
    base = [(plot.right, plot.bottom), (plot.left, plot.bottom)]
    parts = [
        plot.grid(unit),
        shapes.polygon([*low, *base], "original"),
        shapes.polygon([*high, *reversed(low)], "second"),
        *(plot.mark(mark) for mark in marks if plot.start <= mark.at <= plot.end),
        shapes.legend(plot.left, 10, (("second", "second-order"), ("original", "original"))),
    ]
    return shapes.svg(250, f"Entries in {unit}, second-order above original", parts)


def bars(values: Mapping[str, float], currency: str = "USD", most: int = 12) -> Markup:
    """Horizontal bars of money a month, the largest first; the rest as one bar."""
    rows = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(value for _, value in rows[most:])
    shown = [*rows[:most], *([(f"{len(rows) - most} more", rest)] if rest else [])]
    if not shown:
        return Markup("")
    top = max(value for _, value in shown) or 1.0
    parts = [_bar(place, name, value, top, currency) for place, (name, value) in enumerate(shown)]
    return shapes.svg(26 * len(shown) + 6, "Cost a month", parts)


def intervals(rows: Sequence[tuple[str, float, tuple[float, float] | None]]) -> Markup:
    """A dot for each value with its interval as a line, on one axis that shows 0 and 1."""
    if not rows:
        return Markup("")
    top = shapes.nice(
        max([1.0, *(max(value, *(span or (0.0,))) for _, value, span in rows)]) * 1.05
    )
    axis = _Axis(260, shapes.WIDTH - 70, top)
    height = 26 * len(rows) + 34
    lines = [_axis_line(axis, value, height) for value in sorted({0.0, 1.0, top})]
    dots = [_dot(axis, place, row) for place, row in enumerate(rows)]
    return shapes.svg(height, "Factor S with its 95 % interval", [*lines, *dots])


@dataclass(frozen=True)
class _Axis:
    left: float
    right: float
    top: float

    def x(self, value: float) -> float:
        return self.left + (self.right - self.left) * min(value, self.top) / self.top


class _Plot:
    """Time to the right, entries upwards, in a frame."""

    def __init__(
        self, buckets: Sequence[Bucket], left: float, top: float, right: float, bottom: float
    ) -> None:
        self.left, self.top, self.right, self.bottom = left, top, right, bottom
        self.start, self.end = buckets[0].at, buckets[-1].at
        self.highest = shapes.nice(max(b.original + b.second_order for b in buckets) or 1)

    def x(self, at: datetime) -> float:
        return self.left + (self.right - self.left) * ((at - self.start) / (self.end - self.start))

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * value / self.highest

    def grid(self, unit: str) -> Markup:
        rows = [0.0, self.highest / 2, self.highest]
        lines = [shapes.line(self.left, self.y(v), self.right, self.y(v), "grid") for v in rows]
        labels = [shapes.text(self.left - 6, self.y(v) + 4, words.number(v), "end") for v in rows]
        title = shapes.text(self.right, 14, f"entries in {unit}", "end")
        return Markup("").join([*lines, *labels, title, *self._times()])

    def _times(self) -> list[Markup]:
        form = "%H:%M" if self.end - self.start <= timedelta(days=2) else "%d %b"
        ticks = shapes.ticks(self.start, self.end)
        shown = [
            (at, f"{at:%d %b}" if at.hour == at.minute == 0 else f"{at:{form}}") for at in ticks
        ]
        return [shapes.text(self.x(at), self.bottom + 18, label, "middle") for at, label in shown]

    def mark(self, mark: Mark) -> Markup:
        x = self.x(mark.at)
        late = x > (self.left + self.right) / 2
        label = shapes.text(
            x + (-6 if late else 6), self.top + 12, mark.label, "end" if late else "start"
        )
        return shapes.line(x, self.top, x, self.bottom, "mark") + label


def _bar(place: int, name: str, value: float, top: float, currency: str) -> Markup:
    y = 26 * place + 4
    width = (shapes.WIDTH - 350) * value / top
    return Markup("").join(
        [
            shapes.label(name, y + 14),
            Markup('<rect class="bar" x="256" y="{}" width="{:.1f}" height="18" rx="2"/>').format(
                y, width
            ),
            shapes.text(262 + width, y + 14, words.money(value, currency)),
        ]
    )


def _dot(axis: _Axis, place: int, row: tuple[str, float, tuple[float, float] | None]) -> Markup:
    name, value, span = row
    y = 26 * place + 18
    parts = [shapes.label(name, y + 4)]
    if span:
        parts.append(shapes.line(axis.x(max(0.0, span[0])), y, axis.x(span[1]), y, "whisker"))
    parts.append(Markup('<circle class="dot" cx="{:.1f}" cy="{}" r="5"/>').format(axis.x(value), y))
    parts.append(shapes.text(axis.right + 14, y + 4, words.number(value)))
    return Markup("").join(parts)


def _axis_line(axis: _Axis, value: float, height: float) -> Markup:
    x = axis.x(value)
    return shapes.line(x, 4, x, height - 22, "one" if value == 1 else "grid") + shapes.text(
        x, height - 6, words.number(value), "middle"
    )

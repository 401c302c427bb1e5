"""Entries over time: original ones, and those that log processing caused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import plotly.graph_objects as go

from dashboard.charts.base import Mark, draw_marks, figure
from dashboard.palette import LOOP, of_order
from dashboard.words import share

ORDERS = (
    "Original entries",
    "By functions that a source starts",
    "By functions that those call",
    "Further down the chain",
)


@dataclass(frozen=True)
class Bucket:
    """A span of time from `at`, and its entries by order (0: original)."""

    at: datetime
    by_order: tuple[int, ...]

    @property
    def second_order_share(self) -> float | None:
        """The part that log processing caused; None where nothing was recorded."""
        total = sum(self.by_order)
        return sum(self.by_order[1:]) / total if total else None


def stacked(
    buckets: Sequence[Bucket], unit: str, marks: Sequence[Mark] = (), *, height: int = 420
) -> go.Figure:
    """Entries a `unit` of time ("5 minutes"), stacked by order, with marks."""
    title = f"Entries each {unit}, by what caused them; {_sum_up(buckets)}"
    chart = figure(title, height)
    for order, name in enumerate(ORDERS):
        values = [bucket.by_order[order] for bucket in buckets]
        if order == 0 or any(values):
            _add_layer(chart, buckets, values, name, of_order(order))
    return _finished(chart, buckets, marks)


def whole(
    buckets: Sequence[Bucket], unit: str, marks: Sequence[Mark] = (), *, height: int = 420
) -> go.Figure:
    """All entries a `unit` of time, where nothing tells what caused them, with marks."""
    chart = figure(f"Entries each {unit}; what part log processing caused is not known", height)
    _add_layer(
        chart, buckets, [sum(bucket.by_order) for bucket in buckets], "All entries", of_order(0)
    )
    return _finished(chart, buckets, marks)


def _finished(chart: go.Figure, buckets: Sequence[Bucket], marks: Sequence[Mark]) -> go.Figure:
    draw_marks(chart, marks)
    _fit(chart, buckets)
    chart.update_layout(hovermode="x unified", legend_traceorder="normal")
    chart.update_layout(yaxis={"title": {"text": "entries"}, "rangemode": "tozero"})
    return chart


def _fit(chart: go.Figure, buckets: Sequence[Bucket]) -> None:
    """No empty room beside the data, which signs would make."""
    if len(buckets) > 1:
        chart.update_xaxes(range=[buckets[0].at, _edges(buckets)[-1]])


def _edges(buckets: Sequence[Bucket]) -> list[datetime]:
    """Where buckets begin, and where the last one ends: a step needs both."""
    times = [bucket.at for bucket in buckets]
    return [*times, times[-1] + (times[-1] - times[-2])] if len(times) > 1 else times * 2


def _add_layer(
    chart: go.Figure, buckets: Sequence[Bucket], values: list[int], name: str, color: str
) -> None:
    chart.add_scatter(
        x=_edges(buckets),
        y=[*values, *values[-1:]],
        name=name,
        stackgroup="orders",
        mode="lines",
        line={"width": 0, "color": color, "shape": "hv"},
        fillcolor=color,
        hovertemplate="%{y:,}",
    )


def _sum_up(buckets: Sequence[Bucket]) -> str:
    total = sum(sum(bucket.by_order) for bucket in buckets)
    caused = sum(sum(bucket.by_order[1:]) for bucket in buckets)
    return f"log processing caused {share(caused / total)}" if total else "nothing was recorded"


def second_order_share(
    buckets: Sequence[Bucket], marks: Sequence[Mark] = (), *, height: int = 260
) -> go.Figure:
    """The share of second-order entries over time, 0 to 100 %."""
    known = [bucket for bucket in buckets if bucket.second_order_share is not None]
    now = share(known[-1].second_order_share) if known else "nothing"
    chart = figure(f"Share of entries that log processing causes: {now} at the end", height)
    chart.add_scatter(
        x=[bucket.at for bucket in known],
        y=[bucket.second_order_share for bucket in known],
        mode="lines",
        line={"color": LOOP, "width": 2, "shape": "hv"},
        name="Second-order share",
        showlegend=False,
        hovertemplate="%{x|%d %b %Y %H:%M} UTC: %{y:.0%}<extra></extra>",
    )
    draw_marks(chart, [mark for mark in marks if mark.kind != "change"])
    _fit(chart, buckets)
    chart.update_layout(yaxis={"range": [0, 1.02], "tickformat": ".0%"})
    return chart

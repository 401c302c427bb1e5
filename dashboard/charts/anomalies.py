"""Anomalies over time, a row for each detector."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from analytics.findings import Anomaly
from dashboard.charts.base import figure
from dashboard.palette import CYCLE
from dashboard.words import label, number, quantity, short


def over_time(anomalies: Sequence[Anomaly]) -> go.Figure:
    """A dot at each anomaly's beginning; the larger, the stranger."""
    detectors = sorted({item.detector for item in anomalies})
    top = max((item.score for item in anomalies), default=1.0) or 1.0
    number_of = quantity(len(anomalies), "anomaly").capitalize()
    title = f"{number_of} over time, by detector; a larger dot is stranger"
    chart = figure(title, 130 + 44 * max(2, len(detectors)))
    for index, detector in enumerate(detectors):
        items = [item for item in anomalies if item.detector == detector and item.window.start]
        chart.add_scatter(
            x=[item.window.start.replace(tzinfo=None) for item in items if item.window.start],
            y=[label(detector.replace("_", " "), 30)] * len(items),
            mode="markers",
            marker={
                "color": CYCLE[index % len(CYCLE)],
                "size": [8 + 14 * max(0.0, item.score) / top for item in items],
                "opacity": 0.75,
            },
            customdata=[
                [label(short(i.subject), 60), label(i.explanation, 140), number(i.score)]
                for i in items
            ],
            hovertemplate="%{x|%d %b %Y %H:%M} UTC<br>%{customdata[0]}<br>%{customdata[1]}"
            "<br>score %{customdata[2]}<extra></extra>",
            showlegend=False,
        )
    return chart

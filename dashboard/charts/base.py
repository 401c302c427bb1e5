"""What all charts share: size, legend, marks in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import plotly.graph_objects as go

from dashboard.palette import BLUE, CHANGE, LOOP
from dashboard.words import label

KINDS = (
    ("change", "Configuration change", CHANGE, "triangle-down", None),
    ("cause", "The change that closed a loop", BLUE, "triangle-down", "dot"),
    ("onset", "A loop begins", LOOP, "diamond", "solid"),
)


@dataclass(frozen=True)
class Mark:
    """A moment worth a sign over time: a `change` of configuration, a loop's `cause` or `onset`."""

    at: datetime
    text: str
    kind: str = "change"


def figure(title: str, height: int = 320) -> go.Figure:
    """An empty figure with the common layout; `title` is a whole sentence."""
    chart = go.Figure()
    chart.update_layout(
        title={"text": title},
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": {"text": ""}},
        hoverlabel={"align": "left"},
        bargap=0.25,
    )
    chart.update_xaxes(automargin=True)
    chart.update_yaxes(automargin=True)
    return chart


def draw_marks(chart: go.Figure, marks: Sequence[Mark]) -> None:
    """Signs on top that say on hover what happened; causes and onsets have a line as well."""
    for kind, name, color, symbol, dash in KINDS:
        shown = sorted((mark for mark in marks if mark.kind == kind), key=lambda mark: mark.at)
        if not shown:
            continue
        for mark in shown if dash else ():
            chart.add_vline(x=mark.at, line={"color": color, "width": 1.5, "dash": dash})
        _draw_signs(chart, shown, name, color, symbol)


def _draw_signs(
    chart: go.Figure, marks: Sequence[Mark], name: str, color: str, symbol: str
) -> None:
    chart.add_scatter(
        x=[mark.at for mark in marks],
        y=[1] * len(marks),
        yaxis="y9",
        mode="markers",
        marker={"color": color, "size": 11, "symbol": symbol},
        name=name,
        customdata=[label(mark.text, 120) for mark in marks],
        hovertemplate="%{x|%d %b %Y %H:%M} UTC<br>%{customdata}<extra></extra>",
    )
    chart.update_layout(
        yaxis9={"overlaying": "y", "range": [0, 1.02], "visible": False, "fixedrange": True}
    )

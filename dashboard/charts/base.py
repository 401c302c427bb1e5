"""What all charts share: size, legend, marks in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from dashboard.palette import BLUE, CHANGE, LOOP
from dashboard.words import label

# kind, name, colour, symbol, line, height: a cause and the onset that follows it at once are both seen
KINDS = (
    ("change", "Configuration change", CHANGE, "triangle-down", None, 1.0),
    ("cause", "The change that closed a loop", BLUE, "triangle-down", "dot", 0.95),
    ("onset", "A loop begins", LOOP, "diamond", "solid", 0.87),
)
_EDGE = {"color": CHANGE, "width": 1}  # seen on light and dark alike


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
    for kind, name, color, symbol, dash, height in KINDS:
        shown = sorted((mark for mark in marks if mark.kind == kind), key=lambda mark: mark.at)
        if not shown:
            continue
        for mark in shown if dash else ():
            chart.add_vline(x=mark.at, line={"color": color, "width": 1.5, "dash": dash})
        _draw_signs(
            chart,
            shown,
            name,
            {"color": color, "size": 11, "symbol": symbol, "line": _EDGE},
            height,
        )


def _draw_signs(
    chart: go.Figure, marks: Sequence[Mark], name: str, marker: Mapping[str, Any], height: float
) -> None:
    chart.add_scatter(
        x=[mark.at for mark in marks],
        y=[height] * len(marks),
        yaxis="y9",
        mode="markers",
        marker=dict(marker),
        cliponaxis=False,
        name=name,
        customdata=[label(mark.text, 120) for mark in marks],
        hovertemplate="%{x|%d %b %Y %H:%M} UTC<br>%{customdata}<extra></extra>",
    )
    chart.update_layout(
        yaxis9={"overlaying": "y", "range": [0, 1.02], "visible": False, "fixedrange": True}
    )

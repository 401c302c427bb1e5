"""What the archive covers: entries a day, account and region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from dashboard.charts.base import figure
from dashboard.words import count, label, quantity

MOST_ROWS = 40


def heatmap(rows: Iterable[Mapping[str, Any]]) -> go.Figure:
    """Rows of (day, account_id, aws_region, entries): a cell a day, blank for no entries."""
    cells: dict[str, dict[datetime, int]] = defaultdict(dict)
    for row in rows:
        cells[f"{row['account_id']} {row['aws_region']}"][row["day"]] = row["entries"]
    ranked = sorted(cells, key=lambda name: (-sum(cells[name].values()), name))
    shown = ranked[:MOST_ROWS]
    days = sorted({day for name in shown for day in cells[name]})
    more = f" (the busiest {MOST_ROWS} of {len(ranked)})" if len(ranked) > MOST_ROWS else ""
    title = f"Entries of {quantity(len(days), 'day')}, by account and region{more}; gaps stay blank"
    chart = figure(title, 120 + 26 * max(2, len(shown)))
    values = [[cells[name].get(day) for day in days] for name in shown]
    chart.add_heatmap(
        z=values,
        x=days,
        y=[label(name, 44) for name in shown],
        text=[
            [count(value, "entries") if value else "nothing" for value in line] for line in values
        ],
        hovertemplate="%{y}<br>%{x|%d %b %Y}: %{text}<extra></extra>",
        colorscale="Cividis",
        xgap=1,
        ygap=1,
        zmin=0,
        colorbar={"title": {"text": "entries"}, "thickness": 12},
    )
    chart.update_yaxes(autorange="reversed", type="category")
    if len(days) <= 10:
        chart.update_xaxes(tickvals=days, tickformat="%d %b %Y")
    return chart

"""Money: what the storm costs, by what, and what is left of it after a cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.base import figure
from dashboard.palette import BLUE, GREEN, GREY, LOOP, ink
from dashboard.words import component, label, money, number, short

MOST_SHOWN = 12


def by_component(amounts: Mapping[str, float], currency: str) -> go.Figure:
    """Monthly cost of the parts of the bill that log processing drives, the largest on top."""
    total = money(sum(amounts.values()), currency)
    return _bars(amounts, f"The trail's bill, by service: {total} a month", currency, {})


def by_function(amounts: Mapping[str, float], currency: str, in_loop: frozenset[str]) -> go.Figure:
    """Monthly cost that each function causes; those in a loop stand out."""
    colors = {arn: LOOP for arn in amounts if arn in in_loop}
    first = max(amounts.values(), default=0.0)
    title = (
        f"Cost caused by each log-processing function; the first: {money(first, currency)} a month"
    )
    chart = _bars(amounts, title, currency, colors)
    if colors:
        _add_key(chart, "in a loop", LOOP)
        _add_key(chart, "not in a loop", BLUE)
    return chart


def _add_key(chart: go.Figure, name: str, color: str) -> None:
    """A legend entry for a colour: bars of one trace have none."""
    chart.add_bar(x=[None], y=[None], name=name, marker={"color": color}, showlegend=True)
    chart.update_layout(barmode="overlay")


def _bars(
    amounts: Mapping[str, float], title: str, currency: str, colors: Mapping[str, str]
) -> go.Figure:
    largest = sorted(amounts.items(), key=lambda item: (item[1], item[0]))[-MOST_SHOWN:]
    chart = figure(title, 100 + 32 * max(2, len(largest)))
    chart.add_bar(
        x=[amount for _, amount in largest],
        y=[name for name, _ in largest],
        orientation="h",
        marker={"color": [colors.get(name, BLUE) for name, _ in largest]},
        text=[money(amount, currency) for _, amount in largest],
        textposition="auto",
        insidetextfont={"color": [ink(colors.get(name, BLUE)) for name, _ in largest]},
        customdata=[label(name, 160) for name, _ in largest],
        hovertemplate="%{customdata}<br>%{text} a month<extra></extra>",
        showlegend=False,
    )
    names = [name for name, _ in largest]
    chart.update_yaxes(tickvals=names, ticktext=[label(_spoken(name), 30) for name in names])
    chart.update_xaxes(title_text=f"{label(currency)} a month", rangemode="tozero")
    return chart


def _spoken(name: str) -> str:
    return short(name) if name.startswith("arn:") else component(name)


def before_after(
    rows: Sequence[tuple[str, float | None, float | None]], title: str, unit: str
) -> go.Figure:
    """Pairs of bars: (what, before, after) of the cure; unknown values are left out."""
    known = [(what, old, new) for what, old, new in rows if old is not None and new is not None]
    chart = figure(title, 110 + 60 * max(1, len(known)))
    names = [what for what, _, _ in known]
    _add_side(chart, "after", GREEN, names, [new for _, _, new in known], unit)
    _add_side(chart, "before", GREY, names, [old for _, old, _ in known], unit)
    chart.update_layout(barmode="group", legend={"traceorder": "reversed"})
    chart.update_xaxes(title_text=label(unit), rangemode="tozero")
    return chart


def _add_side(
    chart: go.Figure, name: str, color: str, what: list[str], values: list[float], unit: str
) -> None:
    chart.add_bar(
        x=values,
        y=[label(item, 30) for item in what],
        orientation="h",
        name=name,
        marker={"color": color},
        text=[number(value) for value in values],
        insidetextfont={"color": ink(color)},
        hovertemplate=f"%{{y}} {name}: %{{text}} {label(unit)}<extra></extra>",
    )

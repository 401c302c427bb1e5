"""Factor S, the next-generation matrix, and what batching does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from analytics.findings import Interval, Loop, Source
from dashboard.charts.base import figure
from dashboard.palette import BLUE, GREEN, GREY, LOOP, ORANGE, of_state
from dashboard.words import label, number, quantity, short

MOST_SHOWN = 25


def by_source(sources: Sequence[Source]) -> go.Figure:
    """S and S in runs of every source with their intervals, the largest on top."""
    known = sorted((s for s in sources if s.s is not None), key=lambda s: s.s or 0.0)[-MOST_SHOWN:]
    worst = number(known[-1].s) if known else "none"
    title = f"Factor S: one entry of the worst source causes {worst} more entries"
    chart = figure(title, 130 + 42 * len(known))
    _add_factor(chart, known, [s.s for s in known], [s.s_interval for s in known], LOOP, "entries")
    runs = [s.s_invocations for s in known]
    bounds = [s.s_invocations_interval for s in known]
    _add_factor(chart, known, runs, bounds, BLUE, "function runs")
    chart.add_vline(x=1, line={"color": GREY, "dash": "dot", "width": 1})
    chart.update_xaxes(title_text="caused by one delivered entry", rangemode="tozero")
    chart.update_yaxes(tickvals=[s.arn for s in known], ticktext=[_name(s.arn) for s in known])
    return chart


def _name(arn: str) -> str:
    return label(short(arn), 34)


def _add_factor(
    chart: go.Figure,
    sources: Sequence[Source],
    values: Sequence[float | None],
    bounds: Sequence[Interval | None],
    color: str,
    unit: str,
) -> None:
    above, below = _whiskers(values, bounds)
    chart.add_scatter(
        x=list(values),
        y=[s.arn for s in sources],
        mode="markers",
        marker={"color": color, "size": 11, "symbol": "circle" if unit == "entries" else "diamond"},
        error_x={"type": "data", "array": above, "arrayminus": below, "color": color},
        name=f"S in {unit}",
        customdata=[
            [label(s.arn, 160), _span(bound)] for s, bound in zip(sources, bounds, strict=True)
        ],
        hovertemplate=f"%{{customdata[0]}}<br>%{{x:.3g}} {unit}, %{{customdata[1]}}<extra></extra>",
    )


def _span(bound: Interval | None) -> str:
    return "no interval" if bound is None else f"{number(bound[0])} to {number(bound[1])}"


def _whiskers(
    values: Sequence[float | None], bounds: Sequence[Interval | None]
) -> tuple[list[float], list[float]]:
    """Distances from value to upper and lower bound; zero where there is no interval."""
    known = [
        (0.0, 0.0) if value is None or bound is None else (bound[1] - value, value - bound[0])
        for value, bound in zip(values, bounds, strict=True)
    ]
    return [max(0.0, up) for up, _ in known], [max(0.0, down) for _, down in known]


def matrix(sources: Sequence[Source]) -> go.Figure:
    """K as a heat map: rows are causes, columns where their entries are delivered again."""
    fed = [s for s in sources if s.feedback]
    names = sorted({s.arn for s in fed} | {arn for s in fed for arn in s.feedback})[:MOST_SHOWN]
    values = {(s.arn, to): value for s in fed for to, value in s.feedback.items()}
    bounds = {(s.arn, to): bound for s in fed for to, bound in s.feedback_interval.items()}
    cells = [[values.get((row, column), 0.0) for column in names] for row in names]
    spans = [[_span(bounds.get((row, column))) for column in names] for row in names]
    chart = figure(
        "K: entries delivered again, in which source, for each entry of a source",
        150 + 40 * len(names),
    )
    chart.add_heatmap(
        z=cells,
        x=[_name(arn) for arn in names],
        y=[_name(arn) for arn in names],
        colorscale="Cividis",
        zmin=0,
        text=[[number(value) for value in row] for row in cells],
        texttemplate="%{text}",
        customdata=spans,
        hovertemplate="one entry of %{y}<br>causes %{text} (%{customdata}) in %{x}<extra></extra>",
        zmax=max([1.5, *(value for row in cells for value in row)]),
        showscale=False,
    )
    chart.update_yaxes(autorange="reversed", title_text="one entry of …")
    chart.update_xaxes(title_text="… is delivered again in", side="bottom")
    return chart


def radius(loops: Sequence[Loop]) -> go.Figure:
    """ρ of every loop with its interval, against the border of 1."""
    known = [loop for loop in loops if loop.spectral_radius is not None][:MOST_SHOWN]
    over = sum(1 for loop in known if loop.state in {"runaway", "sustained"})
    title = f"Spectral radius ρ: at 1 or above a loop never ends by itself ({over} of {quantity(len(loops), 'loop')})"
    chart = figure(title, 130 + 42 * len(known))
    values = [loop.spectral_radius for loop in known]
    above, below = _whiskers(values, [loop.spectral_radius_interval for loop in known])
    chart.add_scatter(
        x=values,
        y=[label(loop.id, 30) for loop in known],
        mode="markers",
        marker={"size": 13, "color": [of_state(loop.state) for loop in known]},
        error_x={"type": "data", "array": above, "arrayminus": below, "color": GREY},
        customdata=[loop.state for loop in known],
        hovertemplate="ρ = %{x:.3g}, %{customdata}<extra></extra>",
        showlegend=False,
    )
    chart.add_vline(x=1, line={"color": LOOP, "dash": "dash", "width": 2})
    chart.update_xaxes(title_text="ρ", rangemode="tozero", range=[0, max([1.15, *_tops(known)])])
    return chart


def _tops(loops: Sequence[Loop]) -> list[float]:
    return [
        1.1 * (loop.spectral_radius_interval or (0, loop.spectral_radius or 0))[1] for loop in loops
    ]


def ways(batch: float) -> dict[str, float]:
    """Runs for one entry: by a function alone, by way of a queue that it fills, behind a stream."""
    return {"One function": 1.0, "Filled queue": 1 + 1 / batch, "Stream": 1 / batch}


def queue_trap(batch: float) -> go.Figure:
    """Runs that one entry costs by way of a queue, directly, and behind a stream, by batch size."""
    sizes = np.geomspace(1, max(1000.0, 2 * batch), 80)
    chart = figure(
        "A queue that is filled by one run an entry is worse than none, however large its batch",
        340,
    )
    lines = (
        ("one run fills the queue, one in X empties it: 1 + 1/X", 1 + 1 / sizes, LOOP, "solid"),
        ("one function, one run an entry: 1", np.ones_like(sizes), GREY, "dash"),
        ("behind a stream: 1/X", 1 / sizes, GREEN, "solid"),
    )
    for name, values, color, dash in lines:
        chart.add_scatter(
            x=sizes,
            y=values,
            name=name,
            mode="lines",
            line={"color": color, "dash": dash, "width": 3},
            hovertemplate="X = %{x:.0f}: %{y:.3g} runs an entry<extra></extra>",
        )
    chart.add_scatter(
        x=[batch] * 3,
        y=sorted(ways(batch).values()),
        name="your batch",
        mode="lines+markers",
        line={"color": ORANGE, "dash": "dot"},
        hovertemplate="X = %{x:.0f}: %{y:.3g} runs an entry<extra></extra>",
    )
    chart.update_xaxes(type="log", title_text="entries in a batch, X")
    chart.update_yaxes(title_text="runs for one entry", rangemode="tozero")
    return chart

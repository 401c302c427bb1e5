"""The result of a query as a chart."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pyarrow as pa

from dashboard.charts.base import figure
from dashboard.palette import BLUE
from dashboard.words import label, quantity

MOST_BARS = 200
MOST_POINTS = 10_000


def number_columns(result: pa.Table) -> list[str]:
    """Names of the columns that can be drawn upwards."""
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return [field.name for field in result.schema if any(kind(field.type) for kind in kinds)]


def plot(result: pa.Table, across: str, up: str) -> go.Figure:
    """A line where `across` is a time, else a bar for each of the first rows."""
    kind = result.schema.field(across).type
    times = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    rows = min(result.num_rows, MOST_POINTS if times else MOST_BARS)
    of = "" if rows == result.num_rows else f", the first of {result.num_rows:,}"
    chart = figure(f"The result, drawn: {quantity(rows, 'row')}{of}", 380)
    names: list[Any] = result.column(across).slice(0, rows).to_pylist()
    values = [_number(value) for value in result.column(up).slice(0, rows).to_pylist()]
    if times:
        chart.add_scatter(x=names, y=values, mode="lines+markers", line={"color": BLUE})
    else:
        chart.add_bar(x=[label(name, 40) for name in names], y=values, marker={"color": BLUE})
    chart.update_xaxes(title_text=label(across))
    chart.update_yaxes(title_text=label(up))
    return chart


def _number(value: Any) -> float | None:
    return None if value is None else float(value)

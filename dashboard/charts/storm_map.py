"""The storm map: a layered graph, loops drawn back to their source in their own colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

import plotly.graph_objects as go

from dashboard.charts.base import figure
from dashboard.graph import Edge, Graph, Node
from dashboard.palette import BLUE, GREEN, GREY, LOOP, ORANGE
from dashboard.words import count, label, quantity

Point = tuple[float, float]

_KINDS = (
    ("account", False, "Accounts", GREY, "square"),
    ("source", False, "Log sources", ORANGE, "diamond"),
    ("source", True, "Log sources in a loop", LOOP, "diamond"),
    ("function", False, "Functions", BLUE, "circle"),
    ("function", True, "Functions in a loop", LOOP, "circle"),
    ("destination", False, "Destinations", GREEN, "hexagon"),
)
_STEPS = 16
_ROW_PIXELS = 68
_WIDTHS = (1.0, 2.0, 3.5, 5.5, 8.0)


def draw(graph: Graph) -> go.Figure:
    """The map; every node's customdata is its id, for clicks."""
    places = layout(graph)
    curves = [_placed(edge, places) for edge in graph.edges]
    low, high = _heights([*places.values(), *(point for curve in curves for point in curve)])
    chart = figure(_title(graph), 90 + int(_ROW_PIXELS * (high - low)))
    _draw_edges(chart, graph, curves)
    most = max((node.entries for node in graph.nodes), default=1) or 1
    for kind, looped, name, color, symbol in _KINDS:
        nodes = [node for node in graph.nodes if (node.kind, node.in_loop) == (kind, looped)]
        if nodes:
            _draw_nodes(chart, nodes, places, _Look(name, color, symbol, most))
    columns = max((node.column for node in graph.nodes), default=0)
    chart.update_xaxes(visible=False, range=[-0.6, columns + 0.6])
    chart.update_yaxes(visible=False, range=[low, high])
    chart.update_layout(hovermode="closest", clickmode="event+select", dragmode="pan")
    return chart


def _title(graph: Graph) -> str:
    looped = sum(
        node.stands_for for node in graph.nodes if node.in_loop and node.kind == "function"
    )
    functions = sum(node.stands_for for node in graph.nodes if node.kind == "function")
    if any(edge.returns for edge in graph.edges):
        kept = (
            f"; {quantity(looped, 'function')} of {count(functions)} in a loop" if functions else ""
        )
        return f"Orange-red arrows run back to a log source: these entries are recorded again{kept}"
    return f"Nothing runs back: {quantity(functions, 'function')} on chains that end"


def _columns(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    columns: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        columns[node.column].append(node)
    return columns


def layout(graph: Graph) -> dict[str, Point]:
    """A place for every node: x is its column, y keeps it near what leads to it."""
    places: dict[str, Point] = {}
    before = _predecessors(graph.edges)
    for column, nodes in sorted(_columns(graph.nodes).items()):
        ranked = sorted(nodes, key=lambda node: _rank(node, before, places))
        for row, node in enumerate(ranked):
            places[node.id] = (float(column), (len(ranked) - 1) / 2 - row)
    return places


def _rank(
    node: Node, before: Mapping[str, list[str]], places: Mapping[str, Point]
) -> tuple[bool, float, int, str]:
    """Loops stand lowest, so that what runs back below them crosses nothing."""
    return node.in_loop, _pull(node, before, places), -node.entries, node.id


def _predecessors(edges: Iterable[Edge]) -> dict[str, list[str]]:
    before: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        if not edge.returns:
            before[edge.end].append(edge.start)
    return before


def _pull(node: Node, before: Mapping[str, list[str]], places: Mapping[str, Point]) -> float:
    """Minus the mean height of what leads here, so that a high one sorts first."""
    heights = [places[start][1] for start in before.get(node.id, ()) if start in places]
    return -sum(heights) / len(heights) if heights else 0.0


@dataclass(frozen=True)
class _Look:
    """How nodes of one kind are drawn; `most` entries make the largest."""

    name: str
    color: str
    symbol: str
    most: int


@dataclass
class _Strokes:
    """Curves of one colour and width in one trace, for a trace an edge would be slow."""

    x: list[float | None] = field(default_factory=list)
    y: list[float | None] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def add(self, curve: list[Point], arrow: float) -> None:
        """One curve with an arrow head beyond its middle."""
        self.x += [x for x, _ in curve] + [None]
        self.y += [y for _, y in curve] + [None]
        self.sizes += [arrow if i == _head(curve) else 0.0 for i in range(len(curve) + 1)]


def _head(curve: list[Point]) -> int:
    return 1 + 5 * len(curve) // 9


def _heights(points: list[Point]) -> tuple[float, float]:
    """The range that is drawn, with room for labels above and below."""
    heights = [y for _, y in points] or [0.0]
    return min(heights) - 0.4, max(heights) + 0.7


def _placed(edge: Edge, places: Mapping[str, Point]) -> list[Point]:
    """The edge's curve; empty where an end is not drawn."""
    if edge.start not in places or edge.end not in places:
        return []
    return _curve(edge, places[edge.start], places[edge.end])


def _draw_edges(chart: go.Figure, graph: Graph, curves: list[list[Point]]) -> None:
    most = max((edge.entries for edge in graph.edges), default=1)
    strokes: dict[tuple[bool, float], _Strokes] = defaultdict(_Strokes)
    for edge, curve in zip(graph.edges, curves, strict=True):
        if curve:
            width = _width(edge.entries, most)
            strokes[edge.in_loop, width].add(curve, 8 + 1.8 * width)
    for (looped, width), stroke in sorted(strokes.items()):
        _draw_strokes(chart, stroke, LOOP if looped else GREY, width)
    _draw_texts(chart, graph, curves)


def _draw_texts(chart: go.Figure, graph: Graph, curves: list[list[Point]]) -> None:
    """What an arrow says where its head is; lines themselves leave clicks to the nodes."""
    names = {node.id: label(node.name, 40) for node in graph.nodes}
    drawn = [(edge, curve) for edge, curve in zip(graph.edges, curves, strict=True) if curve]
    chart.add_scatter(
        x=[curve[_head(curve)][0] for _, curve in drawn],
        y=[curve[_head(curve)][1] for _, curve in drawn],
        mode="markers",
        marker={"size": 18, "opacity": 0},
        customdata=[
            f"{names[edge.start]} → {names[edge.end]}<br>{count(edge.entries, 'entries')}"
            for edge, _ in drawn
        ],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )


def _width(entries: int, most: int) -> float:
    """One of five widths, by the square root of the entries: a log scale would hide the storm."""
    return _WIDTHS[min(4, int(5 * sqrt(max(0, entries) / max(1, most))))]


def _draw_strokes(chart: go.Figure, stroke: _Strokes, color: str, width: float) -> None:
    chart.add_scatter(
        x=stroke.x,
        y=stroke.y,
        mode="lines+markers",
        line={"color": color, "width": width, "backoff": 0},
        marker={"symbol": "arrow", "angleref": "previous", "size": stroke.sizes, "color": color},
        opacity=0.85 if color == LOOP else 0.45,
        hoverinfo="skip",
        showlegend=False,
    )


def _curve(edge: Edge, start: Point, end: Point) -> list[Point]:
    """An S forward; a bow below everything back to a source; an ear of a source onto itself."""
    if edge.start == edge.end:
        x, y = start
        return _bezier((x, y), (x - 0.5, y - 1.1), (x + 0.5, y - 1.1), (x, y))
    if edge.returns:
        drop = 0.9 + 0.25 * abs(end[0] - start[0])
        low = min(start[1], end[1]) - drop
        return _bezier(start, (start[0] + 0.15, low), (end[0] - 0.15, low), end)
    middle = (start[0] + end[0]) / 2
    lift = 0.9 * max(0.0, end[0] - start[0] - 1)  # over what stands between
    return _bezier(start, (middle, start[1] + lift), (middle, end[1] + lift), end)


def _bezier(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """Points of a cubic curve."""
    points = []
    for step in range(_STEPS + 1):
        t = step / _STEPS
        u = 1 - t
        weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
        points.append(
            (
                sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True)),
                sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True)),
            )
        )
    return points


def _draw_nodes(
    chart: go.Figure, nodes: list[Node], places: Mapping[str, Point], look: _Look
) -> None:
    chart.add_scatter(
        x=[places[node.id][0] for node in nodes],
        y=[places[node.id][1] for node in nodes],
        mode="markers+text",
        name=look.name,
        text=[label(node.name, 20) for node in nodes],
        textposition="top center",
        marker={
            "symbol": look.symbol,
            "size": [14 + 20 * sqrt(node.entries / look.most) for node in nodes],
            "color": look.color,
            "opacity": 1,
            "line": {"width": 1, "color": GREY},
        },
        customdata=[
            [node.id, label(node.id, 160), count(node.entries, "entries")] for node in nodes
        ],
        hovertemplate="%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
    )

"""Loops: sources whose entries cause entries that they deliver again.

K[i][j] is the number of entries delivered by source j that processing one entry of source i causes: the
next-generation matrix (Diekmann, Heesterbeek & Metz 1990). Its spectral radius ρ decides what becomes of
one entry; a loop is a strongly connected set of sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np

from analytics.series import Floats

Matrix = Mapping[str, Mapping[str, float]]

LEAST_ENTRIES = 5  # fewer entries that come back are no loop
LEAST_PART = (
    0.002  # … nor is less of all that a source's entries bring back: stragglers at a link's end
)
NEAR_ONE = 0.01  # what the interval cannot see: rounding of batches, lost records
FAR_FROM_ONE = 0.25  # an interval that holds 1 from there tells nothing: ρ itself decides
WIDE, BY_ITSELF = 0.5, 0.05  # … and one so wide, as of feeds that nothing tells apart, from here


def components(returned: Matrix) -> list[tuple[str, ...]]:
    """The sets of sources whose entries come back; `returned[i][j]` counts entries."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for source, row in returned.items():
        least = max(LEAST_ENTRIES, LEAST_PART * sum(row.values()))
        graph.add_edges_from(
            (source, target) for target, entries in row.items() if entries >= least
        )
    groups = (tuple(sorted(group)) for group in nx.strongly_connected_components(graph))
    return sorted(group for group in groups if len(group) > 1 or graph.has_edge(group[0], group[0]))


def spectral_radius(k: Matrix, sources: Sequence[str]) -> float:
    """The largest absolute eigenvalue of K over these sources."""
    values = np.array([[k.get(i, {}).get(j, 0.0) for j in sources] for i in sources], dtype=float)
    return float(np.max(np.abs(np.linalg.eigvals(values)))) if values.size else 0.0


def state(radius: float, interval: tuple[float, float], ended: bool) -> str:
    """The contract's word for a loop of this spectral radius."""
    if ended:
        return "ended"
    holds_one = interval[0] - NEAR_ONE <= 1.0 <= interval[1] + NEAR_ONE
    near = FAR_FROM_ONE if interval[1] - interval[0] <= WIDE else BY_ITSELF
    if holds_one and abs(radius - 1.0) <= near:
        return "sustained"
    return "runaway" if radius > 1.0 else "amplifying"


def amplification(k: Matrix, sources: Sequence[str]) -> float | None:
    """Entries in all that one original entry ends as, the most over the sources; None where ρ ≥ 1, for it has no
    end then."""
    if spectral_radius(k, sources) >= 1.0:
        return None
    values = np.array([[k.get(i, {}).get(j, 0.0) for j in sources] for i in sources], dtype=float)
    ends = np.linalg.solve(np.eye(len(sources)) - values, np.ones(len(sources)))
    return float(ends.max())


def doubling_minutes(radius: float, kernel: Floats) -> float | None:
    """Minutes in which a runaway loop doubles: ln 2 / g with ρ · Σ_k w_k e^{−g (k + ½)} = 1 (Euler–Lotka)."""
    if radius <= 1.0:
        return None
    from scipy.optimize import brentq  # a third of a second, which only a runaway takes

    age = np.arange(len(kernel)) + 0.5

    def surplus(growth: float) -> float:
        return float(radius * (kernel @ np.exp(-growth * age)) - 1.0)

    if surplus(50.0) > 0:
        return None
    return float(np.log(2) / brentq(surplus, 0.0, 50.0))

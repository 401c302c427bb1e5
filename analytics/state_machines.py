"""Which state machine starts a function: a run's record names only the role that the machine runs as.

Where functions start executions the records name the machine. It starts its functions within seconds, so
the machine whose executions a function's runs follow is theirs; machines of one role are told apart so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from analytics import amplification, arns
from analytics.filling import fills
from analytics.series import Counts, Floats
from analytics.starts import Graph, Start, moved, together

PLAIN = 0.6  # correlation of runs with what the executions of the minutes before foretell


def told(graph_: Graph, runs: Counts, calls: Counts) -> Graph:
    """The graph with the machine in place of its role, wherever recorded executions explain a function's
    runs; keys of `runs` and `calls` are those of the rollups."""
    executions = _executions(calls)
    found: dict[tuple[str, Start], Start] = {}
    for (arn, start), places in graph_.keys.items() if executions else ():
        if start.kind == "step_functions" and not start.recorded:
            there = (arns.account(start.node) or arns.account(arn), arns.region(arn))
            near = {
                machine: series
                for machine, series in executions.items()
                if (arns.account(machine), arns.region(machine)) == there
            }
            machine = _machine(runs.series("runs", runs.only(places)), near)
            if machine:
                found[arn, start] = Start("step_functions", machine)
    return moved(graph_, lambda arn, start: found.get((arn, start), start)) if found else graph_


def _executions(calls: Counts) -> dict[str, Floats]:
    """Executions a minute that functions started, by state machine."""
    weights: dict[str, Floats] = defaultdict(lambda: np.zeros(len(calls.keys)))
    for place, key in enumerate(calls.keys):
        named = key[4] == "states.amazonaws.com" and key[7] is not None
        if named and fills("states", str(key[5])):
            weights[arns.state_machine(str(key[7]))][place] = 1.0
    return {arn: calls.series("entries", weight) for arn, weight in sorted(weights.items())}


def _machine(runs: Floats, executions: Mapping[str, Floats]) -> str | None:
    """The machine whose executions the runs follow best, where that is plain."""
    scores = {arn: _explained(runs, series) for arn, series in executions.items()}
    best = max(scores, key=lambda arn: scores[arn], default=None)
    return best if best is not None and scores[best] >= PLAIN else None


def _explained(runs: Floats, executions: Floats) -> float:
    return 1.0 if together(runs, executions) else amplification.follows(runs, executions)

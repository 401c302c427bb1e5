"""Everything known about one store's window: what the steps between loading and telling found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from analytics import (
    changes,
    divided,
    effects,
    executions,
    feedback,
    judging,
    loops,
    named_buckets,
    named_functions,
    sources,
    started,
    state_machines,
    unrecorded,
    waiting,
)
from analytics.flows import Flow, trace
from analytics.function_settings import FunctionSettings, settings
from analytics.judging import Verdict
from analytics.rollup_data import RollupData
from analytics.sources import Measured
from analytics.starts import Graph, graph, in_step, joined, named, without_function
from analytics.topology import Topology


@dataclass(frozen=True)
class Case:
    """Everything known about one store's window, between loading and telling; `expected` is the data with what runs
    that wait will write."""

    data: RollupData
    topology: Topology
    graph: Graph
    flow: Flow
    measured: Mapping[str, Measured]
    weights: Mapping[str, effects.Weights]
    returned: Mapping[str, Mapping[str, feedback.Return]]
    expected: RollupData
    undecided: tuple[str, ...] = ()
    stands: tuple[unrecorded.Stand, ...] = ()
    waits: tuple[waiting.Waiting, ...] = ()

    @cached_property
    def k(self) -> Mapping[str, Mapping[str, float]]:
        """Entries delivered by j that one entry of i causes: `[i][j]`."""
        return {
            source: {target: back.an_entry for target, back in row.items() if back.an_entry > 0}
            for source, row in self.returned.items()
        }

    @cached_property
    def k_bounds(self) -> tuple[loops.Matrix, loops.Matrix]:
        """K at the lower and at the upper ends of its intervals."""
        low, high = (
            {
                i: {j: pair.interval[end] for j, pair in row.items()}
                for i, row in self.returned.items()
            }
            for end in (0, 1)
        )
        return low, high

    @cached_property
    def foreseen(self) -> Case:
        """The case with what runs that wait will write, as s, K and the cure must count it."""
        return self if self.expected is self.data else replace(self, data=self.expected)

    @cached_property
    def untold(self) -> bool:
        """Whether most entries are of functions of which nothing tells whether they process logs, and of none others
        that they do: then nobody knows how many are second-order entries."""
        if self.measured or not self.undecided:
            return False
        functions = {arn for node in self.undecided for arn in self.graph.functions_of(node)}
        own = started.own_entries(sorted(functions), self.graph, self.data).sum()
        return bool(own >= 0.5 * self.data.traffic.measures["entries"].sum())

    @cached_property
    def function_settings(self) -> Mapping[str, FunctionSettings]:
        """Memory, processor and role of functions, as the changes left them."""
        return settings(self.data.changes)

    @cached_property
    def log_weights(self) -> effects.Weights:
        """All that log processing caused, each entry once."""
        return effects.of_log_processing(set(self.measured), self.graph, self.flow, self.data)


def examine(data: RollupData, pulled: Topology) -> Case:
    """Sources, flows, s and K of the window's rollups."""
    topology = changes.from_changes(data.changes).merged(pulled)
    data, stands = unrecorded.stood_for(data, topology)
    askers = divided.askers(topology)
    data = named_buckets.told_apart(named_functions.told_apart(data, askers), askers)
    data = executions.told_apart(data, topology)
    graph_ = in_step(named(graph(data.runs, topology)), data.runs)
    graph_ = state_machines.told(graph_, data.runs, data.calls)
    judged = judging.judge(graph_, topology, data)
    verdicts = judged.verdicts
    graph_ = joined(graph_, verdicts)
    verdicts = {
        without_function(node): replace(verdict, node=without_function(node))
        for node, verdict in verdicts.items()
    }
    verdicts |= _self_logging(data, verdicts)
    flow = trace(graph_, verdicts, judged.relays)
    weights = {node: effects.of_source(node, graph_, flow, data) for node in sorted(verdicts)}
    measured = {node: sources.measure(verdicts[node], graph_, topology, data) for node in weights}
    waits = waiting.found(flow, data)
    expected = waiting.foreseen(waits, graph_, flow, data)
    returned = feedback.found(measured, weights, expected)
    return Case(
        data,
        topology,
        graph_,
        flow,
        measured,
        weights,
        returned,
        expected,
        judged.undecided,
        stands,
        waits,
    )


def _self_logging(data: RollupData, verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Buckets whose recorded deliveries are entries of a trail: sources without a function."""
    nodes = {f"arn:aws:s3:::{bucket}" for bucket in data.trail_buckets}
    return {node: Verdict(node, "s3", "recorded", 1.0) for node in nodes - set(verdicts)}

"""Tells the truth of a run, from its counts."""

from __future__ import annotations

from datetime import timedelta

import networkx as nx
import numpy as np

from simulation import ids
from simulation.counts import Counts, Span, distinct
from simulation.delivery import Delivery
from simulation.log import Log
from simulation.organization import Organization
from simulation.plan import HOUR, Plan
from simulation.truth import AnomalyTruth, FunctionTruth, LoopTruth, SourceTruth, Truth

SUSTAINED = 0.03
"""A radius within this of 1 is `sustained`."""

Loop = tuple[LoopTruth, set[int]]


def tell(plan: Plan, log: Log, delivery: Delivery, seed: int) -> Truth:
    """The truth of a run."""
    return _Teller(plan, log, seed).truth(delivery)


class _Teller:
    """Counts once, tells many."""

    def __init__(self, plan: Plan, log: Log, seed: int) -> None:
        self.plan, self.log, self.seed = plan, log, seed
        self.organization: Organization = plan.organization
        self.counts = Counts(plan, log)
        self.graph = self._graph()

    def truth(self, delivery: Delivery) -> Truth:
        """All of it."""
        rows = distinct(delivery.rows)
        loops = self._loops()
        functions = (self._function(arn, loops) for arn in sorted(self.plan.owners))
        return Truth(
            kind=self.organization.kind,
            seed=self.seed,
            window={"start": self._stamp(0.0), "end": self._stamp(self.plan.seconds)},
            entries=len(rows),
            second_order_entries=int((self.counts.causes[rows] >= 0).sum()),
            duplicates=len(delivery.rows) - len(rows),
            links_recorded=self.organization.links_recorded,
            sources=[self._source(i, loops) for i in range(len(self.organization.sources))],
            functions=[function for function in functions if function.invocations],
            loops=[loop for loop, _ in loops],
            anomalies=self._anomalies(),
        )

    def _anomalies(self) -> list[AnomalyTruth]:
        return [
            AnomalyTruth(
                a.detector, a.subject, self._stamp(a.start * HOUR), self._stamp(a.end * HOUR)
            )
            for a in self.organization.anomalies
        ]

    def _stamp(self, seconds: float) -> str:
        moment = self.organization.start + timedelta(seconds=int(seconds))
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def _source(self, index: int, loops: list[Loop]) -> SourceTruth:
        source, counts = self.organization.sources[index], self.counts
        mine = (counts.causes == index) & counts.settled
        entries, runs = int(mine.sum()), counts.runs_in(mine)
        delivered = counts.delivered(index) if source.trails else 0
        since = next((counts.span(members) for _, members in loops if index in members), None)
        return SourceTruth(
            arn=source.arn,
            kind=source.kind,
            entries_delivered=delivered,
            second_order_entries=entries,
            invocations=runs,
            s=entries / delivered if delivered else None,
            s_invocations=runs / delivered if delivered else None,
            feedback=self._feedback(index, since) if delivered else {},
            runs_by_order=counts.runs_by_order(mine),
            trails=list(source.trails),
            functions=[stage.function.arn for stage in source.stages if stage.function],
        )

    def _feedback(self, index: int, since: Span | None) -> dict[str, float]:
        sources = self.organization.sources
        found = self.counts.feedback(index, since)
        return {sources[target].arn: value for target, value in sorted(found.items())}

    def _graph(self) -> nx.DiGraph[int]:
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_edges_from((found.cause, found.target) for found in self.counts.returns)
        graph.add_edges_from((cause, target) for cause, target in self.log.lines if cause >= 0)
        return graph

    def _loops(self) -> list[Loop]:
        components = [set(part) for part in nx.strongly_connected_components(self.graph)]
        closed = [p for p in components if any(self.graph.has_edge(a, b) for a in p for b in p)]
        return [(self._loop(members), members) for members in sorted(closed, key=min)]

    def _loop(self, members: set[int]) -> LoopTruth:
        sources = self.organization.sources
        span = self.counts.span(members)
        radius = self._radius(sorted(members), span)
        functions = sorted(arn for arn in self.plan.owners if self._in_loop(arn, members))
        return LoopTruth(
            sources=sorted(sources[i].arn for i in members),
            functions=functions,
            onset=self._stamp(span[0]),
            state=self._state(radius, span[1]),
            spectral_radius=radius,
            cause_event_id=self._cause({sources[i].arn for i in members}, span[0]),
        )

    def _radius(self, members: list[int], span: Span) -> float | None:
        if not all(self.organization.sources[i].trails for i in members):
            return None
        rows = [self.counts.feedback(i, span) for i in members]
        matrix = np.array([[row.get(target, 0.0) for target in members] for row in rows])
        return float(np.abs(np.linalg.eigvals(matrix)).max())

    def _state(self, radius: float | None, last: float) -> str:
        if last < np.inf:
            return "ended"
        if radius is None or abs(radius - 1) <= SUSTAINED:
            return "sustained"
        return "runaway" if radius > 1 else "amplifying"

    def _cause(self, arns: set[str], onset: float) -> str | None:
        """The last closing change before the onset; later ones only made the loop worse."""
        changes = zip(self.organization.changes, self.log.change_rows, strict=True)
        rows = [row for change, row in changes if change.closes in arns and row >= 0]
        rows = [row for row in rows if self.log.times[row] <= onset]
        if not rows:
            return None
        space = ids.space(self.organization.kind, self.seed)
        event = ids.uuids(space, ids.EVENT, np.array([max(rows)], dtype=np.int64))
        return event[0].decode()

    def _function(self, arn: str, loops: list[Loop]) -> FunctionTruth:
        counts = self.counts
        owned = np.array([template.owner == arn for template in self.plan.templates])
        rows = owned[counts.templates] & counts.visible
        runs = rows & counts.is_run
        found = {source: depth for (name, source), depth in self.plan.depths.items() if name == arn}
        return FunctionTruth(
            arn=arn,
            depth=min(found.values()),
            sources=sorted(self.organization.sources[source].arn for source in found),
            in_loop=any(arn in loop.functions for loop, _ in loops),
            invocations=counts.runs_in(rows),
            entries=int(runs.sum()),
            call_entries=int((rows & ~runs).sum()),
        )

    def _in_loop(self, arn: str, members: set[int]) -> bool:
        """Whether entries of the function, or of what it starts, come back to the loop."""
        templates = self.plan.templates
        for found in self.counts.returns:
            owner = templates[found.template].owner
            if {found.cause, found.target} <= members and owner and self._starts(arn, owner):
                return True
        lines = {(c, s) for c, s in self.log.lines if {c, s} <= members}
        return any(
            stage.function and stage.function.arn == arn and stage.logs_to
            for _, s in lines
            for stage in self.organization.sources[s].stages
        )

    def _starts(self, arn: str, owner: str) -> bool:
        """Whether `arn` is `owner` or starts it, at any remove."""
        seen, waiting = {owner}, [owner]
        while waiting:
            name = waiting.pop()
            if name == arn:
                return True
            fresh = self.plan.owners.get(name, set()) - seen
            seen |= fresh
            waiting += fresh
        return False

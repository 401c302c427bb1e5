"""A simulated organization: its entries in columns, when each was delivered, and its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation import ids
from simulation.compiler import compile_plan
from simulation.delivery import Delivery, deliver
from simulation.engine import Engine
from simulation.log import Log
from simulation.organization import Organization
from simulation.plan import Plan
from simulation.telling import tell
from simulation.truth import Truth

_CHUNK = 50_000


@dataclass(frozen=True)
class SimulatedRecord:
    """One delivered record: its text, its time and its slot (seconds since 1970, UTC), its file."""

    text: bytes
    time: float
    slot: float
    account: str
    region: str
    cause: str | None
    order: int


@dataclass(frozen=True)
class Simulation:
    """What happened in an organization. Iterating gives the records in the archive's order."""

    organization: Organization
    seed: int
    plan: Plan = field(repr=False)
    log: Log = field(repr=False)
    delivery: Delivery = field(repr=False)

    @cached_property
    def truth(self) -> Truth:
        """Exactly what an analysis should find."""
        return tell(self.plan, self.log, self.delivery, self.seed)

    @property
    def space(self) -> int:
        """The seed of its identifiers."""
        return ids.space(self.organization.kind, self.seed)

    def __len__(self) -> int:
        return len(self.delivery.rows)

    def __iter__(self) -> Iterator[SimulatedRecord]:
        origin = self.organization.start.timestamp()
        sources = self.organization.sources
        delivery = self.delivery
        texts = self.texts(delivery.rows)
        for index, (row, text) in enumerate(zip(delivery.rows.tolist(), texts, strict=True)):
            batch = self.log.batches[row]
            yield SimulatedRecord(
                text=text,
                time=origin + self.log.times[row],
                slot=origin + float(delivery.slots[index]),
                account=delivery.accounts[int(delivery.account[index])],
                region=delivery.regions[int(delivery.region[index])],
                cause=sources[self.log.batch_sources[batch]].arn if batch >= 0 else None,
                order=self.log.orders[row],
            )

    def texts(self, rows: NDArray[np.int64]) -> Iterator[bytes]:
        """The JSON texts of rows, in their order."""
        for start in range(0, len(rows), _CHUNK):
            yield from self._render(rows[start : start + _CHUNK])

    def _render(self, rows: NDArray[np.int64]) -> Iterator[bytes]:
        times = np.asarray(self.log.times)[rows]
        runs = np.asarray(self.log.runs)[rows]
        indexes = np.asarray(self.log.templates)[rows].tolist()
        templates = self.plan.templates
        holes = zip(
            indexes,
            _stamps(self.organization.start, times),
            _stamps(self.organization.start, times - times % 3600),
            self._either(ids.REQUEST_OF_RUN, ids.REQUEST_OF_ROW, runs, rows),
            ids.uuids(self.space, ids.EVENT, rows),
            self._either(ids.SHARED_OF_RUN, ids.SHARED_OF_ROW, self._pairs(runs, indexes), rows),
            ids.serials(self.space, ids.SERIAL, rows),
            strict=True,
        )
        for index, time, born, request, event, shared, serial in holes:
            values = {
                b"t": time,
                b"b": born,
                b"r": request,
                b"e": event,
                b"s": shared,
                b"n": serial,
            }
            yield templates[index].text % values

    def _pairs(self, runs: NDArray[np.int64], indexes: list[int]) -> NDArray[np.int64]:
        """The runs, but not for executions: each of those has a sharedEventID of its own."""
        alone = np.array([t.name == "InvokeExecution" for t in self.plan.templates] or [False])
        return np.where(alone[indexes], -1, runs)

    def _either(
        self, of_run: int, of_row: int, runs: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> list[bytes]:
        by_run, by_row = ids.uuids(self.space, of_run, runs), ids.uuids(self.space, of_row, rows)
        return [
            a if run >= 0 else b for run, a, b in zip(runs.tolist(), by_run, by_row, strict=True)
        ]


def _stamps(start: datetime, seconds: NDArray[np.float64]) -> list[bytes]:
    moment = np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "s")
    unique, places = np.unique(seconds.astype(np.int64), return_inverse=True)
    texts = np.datetime_as_string(moment + unique.astype("timedelta64[s]"), unit="s")
    stamps = [f"{text}Z".encode() for text in texts.tolist()]
    return [stamps[place] for place in places.tolist()]


def simulate(organization: Organization, seed: int) -> Simulation:
    """Runs an organization: the same seed gives the same records, byte for byte."""
    plan = compile_plan(organization)
    log = Engine(plan, seed).run()
    delivery = deliver(plan, log, seed)
    return Simulation(organization, seed, plan, log, delivery)

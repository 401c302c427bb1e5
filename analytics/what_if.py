"""What would be if: s, ρ, entries and cost after moves, with their interactions.

Entries delivered are what is original and what processing causes: D = O + Kᵀ D. A move changes
rows of K; because a stream's batches grow with what arrives, K depends on D, and the two are
solved together. Two moves are therefore not the sum of each: one that closes a loop also takes
work from the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.calibration import beyond, calibrated
from analytics.candidates import Candidate
from analytics.cost import cost, scaled
from analytics.findings import Cost
from analytics.prices import PriceBook
from analytics.treated_usage import Flows, carried
from analytics.treatments import Effect, Treatment, effect
from analytics.usage import MONTH_SECONDS, Assumptions

Matrix = Mapping[str, Mapping[str, float]]
Floats = NDArray[np.float64]

_ROUNDS = 2_000
_SETTLED = 1e-12
_GROWN = 1e9


@dataclass(frozen=True)
class SourceFlow:
    """A log source's entries a second: all, and the original ones (None: worked out through K).

    `self_logging`: a bucket whose trail records the deliveries into it. `of_trail` is False for a log
    group of application logs: what it delivers are no entries. `copies` are the trails that record
    what no function of it explains. `s` is at present,
    `s_of_window` that of the findings (None: not known, or the same).
    """

    arn: str
    kind: str
    delivered_per_second: float
    original_per_second: float | None = None
    s: float | None = None
    self_logging: bool = False
    s_of_window: float | None = None
    of_trail: bool = True
    copies: float = 1.0

    @property
    def has_changed(self) -> bool:
        """Whether s at present is another than that of the whole window."""
        known = self.s is not None and self.s_of_window is not None
        return known and self.s != self.s_of_window


@dataclass(frozen=True)
class State:
    """How things are, or would be: rates as a month of 30 days.

    `delivered` and all money are None where the loop does not end (ρ ≥ 1 with entries left).
    """

    s: Mapping[str, float]
    spectral_radius: float
    delivered: Mapping[str, float] | None
    second_order: float | None
    runs: Mapping[str, float]
    entries_per_run: Mapping[str, float]
    cost: Cost | None

    @property
    def monthly_usd(self) -> float | None:
        """The month's total."""
        return self.cost.monthly_usd if self.cost else None

    def with_money(self, factor: float) -> State:
        """The same with all money times `factor`."""
        return self if self.cost is None else replace(self, cost=scaled(self.cost, factor))


@dataclass(frozen=True)
class Prediction:
    """Before and after the moves; money is of the modelled sources and functions only.

    `at_present` is what is left to compare where a loop would go on growing: after the moves too, but at
    the rates of now. It is `after` itself where the loop ends.
    """

    before: State
    after: State
    at_present: State

    @property
    def monthly_saving_usd(self) -> float | None:
        """What the moves save a month; at the rates of now where the loop would not end."""
        before, after = self.before.monthly_usd, self.monthly_usd_after
        return None if before is None or after is None else before - after

    @property
    def monthly_usd_after(self) -> float | None:
        """The month's total after the moves; at the rates of now where the loop would not end."""
        settled = self.after.monthly_usd
        return self.at_present.monthly_usd if settled is None else settled

    def with_money(self, factor: float) -> Prediction:
        """The same with all money times `factor`."""
        states = (self.before, self.after, self.at_present)
        return Prediction(*(state.with_money(factor) for state in states))


def predict(
    k: Matrix,
    sources: Sequence[SourceFlow],
    functions: Sequence[Candidate],
    moves: Mapping[str, Treatment],
    book: PriceBook,
    assumptions: Assumptions | None = None,
    silenced: Iterable[str] = (),
) -> Prediction:
    """What the moves (function ARN to treatment) would do.

    `k[i][j]` is entries delivered by j for one entry of i. `silenced` buckets no longer record
    the deliveries into themselves. Functions that no move names stay as they are, and so does
    all of K that no function explains.
    """
    return Model(k, sources, functions, book, assumptions or Assumptions()).predict(moves, silenced)


class Model:
    """Sources as indexes, and the functions on them: what `predict` works with, made once for many moves."""

    def __init__(
        self,
        k: Matrix,
        sources: Sequence[SourceFlow],
        functions: Sequence[Candidate],
        book: PriceBook,
        assumptions: Assumptions,
    ) -> None:
        self.sources = sources
        self.index = {source.arn: number for number, source in enumerate(sources)}
        known = [item for item in functions if item.source in self.index and item.active]
        self.functions = calibrated(k, {source.arn: source.s for source in sources}, known)
        self.book, self.assumptions = book, assumptions
        # of the moves last asked for: K of the functions that none names, which the rates do not change,
        # and the functions that one names; there may be ten thousand, and the rates settle step by step
        self._apart: dict[frozenset[str], tuple[Floats, list[Candidate]]] = {}
        self.k = self._matrix(k)
        self.now = np.array([source.delivered_per_second for source in sources])
        self.rest = np.asarray(
            np.vectorize(beyond, otypes=[float])(self.k, self._explained(self.now, {}))
        )
        self.original = self._original()

    def predict(self, moves: Mapping[str, Treatment], silenced: Iterable[str] = ()) -> Prediction:
        """As the function `predict`."""
        quiet = tuple(silenced)
        rate = self.settle(moves, quiet)
        after = self.state(rate, moves, quiet)
        at_present = self.state(self.now, moves, quiet) if rate is None else after
        return Prediction(self.before, after, at_present)

    @cached_property
    def before(self) -> State:
        """Without any move."""
        return self.state(self.now, {}, ())

    def settle(self, moves: Mapping[str, Treatment], silenced: tuple[str, ...]) -> Floats | None:
        """The rates that D = O + K(D)ᵀ D comes to, from above; None where it grows for ever."""
        if _radius(self._k_at(self.now * _GROWN + _GROWN, moves, silenced)) >= 1:
            return None  # not even full batches would end it
        rate = self.now.copy()
        for _ in range(_ROUNDS):
            following = self.original + self._k_at(rate, moves, silenced).T @ rate
            if np.allclose(following, rate, rtol=_SETTLED, atol=0.0):
                return np.asarray(following)
            rate = following
        return self._jump(rate, moves, silenced)

    def state(
        self, rate: Floats | None, moves: Mapping[str, Treatment], silenced: tuple[str, ...]
    ) -> State:
        """Everything at the given rates (None: at the rates now, and without sums)."""
        at = self.now if rate is None else rate
        effects = self._effects(at, moves)
        s = self._s(effects, silenced)
        k = self._k_at(at, moves, silenced)
        runs: dict[str, float] = defaultdict(float)
        for function, done in effects:
            rate_in = float(at[self.index[function.source]])
            runs[function.function] += rate_in * done.runs * MONTH_SECONDS
        batches = {function.function: done.entries_per_run for function, done in effects}
        state = State(s, _radius(k), None, None, dict(runs), batches, None)
        if rate is None:
            return state
        return self._summed(
            state,
            rate,
            effects,
            Flows(
                self.index,
                rate,
                self.original,
                self.assumptions,
                self._beside(silenced),
                {source.arn: source.copies for source in self.sources},
            ),
        )

    def _summed(
        self, state: State, rate: Floats, effects: list[tuple[Candidate, Effect]], flows: Flows
    ) -> State:
        delivered = {s.arn: float(rate[i]) * MONTH_SECONDS for i, s in enumerate(self.sources)}
        second = sum(delivered[arn] * state.s[arn] for arn in delivered)
        usage = flows.usage(
            [source.arn for source in self.sources if _is_log_group(source)], effects
        )
        money = cost(usage, self.book, self.assumptions)
        return replace(state, delivered=delivered, second_order=second, cost=money)

    def _matrix(self, k: Matrix) -> Floats:
        matrix = np.zeros((len(self.sources), len(self.sources)))
        for source, row in k.items():
            for target, value in row.items():
                if source in self.index and target in self.index:
                    matrix[self.index[source], self.index[target]] = value
        return matrix

    def _original(self) -> Floats:
        """Original entries a second, at most all: given, else through K; all where K cannot tell."""
        through_k = np.maximum(0.0, self.now - self.k.T @ self.now)
        ends = _radius(self.k) < 1
        return np.array(
            [
                (through_k[i] if ends else self.now[i])
                if source.original_per_second is None
                else min(source.original_per_second, self.now[i])
                for i, source in enumerate(self.sources)
            ]
        )

    def _effects(
        self, rate: Floats, moves: Mapping[str, Treatment]
    ) -> list[tuple[Candidate, Effect]]:
        return self._effects_of(self.functions, rate, moves)

    def _effects_of(
        self, functions: Iterable[Candidate], rate: Floats, moves: Mapping[str, Treatment]
    ) -> list[tuple[Candidate, Effect]]:
        return [
            (
                function,
                effect(
                    function,
                    moves.get(function.function),
                    float(rate[self.index[function.source]]),
                    self.assumptions,
                ),
            )
            for function in functions
        ]

    def _explained(self, rate: Floats, moves: Mapping[str, Treatment]) -> Floats:
        """The part of K that the functions' entries carry."""
        names = frozenset(moves)
        if names not in self._apart:
            moved = [item for item in self.functions if item.function in names]
            others = [item for item in self.functions if item.function not in names]
            self._apart = {names: (self._carried(others, rate, {}), moved)}
        still, moved = self._apart[names]
        return still + self._carried(moved, rate, moves)

    def _carried(
        self, functions: Iterable[Candidate], rate: Floats, moves: Mapping[str, Treatment]
    ) -> Floats:
        matrix = np.zeros((len(self.sources), len(self.sources)))
        for function, done in self._effects_of(functions, rate, moves):
            for target, share in carried(function, done).items():
                if target in self.index:
                    matrix[self.index[function.source], self.index[target]] += share
        return matrix

    def _k_at(
        self, rate: Floats, moves: Mapping[str, Treatment], silenced: tuple[str, ...]
    ) -> Floats:
        rest = self.rest.copy()
        for arn in silenced:
            rest[self.index[arn], self.index[arn]] = 0.0
        return np.asarray(rest + self._explained(rate, moves))

    def _jump(
        self, rate: Floats, moves: Mapping[str, Treatment], silenced: tuple[str, ...]
    ) -> Floats | None:
        """One exact step for a loop so near to ρ = 1 that plain steps do not get there."""
        k = self._k_at(rate, moves, silenced)
        if _radius(k) >= 1:
            return None
        return np.asarray(np.linalg.solve(np.eye(len(k)) - k.T, self.original))

    def _s(
        self, effects: list[tuple[Candidate, Effect]], silenced: tuple[str, ...]
    ) -> Mapping[str, float]:
        """s by source: what the functions cause, and what comes beside them."""
        sums = self._beside(silenced)
        for function, done in effects:
            sums[function.source] += done.own + done.further + done.stream
        return sums

    def _beside(self, silenced: tuple[str, ...]) -> dict[str, float]:
        """Second-order entries an entry that no function explains: of s, or of K at least.

        An entry that several sources deliver is one entry.
        """
        explained = dict.fromkeys(self.index, 0.0)
        for function, done in self._effects(self.now, {}):
            explained[function.source] += done.own + done.further
        beside = {}
        for number, source in enumerate(self.sources):
            measured = beyond(source.s or 0.0, explained[source.arn])
            quiet = float(self.rest[number, number]) if source.arn in silenced else 0.0
            found = max(measured, float(self.rest[number].max(initial=0.0)))
            beside[source.arn] = beyond(found, quiet)
        return beside


def _is_log_group(source: SourceFlow) -> bool:
    return source.kind == "cloudwatch_logs" and source.of_trail


def _radius(k: Floats) -> float:
    return float(np.abs(np.linalg.eigvals(k)).max()) if k.size else 0.0

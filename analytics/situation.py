"""What the cures are worked out from: sources, functions, K, prices and the user's settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from analytics.batching import MAX_WINDOW_SECONDS, MODES
from analytics.candidates import Candidate
from analytics.prices import PriceBook
from analytics.treatments import Treatment
from analytics.usage import Assumptions
from analytics.what_if import Matrix, Model, Prediction, SourceFlow
from stormtrail.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """When a function needs a cure, and what the cure may take.

    `latency_budget_seconds` is how long an entry may wait for its batch; `stream_mode` auto takes
    the cheaper one; `shard_headroom` 1.25 keeps a stream 80 % full at the peak.
    """

    min_batch: float = 10.0
    starts_per_minute: float = 6.0
    latency_budget_seconds: float = 60.0
    stream_mode: str = "auto"
    shard_headroom: float = 1.25

    def __post_init__(self) -> None:
        if self.stream_mode not in MODES:
            hint = f"choose one of {', '.join(MODES)}"
            raise UsageError(f"stream mode {self.stream_mode!r} is unknown", hint=hint)
        if not 0 <= self.latency_budget_seconds <= MAX_WINDOW_SECONDS:
            hint = f"a batch waits 0 to {MAX_WINDOW_SECONDS} s"
            raise UsageError(f"latency budget {self.latency_budget_seconds:g} s", hint=hint)


@dataclass(frozen=True)
class Situation:
    """Everything that the cures are worked out from: K, its sources and functions, and prices.

    `money` brings what the model comes to down to what was counted (`with_counted_money`).
    """

    k: Matrix
    sources: Sequence[SourceFlow]
    candidates: Sequence[Candidate]
    book: PriceBook
    assumptions: Assumptions = field(default_factory=Assumptions)
    settings: Settings = field(default_factory=Settings)
    money: float = 1.0

    def predict(
        self,
        moves: Mapping[str, Treatment],
        silenced: Iterable[str] = (),
        *,
        streams_recorded: bool = False,
    ) -> Prediction:
        """What the moves would do here; `streams_recorded` where the new streams are not left out of the
        selectors of trails that record Kinesis."""
        model = self._model if streams_recorded else self._left_out
        found = model.predict(moves, silenced)
        return found if self.money == 1.0 else found.with_money(self.money)

    @cached_property
    def _model(self) -> Model:
        return self._of(self.candidates)

    @cached_property
    def _left_out(self) -> Model:
        """With the new streams left out of the trails' selectors."""
        return self._of([_left_out(item) for item in self.candidates])

    def _of(self, functions: Sequence[Candidate]) -> Model:
        return Model(self.k, self.sources, functions, self.book, self.assumptions)

    def around(self, source: str) -> Situation:
        """Only the sources and functions that this source's entries have to do with; one value a source, so
        that what is worked out of it is worked out once."""
        if source not in self._around:
            near = _connected(self.k, self.candidates, source)
            self._around[source] = replace(
                self,
                sources=[item for item in self.sources if item.arn in near],
                candidates=[item for item in self.candidates if item.source in near],
            )
        return self._around[source]

    @cached_property
    def _around(self) -> dict[str, Situation]:
        return {}

    @cached_property
    def worked_out(self) -> dict[tuple[str, str], tuple[Mapping[str, Treatment], Prediction]]:
        """By source and action: the moves of all its functions that need a cure, and what they come to."""
        return {}


def with_counted_money(situation: Situation, second_order_usd: float | None) -> Situation:
    """The situation with all money brought down to a month's second-order money as it was counted.

    A cure takes away second-order entries only, and all parts together never come to more than
    was counted: so no saving can.
    """
    if second_order_usd is None:
        return situation
    modelled = sum(_second_order_usd(part) for part in parts(with_flows(situation)))
    return replace(situation, money=min(1.0, second_order_usd / modelled) if modelled else 1.0)


def parts(situation: Situation) -> Iterator[Situation]:
    """The situation's sources, apart where they have nothing to do with each other."""
    seen: set[str] = set()
    for source in situation.sources:
        if source.arn not in seen:
            part = situation.around(source.arn)
            seen |= {item.arn for item in part.sources}
            yield part


def _second_order_usd(situation: Situation) -> float:
    found = situation.predict({}).before.cost
    return (found.second_order_monthly_usd or 0.0) if found else 0.0


def _left_out(candidate: Candidate) -> Candidate:
    return replace(candidate, records_kinesis=False) if candidate.records_kinesis else candidate


def needs_cure(candidate: Candidate, settings: Settings) -> bool:
    """Whether the function is active, not behind a stream, and takes too few entries a run."""
    if not candidate.active or candidate.behind_stream:
        return False
    if candidate.batch is None:
        return candidate.runs_per_minute_mean > settings.starts_per_minute
    return candidate.batch < settings.min_batch


def with_flows(situation: Situation) -> Situation:
    """Sources that only candidates tell of deliver what those take."""
    known = {source.arn for source in situation.sources}
    missing: dict[str, SourceFlow] = {}
    for item in situation.candidates:
        if item.source not in known:
            rate = item.runs_per_minute_mean / 60 * item.entries_per_run
            missing.setdefault(item.source, SourceFlow(item.source, item.source_kind, rate))
    return replace(situation, sources=[*situation.sources, *missing.values()])


def main_candidates(candidates: Sequence[Candidate], settings: Settings) -> Iterable[Candidate]:
    """One candidate a function: where it still runs, where it needs a cure, where it runs most."""
    order = sorted(
        candidates,
        key=lambda item: (
            not item.active,
            not item.own_log_group,
            not needs_cure(item, settings),
            -item.runs_per_minute_mean,
            item.source,
        ),
    )
    mains: dict[str, Candidate] = {}
    for item in order:
        mains.setdefault(item.function, item)
    return mains.values()


def _connected(k: Matrix, candidates: Sequence[Candidate], source: str) -> set[str]:
    """Sources joined by K or by a function that takes from both."""
    pairs = [(i, j) for i, row in k.items() for j, value in row.items() if value > 0]
    by_function: dict[str, str] = {}
    pairs += [(by_function.setdefault(c.function, c.source), c.source) for c in candidates]
    near, size = {source}, 0
    while len(near) > size:
        size = len(near)
        near |= {end for pair in pairs if near & set(pair) for end in pair}
    return near

"""The ways to cure a function, each worked out: for it alone, or with all that share its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.batching import MAX_RECORDS, size_batch
from analytics.candidates import Candidate
from analytics.findings import Batch
from analytics.situation import Situation, needs_cure
from analytics.treatments import Firehose, Larger, Queue, Treatment, Unrecorded
from analytics.what_if import Prediction

FIREHOSE_BUFFER_BYTES = 3_000_000.0
WAYS = ("move_behind_kinesis", "raise_batch", "firehose", "queue", "exclude_from_selector", "keep")


@dataclass(frozen=True)
class Option:
    """A way that could be chosen, worked out: this function's `treatment` among all `moves`, and what they
    come to; `share` is this function's part of the money."""

    action: str
    treatment: Treatment | None
    prediction: Prediction
    moves: Mapping[str, Treatment]
    share: float = 1.0

    @property
    def saving(self) -> float:
        """USD a month."""
        return (self.prediction.monthly_saving_usd or 0.0) * self.share

    @property
    def usd_before(self) -> float | None:
        """USD a month."""
        return _part(self.prediction.before.monthly_usd, self.share)

    @property
    def usd_after(self) -> float | None:
        """USD a month."""
        return _part(self.prediction.monthly_usd_after, self.share)


def _part(usd: float | None, share: float) -> float | None:
    return None if usd is None else usd * share


def stream_for(candidate: Candidate, situation: Situation) -> Batch:
    """The stream and batch for this function among all that would read it, in the mode set or the
    cheaper one."""
    mode = situation.settings.stream_mode
    modes = ("provisioned", "on_demand") if mode == "auto" else (mode,)
    readers = len(_companions(situation, candidate))
    batches = [_sized(candidate, situation, item, readers) for item in modes]
    return min(batches, key=lambda batch: _stream_usd(candidate, situation, batch))


def _sized(candidate: Candidate, situation: Situation, mode: str, readers: int = 1) -> Batch:
    settings, arrivals = situation.settings, candidate.arrivals(situation.assumptions)
    latency, headroom = settings.latency_budget_seconds, settings.shard_headroom
    return size_batch(arrivals, latency, headroom, mode, readers)


def _stream_usd(candidate: Candidate, situation: Situation, batch: Batch) -> float:
    return situation.predict({candidate.function: batch}).monthly_usd_after or 0.0


def alone(situation: Situation, candidate: Candidate, action: str, treatment: Treatment) -> Option:
    """The way taken by this function only."""
    moves = {candidate.function: treatment}
    return Option(action, treatment, situation.predict(moves), moves)


def together(situation: Situation, candidate: Candidate, action: str) -> Option:
    """The way taken by all functions of the source that need a cure: they share what it costs."""
    with_it = _companions(situation, candidate)
    moves, prediction = _moved(situation, candidate, action, with_it)
    runs = sum(item.runs_per_minute_mean for item in with_it)
    share = candidate.runs_per_minute_mean / runs if runs else 1.0
    return Option(action, moves.get(candidate.function), prediction, moves, share)


def _moved(
    situation: Situation, candidate: Candidate, action: str, with_it: list[Candidate]
) -> tuple[Mapping[str, Treatment], Prediction]:
    """The moves and what they come to; the same for every function of the source that needs a cure."""
    key, known = (candidate.source, action), situation.worked_out
    shared = action == "keep" or needs_cure(candidate, situation.settings)
    if shared and key in known:
        return known[key]
    treatments = {item.function: _treatment(situation, item, action) for item in with_it}
    moves = {name: way for name, way in treatments.items() if way is not None}
    made = moves, situation.predict(moves)
    if shared:
        known[key] = made
    return made


def _companions(situation: Situation, candidate: Candidate) -> list[Candidate]:
    others = [
        item
        for item in situation.candidates
        if item.source == candidate.source and item.function != candidate.function
    ]
    return [candidate, *(item for item in others if needs_cure(item, situation.settings))]


def _treatment(situation: Situation, candidate: Candidate, action: str) -> Treatment | None:
    window = int(situation.settings.latency_budget_seconds)
    match action:
        case "move_behind_kinesis":
            return stream_for(candidate, situation)
        case "raise_batch":
            return larger(candidate, situation)
        case "firehose":
            return Firehose(FIREHOSE_BUFFER_BYTES, window)
        case "queue":
            return Queue(MAX_RECORDS, window)
        case "exclude_from_selector":
            return Unrecorded()
        case _:
            return None


def larger(candidate: Candidate, situation: Situation) -> Larger:
    """The larger batch of its event source mapping, for the latency budget."""
    batch = _sized(candidate, situation, "provisioned")
    return Larger(batch.size, batch.window_seconds)

"""What can be tried on the Cure page, as values: which functions, what batch, what is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from analytics.cure import MAPPED, stream_for
from analytics.findings import Batch, Findings, Recommendation
from analytics.situation import Situation, main_candidates
from analytics.treatments import Candidate, Larger, Removed, Treatment

MOST_OFFERED, MOST_CHOSEN = 500, 20
DEFAULT_BATCH = Batch(1000, 60, 1)


@dataclass(frozen=True)
class Choice:
    """The controls' state: functions to move, entries a batch, and how long a batch may wait."""

    functions: tuple[str, ...]
    size: int
    window_seconds: int
    silenced: tuple[str, ...] = ()


def movable(situation: Situation) -> tuple[Candidate, ...]:
    """Functions that still run and are not behind a stream, most runs first."""
    mains = main_candidates(situation.candidates, situation.settings)
    return tuple(item for item in mains if item.active and not item.behind_stream)


def offered(able: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which functions a list offers and which are chosen in it at first: no more than a person can oversee.

    What the analysis would move, largest saving first, comes before what runs most.
    """
    there = set(able)
    first = [arn for arn in wanted if arn in there][:MOST_CHOSEN]
    return list(dict.fromkeys([*first, *able]))[:MOST_OFFERED], first


def recommended(found: Findings) -> Choice:
    """What the analysis recommends, as the controls' first state."""
    steps_to_take = [item for item in found.recommendations if item.action != "keep"]
    batch = next((item.batch for item in steps_to_take if item.batch), DEFAULT_BATCH)
    return Choice(
        tuple(item.function for item in steps_to_take if item.function),
        batch.size,
        batch.window_seconds,
        tuple(item.source for item in steps_to_take if not item.function and item.source),
    )


def treatments(choice: Choice, situation: Situation) -> dict[str, Treatment]:
    """What is done to each chosen function: its way in decides between stream and larger batch."""
    chosen = set(choice.functions)
    return {
        item.function: _treatment(item, choice, situation)
        for item in movable(situation)
        if item.function in chosen
    }


def _treatment(item: Candidate, choice: Choice, situation: Situation) -> Treatment:
    if item.own_log_group:
        return Removed(item.source)
    if item.source_kind in MAPPED:
        return Larger(choice.size, choice.window_seconds)
    sized = stream_for(item, situation.around(item.source))
    return replace(sized, size=choice.size, window_seconds=choice.window_seconds)


def rebatched(
    found: Iterable[Recommendation], moves: Mapping[str, Treatment]
) -> tuple[Recommendation, ...]:
    """The recommendations for these functions, with what was tried instead."""
    return tuple(_as_tried(item, moves[item.function]) for item in found if item.function in moves)


def _as_tried(item: Recommendation, tried: Treatment) -> Recommendation:
    if isinstance(tried, Batch):
        return replace(item, action="move_behind_kinesis", batch=tried)
    if isinstance(tried, Larger):
        batch = Batch(tried.size, tried.window_seconds, 0, "in_place")
        return replace(item, action="raise_batch", batch=batch)
    return replace(item, action="exclude_own_log_group")

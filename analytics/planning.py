"""From a store and a choice of functions to a plan: the findings, the situation, the moves."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analytics import analysis, billing, examination
from analytics.batching import MAX_RECORDS, MAX_WINDOW_SECONDS
from analytics.findings import Batch, Findings, Recommendation
from analytics.options import AnalysisOptions
from analytics.situation import Situation
from analytics.treatments import Larger, Removed, Treatment
from analytics.what_if import Prediction
from stormtrail.errors import InputError, UsageError
from stormtrail.layout import Layout

MOVES = ("move_behind_kinesis", "raise_batch", "exclude_own_log_group")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """What the user wants otherwise than recommended: batch size, window, stream mode."""

    size: int | None = None
    window_seconds: int | None = None

    def __post_init__(self) -> None:
        _within("--batch", self.size, 1, MAX_RECORDS)
        _within("--window", self.window_seconds, 0, MAX_WINDOW_SECONDS)

    def applied(self, batch: Batch) -> Batch:
        """The batch with the user's size and window."""
        size = batch.size if self.size is None else self.size
        window = batch.window_seconds if self.window_seconds is None else self.window_seconds
        return replace(batch, size=size, window_seconds=window)


@dataclass(frozen=True)
class Chosen:
    """The functions to be cured, those that need no cure, and what both together come to; and the
    buckets that log themselves, for which no template is written."""

    cured: tuple[Recommendation, ...]
    kept: tuple[Recommendation, ...]
    prediction: Prediction
    buckets: tuple[Recommendation, ...] = ()


def case_of(
    layout: Layout, options: AnalysisOptions, progress: Progress | None = None
) -> tuple[Findings, Situation]:
    """The findings of a store and the situation that its recommendations came from.

    Raises InputError where the store has no entries in the window.
    """
    findings = analysis.analyze(layout, options, progress)
    situation = situation_of(layout, options, findings)
    if situation is None:
        hint = "run `stormtrail ingest SOURCE --store …` first"
        raise InputError("there are no entries to plan from", where=str(layout.root), hint=hint)
    return findings, situation


def situation_of(layout: Layout, options: AnalysisOptions, findings: Findings) -> Situation | None:
    """What the recommendations of these findings came from; None where the window holds no entry."""
    case = examination.examined(layout, options)
    return None if case is None else billing.situation(findings, case, options)


def choose(
    findings: Findings, situation: Situation, wanted: Sequence[str], change: Change
) -> Chosen:
    """The chosen functions (ARNs or names; none: all that are to be moved) and what they come to.

    All moves are predicted together, through K. UsageError for a function that is not known.
    """
    known = {item.function: item for item in findings.recommendations if item.function}
    named = [known[_arn(name, known)] for name in wanted] if wanted else list(known.values())
    kept = tuple(item for item in named if item.action not in MOVES)
    cured = tuple(_changed(item, change) for item in named if item.action in MOVES)
    moves = {item.function: treatment for item in cured if (treatment := treatment_of(item))}
    buckets = () if wanted else tuple(r for r in findings.recommendations if not r.function)
    return Chosen(cured, kept, situation.predict(moves), buckets)


def treatment_of(item: Recommendation) -> Treatment | None:
    """What a recommendation does to its function."""
    if item.action == "exclude_own_log_group" and item.source:
        return Removed(item.source)
    if item.action == "raise_batch" and item.batch is not None:
        return Larger(item.batch.size, item.batch.window_seconds)
    return item.batch


def _changed(item: Recommendation, change: Change) -> Recommendation:
    return item if item.batch is None else replace(item, batch=change.applied(item.batch))


def _arn(name: str, known: dict[str, Recommendation]) -> str:
    """The function meant by an ARN or a bare name."""
    found = [arn for arn in known if name == arn or arn.endswith(f":function:{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name!r} is in several accounts or regions", hint="give its ARN")
    names = {arn.rpartition(":")[2] for arn in known}
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(close)}?" if close else "see `stormtrail analyze`"
    raise UsageError(f"no log source starts a function {name!r}", where="plan", hint=hint)


def _within(flag: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise UsageError(f"{value} is out of range", where=flag, hint=f"give {low} to {high}")

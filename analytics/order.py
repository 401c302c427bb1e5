"""Several cures at once: what each saves beyond those made before it, so that savings add up.

Two moves on one loop are not the sum of both. The one that saves most is made first; each further one
is compared with what is left, and is not made where that is not worth it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from analytics.situation import Situation
from analytics.treatments import Treatment
from analytics.what_if import Prediction

WORTH_USD = 0.005


@dataclass(frozen=True)
class Step:
    """Moves made together: a source's functions behind one stream, one function's, or one bucket's (which
    costs nothing, and is made whatever it saves). `prediction` is what they do: first as if alone."""

    key: tuple[str, str]
    source: str
    moves: Mapping[str, Treatment]
    prediction: Prediction
    silenced: tuple[str, ...] = ()
    further: bool = False

    @property
    def saving(self) -> float:
        """USD a month."""
        return self.prediction.monthly_saving_usd or 0.0

    @property
    def is_made(self) -> bool:
        """Whether it is worth it."""
        return self.saving >= WORTH_USD or bool(self.silenced)


def one_after_the_other(
    situation: Situation, steps: Iterable[Step]
) -> Mapping[tuple[str, str], Step]:
    """The steps by key, each with what it does once those before it are made."""
    ordered = sorted(steps, key=lambda step: (-step.saving, step.key))
    found: dict[tuple[str, str], Step] = {}
    for step in ordered:
        around = situation.around(step.source)
        near = {source.arn for source in around.sources}
        before = [done for done in found.values() if done.source in near and done.is_made]
        found[step.key] = _after(around, before, step) if before else step
    return found


def _after(situation: Situation, before: list[Step], step: Step) -> Step:
    moves = {name: way for done in [*before, step] for name, way in done.moves.items()}
    silenced = [arn for done in [*before, step] for arn in done.silenced]
    last = before[-1].prediction
    done = situation.predict(moves, silenced)
    start = last.at_present if last.after.cost is None else last.after
    return replace(step, prediction=Prediction(start, done.after, done.at_present), further=True)

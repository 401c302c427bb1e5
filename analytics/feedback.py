"""What comes back: K[i][j], counted over the minutes in which source j delivers what source i causes.

A loop that closed in the middle of the window brought nothing back before; what one entry causes while it
is closed is therefore counted since then, or ρ would be the smaller the later the loop closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analytics import amplification, effects, lags
from analytics.effects import Weights
from analytics.rollup_data import RollupData
from analytics.series import Floats
from analytics.sources import Measured

STRAGGLERS = 0.002  # of all that came back, at each end: they make no time of it
NONE = (0.0, 0.0)


@dataclass(frozen=True)
class Return:
    """Entries of one source's effects that another delivers: all of them, and while they came back, which is
    from minute `first` to before `last`, those `a_run` of the source and `an_entry` that it delivers, with
    a 95 % interval."""

    entries: float
    first: int
    last: int
    a_run: float
    an_entry: float
    interval: tuple[float, float]


def found(
    measured: Mapping[str, Measured], weights: Mapping[str, Weights], data: RollupData
) -> dict[str, dict[str, Return]]:
    """What came back over the window: `[i][j]`, without the pairs where nothing did."""
    return {
        source: {
            target: _doubted(_return(item, back, data), item, weights[source], other, data)
            for target, other in measured.items()
            if (back := series(weights[source], other, data)).any()
        }
        for source, item in measured.items()
    }


def _doubted(
    taken: Return, source: Measured, weights: Weights, target: Measured, data: RollupData
) -> Return:
    """What came back with an interval that holds what did by every feed that the target may have as well."""
    if target.estimate is None or taken.interval == NONE:
        return taken
    intervals = [taken.interval]
    for feed, estimate in target.ways:
        other = replace(target, feed=feed, estimate=estimate, ways=())
        back = series(weights, other, data)
        giver = other if source is target else source
        intervals.append(_return(giver, back, data).interval if back.any() else NONE)
    lows, highs = zip(*intervals, strict=True)
    return replace(taken, interval=(min(lows), max(highs)))


def series(weights: Weights, target: Measured, data: RollupData) -> Floats:
    """Entries caused that `target` delivers, a minute, from the first run on that it starts: what was under way
    then is delivered too, but nothing came back before. Where it ended, what was under way then came back no more."""
    back = effects.returning(weights, target.feed, data)
    first, last = lags.active_span(target.direct_runs)
    back[:first] = 0.0
    if target.estimate and first + lags.LAGS < last <= len(back) - lags.LAGS:
        back[last - lags.LAGS : last] *= np.cumsum(target.estimate.kernel)[::-1]
        back[last:] = 0.0
    return back


def _return(source: Measured, back: Floats, data: RollupData) -> Return:
    first, end = _while(back, source.direct_runs)
    last = max(first + 1, min(end, lags.complete_until(source.direct_runs, source.complete)))
    a_run = amplification.caused_by(source.direct_runs, back, (first, last), (first, end))
    if source.estimate is None:
        return Return(float(back.sum()), first, last, a_run, 0.0, NONE)
    delivered = source.feed.series(data.traffic)
    then = amplification.part(source.estimate, source.direct_runs, delivered, first, last)
    low, high = then.interval
    return Return(
        float(back.sum()), first, last, a_run, a_run * then.ratio, (a_run * low, a_run * high)
    )


def _while(back: Floats, runs: Floats) -> tuple[int, int]:
    """The minutes in which entries came back, less the stragglers at both ends. None are those that came from the
    source's first run on, or until the window's end, or that go on coming, as those of a loop that was weaker then."""
    (begin, end), (first_run, last_run) = lags.active_span(back), lags.active_span(runs)
    so_far = np.cumsum(back)
    least = STRAGGLERS * so_far[-1]
    first = int(np.searchsorted(so_far, least, "right"))
    last = int(np.searchsorted(so_far, so_far[-1] - least)) + 1
    early = begin - first_run <= lags.LAGS or amplification.goes_on(back[begin:first])
    on = last_run > len(runs) - lags.LAGS and last_run - end <= lags.LAGS
    late = on or amplification.goes_on(back[last:end])
    return begin if early else first, end if late else last

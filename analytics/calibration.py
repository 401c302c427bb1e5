"""Functions brought into line with what was measured of their source as a whole.

s and K are measured over all functions of a source; what is known of one function is put together
from several counts. Where the parts come to more than the whole, the whole is believed. What a
whole has beyond its parts is somebody's whom we do not know, unless it is so little that it is
the measurements' own noise: a cure divides s by a hundred, and would leave mostly noise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from analytics.candidates import Candidate

NOISE = 0.05

Shares = Mapping[str, float]


def beyond(whole: float, parts: float) -> float:
    """What `whole` has beyond its parts; 0 where that is within the noise of measuring."""
    left = whole - parts
    return left if left > NOISE * whole else 0.0


def calibrated(
    k: Mapping[str, Shares], s: Mapping[str, float | None], functions: Sequence[Candidate]
) -> list[Candidate]:
    """The functions with batches and routed shares that explain no more than s and K."""
    caused: dict[str, float] = defaultdict(float)
    for item in functions:
        caused[item.source] += _caused(item)
    sized = [_with_batch(item, s.get(item.source), caused[item.source]) for item in functions]
    same = defaultdict(list)
    for item in sized:
        same[item.source].append(item)
    factors = {
        (source, target): _factors(target, k[source].get(target, 0.0), those)
        for source, those in same.items()
        if source in k
        for target in {target for item in those for target in _targets(item)}
    }
    return [_with_shares(item, factors) if item.source in k else item for item in sized]


def _with_batch(function: Candidate, s: float | None, total: float) -> Candidate:
    """As many runs an entry as come to s: fewer, where they came to more entries (`total`) than were
    caused, or within the noise more."""
    if not s or total < s * (1 - NOISE) or function.batch is None:
        return function
    return replace(function, batch=function.batch * total / s)


def _with_shares(
    function: Candidate, factors: Mapping[tuple[str, str], tuple[float, float]]
) -> Candidate:
    source, further = function.source, _further_routed(function)
    return replace(
        function,
        routed={to: share * factors[source, to][0] for to, share in function.routed.items()},
        further_routed={to: share * factors[source, to][1] for to, share in further.items()},
    )


def _factors(target: str, whole: float, same: Sequence[Candidate]) -> tuple[float, float]:
    """What own and further shares are multiplied with: run records are the surer part."""
    own = sum(
        item.run_entries / item.entries_per_run * item.routed.get(target, 0.0) for item in same
    )
    further = sum(
        item.further_entries / item.entries_per_run * _further_routed(item).get(target, 0.0)
        for item in same
    )
    left = max(0.0, whole - own)
    return (
        min(1.0, whole / own) if own > 0 else 1.0,
        min(1.0, left / further) if further > 0 else 1.0,
    )


def _targets(function: Candidate) -> set[str]:
    return {*function.routed, *_further_routed(function)}


def _further_routed(function: Candidate) -> Shares:
    return function.routed if function.further_routed is None else function.further_routed


def _caused(function: Candidate) -> float:
    return (function.run_entries + function.further_entries) / function.entries_per_run

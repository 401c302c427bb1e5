"""How far findings are from a simulation's truth: one case scored, and scores summed up.

Sources that no record names are found under an id of the analysis (`unknown:KIND:...`); such a one
stands for the truth's source of that kind whose functions it shares.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from math import inf

from analytics import arns
from analytics.findings import FedBy, Findings, Interval, Loop, Source
from simulation import Truth
from simulation.truth import LoopTruth, SourceTruth

Names = Mapping[str, str]

MINUTE_SECONDS = 60.0
SURE = 0.9  # a cause named with this confidence must be right
EDGE_MINUTES = 5.0  # a loop that runs when the window begins has no onset to be found


@dataclass(frozen=True)
class Tally:
    """What is right, what was found and is not, what is and was not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        """Right of all found; None where nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else None

    @property
    def recall(self) -> float | None:
        """Right of all there are; None where there is nothing to find."""
        there = self.right + self.missed
        return self.right / there if there else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where there was nothing to find and nothing was found."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else None


@dataclass(frozen=True)
class Score:
    """One case, or several together. Errors of s and ρ are relative, of the onset in minutes; `inf` where a
    value is missing."""

    functions: Tally = Tally()
    loops: Tally = Tally()
    links: Tally = Tally()
    causes: Tally = Tally()
    anomalies: Tally = Tally()
    sure_and_wrong: int = 0
    s_errors: tuple[float, ...] = ()
    covered: tuple[bool, ...] = ()
    onset_errors: tuple[float, ...] = ()
    states: Tally = Tally()
    radius_errors: tuple[float, ...] = ()
    radius_covered: tuple[bool, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.functions + other.functions,
            self.loops + other.loops,
            self.links + other.links,
            self.causes + other.causes,
            self.anomalies + other.anomalies,
            self.sure_and_wrong + other.sure_and_wrong,
            self.s_errors + other.s_errors,
            self.covered + other.covered,
            self.onset_errors + other.onset_errors,
            self.states + other.states,
            self.radius_errors + other.radius_errors,
            self.radius_covered + other.radius_covered,
        )


def total(scores: Iterable[Score]) -> Score:
    """All scores together."""
    return reduce(lambda left, right: left + right, scores, Score())


def tally(truth: Iterable[Hashable], found: Iterable[Hashable]) -> Tally:
    """Two sets compared."""
    there, here = set(truth), set(found)
    return Tally(len(there & here), len(here - there), len(there - here))


def score(truth: Truth, found: Findings) -> Score:
    """One case: what the analysis found of what is true."""
    names = _names(truth, found)
    matched = _matched_loops(truth, found, names)
    measured = [
        pair for pair in _measured(truth, found, names) if pair[0].s is not None and pair[0].s > 0
    ]
    radii = [
        (there.spectral_radius, here)
        for there, here in matched
        if there.spectral_radius and here and here.spectral_radius_interval
    ]
    return Score(
        functions=tally((f.arn for f in truth.functions), (f.arn for f in found.functions)),
        loops=_loops(matched, found),
        links=_links(truth, found, names),
        causes=_causes(matched, found),
        anomalies=_anomalies(truth, found),
        sure_and_wrong=_sure_and_wrong(truth, found, names),
        s_errors=tuple(_relative_error(there, here) for there, here in measured),
        covered=tuple(
            _covers(there.s, here.s_interval)
            for there, here in measured
            if there.s and here and here.s_interval
        ),
        onset_errors=tuple(
            _onset_error(there, here, truth.window["start"]) for there, here in matched if here
        ),
        states=tally(
            ((i, there.state) for i, (there, here) in enumerate(matched) if here),
            ((i, here.state) for i, (_, here) in enumerate(matched) if here),
        ),
        radius_errors=tuple(_radius_error(there, here) for there, here in radii),
        radius_covered=tuple(
            _covers(there, here.spectral_radius_interval)
            for there, here in radii
            if here.spectral_radius_interval
        ),
    )


def _names(truth: Truth, found: Findings) -> dict[str, str]:
    """Found id -> the truth's ARN, for sources that no record names."""
    names: dict[str, str] = {}
    known = {source.arn for source in found.sources}
    started = {
        source.arn: {f.arn for f in found.functions if source.arn in f.sources}
        for source in found.sources
    }
    for source in truth.sources:
        if source.arn in known:
            continue
        mine = {f.arn for f in truth.functions if source.arn in f.sources}
        for other in found.sources:
            if (
                other.arn.startswith("unknown:")
                and other.kind == source.kind
                and other.arn not in names
                and started[other.arn] & mine
            ):
                names[other.arn] = source.arn
                break
    return names


def _measured(
    truth: Truth, found: Findings, names: Names
) -> list[tuple[SourceTruth, Source | None]]:
    here = {names.get(source.arn, source.arn): source for source in found.sources}
    return [(source, here.get(source.arn)) for source in truth.sources]


def _relative_error(there: SourceTruth, here: Source | None) -> float:
    if here is None or here.s is None or not there.s:
        return inf
    return abs(here.s - there.s) / there.s


def _radius_error(there: float, here: Loop) -> float:
    return inf if here.spectral_radius is None else abs(here.spectral_radius - there) / there


def _covers(there: float, interval: Interval) -> bool:
    return interval[0] <= there <= interval[1]


def _loop_key(loop: LoopTruth | Loop, names: Names | None = None) -> frozenset[str]:
    """The functions of a loop; its sources where it has none."""
    members = loop.functions or [(names or {}).get(arn, arn) for arn in loop.sources]
    return frozenset(members)


def _matched_loops(
    truth: Truth, found: Findings, names: Names
) -> list[tuple[LoopTruth, Loop | None]]:
    """Every true loop with the one found for it: a found loop stands for one true loop alone, so that two
    loops through the same function, told as one, are one found and one missed."""
    left = list(found.loops)
    pairs: list[tuple[LoopTruth, Loop | None]] = []
    for there in truth.loops:
        fitting = [loop for loop in left if _loop_key(loop, names) == _loop_key(there)]
        same = [loop for loop in fitting if _sources(loop, names) == set(there.sources)]
        here = next(iter(same or fitting), None)
        if here is not None:
            left.remove(here)
        pairs.append((there, here))
    return pairs


def _sources(loop: Loop, names: Names) -> set[str]:
    return {names.get(arn, arn) for arn in loop.sources}


def _loops(matched: list[tuple[LoopTruth, Loop | None]], found: Findings) -> Tally:
    right = sum(loop is not None for _, loop in matched)
    return Tally(right, len(found.loops) - right, len(matched) - right)


def _links(truth: Truth, found: Findings, names: Names) -> Tally:
    """Links trail -> source and source -> function (to any depth). An inferred feed names accounts, not
    a trail: it is right where the source's account is among them."""
    return _trail_links(truth, found, names) + tally(
        ((arn, f.arn) for f in truth.functions for arn in f.sources),
        ((names.get(arn, arn), f.arn) for f in found.functions for arn in f.sources),
    )


def _trail_links(truth: Truth, found: Findings, names: Names) -> Tally:
    there = {(trail, source.arn) for source in truth.sources for trail in source.trails}
    sources = {source.arn: source for source in truth.sources}
    here = {
        (_trail_name(fed, sources.get(arn)), arn)
        for source in found.sources
        for arn in [names.get(source.arn, source.arn)]
        for fed in source.fed_by
    }
    return tally(there, here)


def _trail_name(fed: FedBy, source: SourceTruth | None) -> str | None:
    """The name of a found trail; of an inferred feed, that of the source's trail if an account fits."""
    if fed.trail is not None:
        return fed.trail.rsplit("/", 1)[-1]
    if source is None or not source.trails:
        return None
    places = {arns.account(arn) for arn in (source.arn, *source.functions)}
    return source.trails[0] if places & set(fed.accounts) else None


def _causes(matched: list[tuple[LoopTruth, Loop | None]], found: Findings) -> Tally:
    """Events named as causes; one named for a loop that is none counts as wrong."""
    there = {(i, loop.cause_event_id) for i, (loop, _) in enumerate(matched) if loop.cause_event_id}
    here = {(i, loop.cause.event_id) for i, (_, loop) in enumerate(matched) if loop and loop.cause}
    known = [loop for _, loop in matched if loop]
    stray = sum(1 for loop in found.loops if loop.cause and loop not in known)
    return tally(there, here) + Tally(wrong=stray)


def _sure_and_wrong(truth: Truth, found: Findings, names: Names) -> int:
    """Causes named for sure that closed no loop of the same source. One that did is right, though a function of the
    loop be missed: that is counted where loops are."""
    closed = {(arn, loop.cause_event_id) for loop in truth.loops for arn in loop.sources}
    return sum(
        1
        for loop in found.loops
        if loop.cause
        and loop.cause.confidence >= SURE
        and not any((arn, loop.cause.event_id) in closed for arn in _sources(loop, names))
    )


def _onset_error(there: LoopTruth, here: Loop, start: str) -> float:
    """Minutes between the onsets; 0 for a loop that runs at the window's start and is told without one."""
    onset = datetime.fromisoformat(there.onset)
    if here.onset is None:
        early = (onset - datetime.fromisoformat(start)).total_seconds() / MINUTE_SECONDS
        return 0.0 if early <= EDGE_MINUTES else inf
    return abs((here.onset - onset).total_seconds()) / MINUTE_SECONDS


def _anomalies(truth: Truth, found: Findings) -> Tally:
    """An anomaly put in is found where one of its subject overlaps it in time; a finding that overlaps
    none is wrong."""
    there = [(a.subject, _time(a.start), _time(a.end)) for a in truth.anomalies]
    here = [
        (a.subject, a.window.start or _time(truth.window["start"]), a.window.end)
        for a in found.anomalies
    ]

    def overlaps(
        left: tuple[str, datetime, datetime], right: tuple[str, datetime, datetime | None]
    ) -> bool:
        return (
            left[0] == right[0] and (right[2] is None or left[1] < right[2]) and right[1] < left[2]
        )

    seen = sum(any(overlaps(a, b) for b in here) for a in there)
    wrong = sum(not any(overlaps(a, b) for a in there) for b in here)
    return Tally(seen, wrong, len(there) - seen)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

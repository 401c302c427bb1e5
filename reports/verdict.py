"""What a person with five minutes must know, drawn from the findings: the same in every format."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.findings import Findings, Loop, Recommendation, Source
from reports import words

_BY_SEVERITY = ("runaway", "sustained", "amplifying", "ended")
FAIL_ON = {
    "runaway": frozenset({"runaway"}),
    "sustained": frozenset({"runaway", "sustained"}),
    "any-loop": frozenset({"runaway", "sustained", "amplifying"}),
}
"""What `--fail-on` means: the states of a loop that end the command with 1."""


@dataclass(frozen=True)
class Fact:
    """A question, its answer, and what makes the answer precise. May hold a record's text."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """The headline, whether it is an alarm, and the facts in the order people ask for them."""

    headline: str
    state: str
    facts: tuple[Fact, ...]


def failing(findings: Findings, states: frozenset[str]) -> tuple[str, ...]:
    """The loops, by id and state, that are in one of `states`."""
    return tuple(f"{loop.id} ({loop.state})" for loop in findings.loops if loop.state in states)


def verdict(findings: Findings) -> Verdict:
    """Is there a storm, since when, by whose change, how strong, what it costs, what to do."""
    loop = worst_loop(findings)
    told = loop.state if loop else "unknown" if findings.entries.untold else "none"
    facts = (_share(findings), _factor(findings, loop), *_loop_facts(loop, told), _cost(findings))
    return Verdict(_headline(findings, loop), told, (*facts, _cure(findings)))


def worst_loop(findings: Findings) -> Loop | None:
    """The loop to talk about: the worst state, then the most entries."""
    return min(findings.loops, key=_severity, default=None)


def _severity(loop: Loop) -> tuple[int, int, str]:
    known = loop.state in _BY_SEVERITY
    return (_BY_SEVERITY.index(loop.state) if known else len(_BY_SEVERITY), -loop.entries, loop.id)


def steps(findings: Findings) -> tuple[Recommendation, ...]:
    """What to change, the largest saving first."""
    changes = [item for item in findings.recommendations if item.action != "keep"]
    return tuple(sorted(changes, key=lambda item: (-(item.monthly_saving_usd or 0), item.function)))


def saving(findings: Findings) -> float:
    """A month's saving of all steps together."""
    return sum(item.monthly_saving_usd or 0.0 for item in steps(findings))


def _headline(findings: Findings, loop: Loop | None) -> str:
    if loop is None and findings.entries.untold:
        return "Not known: nothing tells whether what wrote most entries processes logs."
    if loop is None and not findings.functions:
        return "No log storm, and no log-processing function was seen."
    if loop is None:
        return "No log storm: no entry comes back to the source that delivered it."
    state = {"ended": "A log storm that has ended", "amplifying": "A log loop that amplifies"}
    more = len(findings.loops) - 1
    also = f" There {'is' if more == 1 else 'are'} {more} more." if more else ""
    kind = state.get(loop.state, f"A {loop.state} log storm")
    return f"{kind}: {words.STATES.get(loop.state, loop.state)}.{also}"


def _share(findings: Findings) -> Fact:
    entries = findings.entries
    note = f"{words.number(entries.second_order)} of {words.number(entries.total)} entries"
    return Fact("Second-order entries", words.share(entries.second_order_share), note)


def main_source(findings: Findings, loop: Loop | None) -> Source | None:
    """The source whose S is told first: of the loop where there is one, then the most entries."""
    known = [source for source in findings.sources if source.s is not None]
    of_loop = [source for source in known if loop and source.arn in loop.sources]
    return max(
        of_loop or known, key=lambda source: (source.second_order_entries, source.arn), default=None
    )


def _factor(findings: Findings, loop: Loop | None) -> Fact:
    source = main_source(findings, loop)
    if source is None:
        return Fact("Factor S", words.UNKNOWN, "no source's deliveries could be counted")
    between = f" ({words.interval(source.s_interval)})" if source.s_interval else ""
    runs = f"; {words.number(source.s_invocations)} runs an entry" if source.s_invocations else ""
    note = f"entries caused by one entry of {words.short(source.arn)}{between}{runs}"
    return Fact("Factor S", words.number(source.s), note)


def _loop_facts(loop: Loop | None, told: str) -> tuple[Fact, ...]:
    if loop is None:
        return (Fact("Loop", words.UNKNOWN if told == "unknown" else "none"),)
    radius = f"ρ {words.number(loop.spectral_radius)}" if loop.spectral_radius is not None else ""
    between = (
        f" ({words.interval(loop.spectral_radius_interval)})"
        if loop.spectral_radius_interval
        else ""
    )
    functions = words.quantity(len(loop.functions), "function")
    size = f"{functions}, {words.quantity(len(loop.accounts), 'account')}"
    return (
        Fact("Loop", loop.state, "; ".join(filter(None, (f"{radius}{between}", size)))),
        Fact("Since", _since(loop), _until(loop)),
        _cause(loop),
    )


def _since(loop: Loop) -> str:
    return words.moment(loop.onset) if loop.onset else "before the first entry"


def _until(loop: Loop) -> str:
    if loop.ended:
        return f"ended {words.moment(loop.ended)}"
    return (
        f"doubles every {words.number(loop.doubling_minutes)} minutes"
        if loop.doubling_minutes
        else ""
    )


def _cause(loop: Loop) -> Fact:
    cause = loop.cause
    if cause is None:
        return Fact("Caused by", words.UNKNOWN, "no change in the archive closed this loop")
    place = f" from {cause.source_ip}" if cause.source_ip else ""
    when = words.moment(cause.event_time)
    note = f"{cause.event_name} at {when}{place}; confidence {words.share(cause.confidence)}"
    return Fact("Caused by", words.actor(cause.actor), note)


def _cost(findings: Findings) -> Fact:
    cost, label = findings.cost, "Cost of second-order entries"
    if findings.entries.untold:
        return Fact(label, words.UNKNOWN, "which entries are second-order entries is not known")
    if cost.second_order_monthly_usd is None:
        return Fact(label, words.UNKNOWN, "no price could be put on them")
    value = f"{words.money(cost.second_order_monthly_usd, cost.currency)} a month"
    return Fact(label, value, f"of {words.money(cost.monthly_usd, cost.currency)} a month in all")


def _cure(findings: Findings) -> Fact:
    changes = steps(findings)
    if not changes and findings.entries.untold:
        return Fact(
            "What to do", "tell what feeds them", "stormtrail topology pull, or a topology file"
        )
    if not changes:
        return Fact("What to do", "nothing to change", "no change would save money")
    first = changes[0]
    more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    value = f"{words.action(first.action)}: {words.short(first.function)}{more}"
    relieved = f"; relieves {', '.join(map(words.short, first.relieves))}" if first.relieves else ""
    note = f"saves {words.money(saving(findings), findings.cost.currency)} a month{relieved}"
    return Fact("What to do", value, note)

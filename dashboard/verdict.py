"""The five questions that a person with five minutes has, answered from the findings."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.findings import Findings, Loop, Recommendation
from dashboard.words import actor, count, moment, money, quantity, share, short, since, span

FLOOD = 0.5
_SEVERITY = ("runaway", "sustained", "amplifying", "ended")
_STATES = {
    "runaway": ("A runaway storm", "it grows until something throttles it"),
    "sustained": ("A sustained storm", "every entry loops for ever"),
    "amplifying": ("Amplified traffic", "every entry causes a finite number more"),
    "ended": ("A storm that ended", "its loop no longer runs"),
}
_ACTIONS = {
    "move_behind_kinesis": "Move {} behind a Kinesis stream",
    "exclude_from_selector": "Leave {} out of the trail's data events",
    "exclude_own_log_group": "Unsubscribe the log group of {} itself",
    "raise_batch": "Raise the batch size of {}",
    "keep": "Leave {} as it is",
}


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a few words, and what makes it precise. May hold record text."""

    question: str
    value: str
    note: str


def main_loop(findings: Findings) -> Loop | None:
    """The loop to talk about: the worst state, then the most entries."""
    if not findings.loops:
        return None
    return min(findings.loops, key=lambda loop: (_rank(loop.state), -loop.entries, loop.id))


def flooded(findings: Findings) -> bool:
    """Whether log processing wrote most of the entries, in a loop or not."""
    return (findings.entries.second_order_share or 0.0) >= FLOOD


def _rank(state: str) -> int:
    return _SEVERITY.index(state) if state in _SEVERITY else len(_SEVERITY)


def answers(findings: Findings) -> tuple[Answer, ...]:
    """Is there a storm, since when, by whose change, what does it cost, what to do."""
    loop = main_loop(findings)
    if loop is None and findings.entries.untold:
        return _untold(findings)
    return (
        _storm(findings, loop),
        _onset(findings, loop),
        _cause(loop),
        _cost(findings),
        _cure(findings),
    )


def _untold(findings: Findings) -> tuple[Answer, ...]:
    """The five answers where nothing tells whether what wrote most entries processes logs."""
    whole = f"{money(findings.cost.monthly_usd, findings.cost.currency)} a month"
    return (
        Answer(
            "Is there a storm?",
            "Not known",
            "Nothing tells whether the functions that wrote most entries process logs.",
        ),
        Answer("Since when?", "Not known", "The timeline shows when there were more."),
        Answer(
            "By whose change?", "Not known", "The timeline and the evidence hold what was changed."
        ),
        Answer("What does it cost?", "Not known", f"The trail costs {whole} in all."),
        Answer(
            "What to do?",
            "Tell what feeds them",
            "By stormtrail topology pull, or by a topology file.",
        ),
    )


def _storm(findings: Findings, loop: Loop | None) -> Answer:
    entries = findings.entries
    part = share(entries.second_order_share)
    note = f"Log processing caused {part} of {count(entries.total, 'entries')}"
    if loop is None and flooded(findings):
        told = f"{note}; they do not come back, so it grows no further."
        return Answer("Is there a storm?", "No loop, but a flood", told)
    if loop is None:
        return Answer("Is there a storm?", "No storm", f"{note}; none of them comes back.")
    value, meaning = _STATES.get(loop.state, (loop.state, "state not known here"))
    loops = (
        "" if len(findings.loops) == 1 else f" There are {quantity(len(findings.loops), 'loop')}."
    )
    return Answer("Is there a storm?", value, f"{note}; {meaning}.{loops}")


def _onset(findings: Findings, loop: Loop | None) -> Answer:
    if loop is None:
        return Answer("Since when?", "–", "Nothing has begun.")
    if loop.onset is None:
        return Answer(
            "Since when?", "Before the archive", "It ran already when the first entry was recorded."
        )
    if loop.ended is not None:
        lasted = since(loop.onset, loop.ended)
        return Answer("Since when?", moment(loop.onset), f"Until {moment(loop.ended)}: {lasted}.")
    end = findings.window.end
    note = f"{since(loop.onset, end)} up to the last entry." if end else ""
    if loop.doubling_minutes:
        note += f" Doubles every {span(60 * loop.doubling_minutes)}."
    return Answer("Since when?", moment(loop.onset), note)


def _cause(loop: Loop | None) -> Answer:
    question = "By whose change?"
    if loop is None:
        return Answer(question, "–", "No change closed a loop.")
    if loop.cause is None:
        return Answer(
            question, "Not recorded", "The archive holds no change that closed this loop."
        )
    cause = loop.cause
    note = (
        f"{cause.event_name} at {moment(cause.event_time)}; confidence {share(cause.confidence)}."
    )
    who, _, role = actor(cause.actor).partition(" (role ")
    return Answer(question, who, f"As {role.removesuffix(')')}: {note}" if role else note)


def _cost(findings: Findings) -> Answer:
    cost = findings.cost
    question = "What does it cost?"
    if cost.second_order_monthly_usd is None:
        return Answer(question, "Not known", "No price could be put on these entries.")
    value = f"{money(cost.second_order_monthly_usd, cost.currency)} a month"
    total = f"Of {money(cost.monthly_usd, cost.currency)} a month that the trail costs in all."
    return Answer(question, value, total)


def _cure(findings: Findings) -> Answer:
    question = "What to do?"
    steps = [item for item in findings.recommendations if item.action != "keep"]
    if not steps:
        return Answer(question, "Nothing to change", "No change would save money.")
    first = max(steps, key=lambda item: item.monthly_saving_usd or 0.0)
    more = f" Then {quantity(len(steps) - 1, 'more step')}." if len(steps) > 1 else ""
    saving = money(first.monthly_saving_usd, findings.cost.currency)
    return Answer(question, action(first), f"Saves {saving} a month.{more}")


def action(item: Recommendation) -> str:
    """A recommendation in words, by the short name of its function, or bucket where it has none."""
    template = _ACTIONS.get(item.action, item.action.replace("_", " ") + " {}")
    return template.replace("{}", short(item.function or item.source or "it"))

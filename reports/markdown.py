"""The report as Markdown, for tickets and chats; what a record says is shown, never formatted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analytics.findings import Findings
from reports import words
from reports.changes import Change
from reports.verdict import steps, verdict
from stormtrail.text import markdown as safe

_MOST = 50


def to_markdown(findings: Findings, changes: Sequence[Change] | None = None) -> str:
    """Executive part, evidence, method."""
    parts = [*_executive(findings), *_since(changes), *_evidence(findings), *_method(findings)]
    return "\n".join(parts) + "\n"


def _executive(findings: Findings) -> Iterator[str]:
    found = verdict(findings)
    yield f"# {safe(found.headline)}\n"
    yield f"{safe(words.window(findings.window))}\n"
    yield from _table(
        ("", "", ""), [(fact.label, fact.value, fact.note) for fact in found.facts], "lll"
    )
    rows = [
        (
            words.short(step.function),
            words.action(step.action),
            words.number(step.s_before),
            words.number(step.s_after),
            words.money(step.monthly_saving_usd, findings.cost.currency),
        )
        for step in steps(findings)
    ]
    header = ("Function", "Change", "S before", "S after", "Saves a month")
    yield from _section("What to change", header, rows, "llrrr")


def _since(changes: Sequence[Change] | None) -> Iterator[str]:
    if changes is not None:
        yield "## Since the last report\n"
        lines = [change.line for change in changes] or ["Nothing that matters has changed."]
        yield from (f"- {safe(line)}" for line in lines)
        yield ""


def _evidence(findings: Findings) -> Iterator[str]:
    header: tuple[str, ...] = ("Loop", "State", "ρ", "Entries", "Began", "Entry of the change")
    yield from _section("Loops", header, [
        (
            loop.id,
            loop.state,
            words.number(loop.spectral_radius),
            words.number(loop.entries),
            words.moment(loop.onset),
            loop.cause.event_id if loop.cause else words.UNKNOWN,
        )
        for loop in findings.loops
    ], "llrrll")  # fmt: skip
    yield from _section("Log sources", ("Source", "Kind", "Delivered", "S", "95 % interval"), [
        (
            source.arn,
            source.kind,
            words.number(source.entries_delivered),
            words.number(source.s),
            words.interval(source.s_interval),
        )
        for source in findings.sources
    ], "llrrr")  # fmt: skip
    header = ("Function", "Depth", "Runs", "Entries", "In a loop")
    yield from _section("Log-processing functions", header, [
        (
            item.arn,
            str(item.depth),
            words.number(item.invocations),
            words.number(item.entries),
            "yes" if item.in_loop else "no",
        )
        for item in findings.functions
    ], "lrrrl")  # fmt: skip
    yield from _section("Anomalies", ("When", "Subject", "In words"), [
        (words.moment(item.window.start), words.short(item.subject), item.explanation)
        for item in findings.anomalies
    ], "lll")  # fmt: skip


def _method(findings: Findings) -> Iterator[str]:
    yield "## Method and assumptions\n"
    yield (
        "S is second-order entries per delivered entry, shifted by the delivery's delay; ρ is the "
        "spectral radius of the matrix of entries that each source's entries cause at each source."
    )
    yield ""
    yield from (f"- {safe(line)}" for line in (*findings.cost.assumptions, *findings.notes))


def _section(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], align: str
) -> Iterator[str]:
    if rows:
        yield f"## {title}\n"
        yield from _table(header, rows[:_MOST], align)
        if len(rows) > _MOST:
            yield f"{len(rows) - _MOST} more are in the JSON report.\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> Iterator[str]:
    yield _row(header)
    yield "|" + "|".join("---:" if side == "r" else "---" for side in align) + "|"
    yield from (_row([safe(cell) for cell in row]) for row in rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"

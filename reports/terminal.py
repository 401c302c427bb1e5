"""The findings as a few lines and tables on a terminal."""

from __future__ import annotations

from analytics.findings import Findings
from reports import words
from reports.verdict import steps, verdict
from stormtrail.console import table
from stormtrail.text import plain


def headline_lines(findings: Findings) -> tuple[str, ...]:
    """The verdict and its facts, a line each."""
    found = verdict(findings)
    width = max(len(fact.label) for fact in found.facts)
    return (plain(found.headline), *(_line(f.label, width, f.value, f.note) for f in found.facts))


def _line(label: str, width: int, value: str, note: str) -> str:
    return plain(f"{label:<{width}}  {value}{f' ({note})' if note else ''}")


def summary_table(findings: Findings) -> str:
    """The facts, then sources, functions and steps as tables, then notes."""
    parts = ["\n".join(headline_lines(findings))]
    parts += [part for part in (_sources(findings), _functions(findings), _steps(findings)) if part]
    if findings.notes:
        parts.append("\n".join(f"note: {plain(line)}" for line in findings.notes))
    return "\n\n".join(part.rstrip("\n") for part in parts)


def _sources(findings: Findings) -> str:
    header = ("source", "kind", "delivered", "second-order", "S", "95 % interval", "runs an entry")
    rows = [
        (
            source.arn,
            source.kind,
            words.number(source.entries_delivered),
            words.number(source.second_order_entries),
            words.number(source.s),
            words.interval(source.s_interval),
            words.number(source.s_invocations),
        )
        for source in findings.sources
    ]
    return table(header, rows) if rows else ""


def _functions(findings: Findings) -> str:
    header = ("log-processing function", "depth", "runs", "entries", "batch", "in a loop")
    rows = [
        (
            item.arn,
            item.depth,
            item.invocations,
            item.entries,
            words.number(item.batch_size),
            "yes" if item.in_loop else "no",
        )
        for item in findings.functions
    ]
    return table(header, rows) if rows else ""


def _steps(findings: Findings) -> str:
    header = ("what to change", "how", "S before", "S after", "saves a month")
    rows = [
        (
            step.function,
            words.action(step.action),
            words.number(step.s_before),
            words.number(step.s_after),
            words.money(step.monthly_saving_usd, findings.cost.currency),
        )
        for step in steps(findings)
    ]
    return table(header, rows) if rows else ""

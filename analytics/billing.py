"""Money and the cure, added to findings: what the prices and the cures need, taken from the case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analytics import cure, prices
from analytics.candidates_found import candidates
from analytics.cost import cost
from analytics.findings import Findings
from analytics.measured_usage import usage
from analytics.present import LEAST_BASIS, first_minute, flows, present
from analytics.recording import copies
from analytics.situation import Settings, Situation, with_counted_money
from analytics.timing import utc

if TYPE_CHECKING:
    from analytics.case import Case
    from analytics.options import AnalysisOptions


def with_money(findings: Findings, case: Case, options: AnalysisOptions) -> Findings:
    """The findings with cost and recommendations; a month goes on from the window's present part."""
    book, first = prices.load(options.prices), first_minute(findings, case)
    found = copies(case)
    assumed = options.assumptions
    window, now = usage(case, 0, found, assumed), usage(case, first, found, assumed)
    costed = replace(findings, cost=cost(window, book, assumed, now))
    there = situation(costed, case, options)
    return replace(
        costed,
        recommendations=cure.recommend(there),
        notes=(*findings.notes, *_notes(there, case, first)),
    )


def situation(findings: Findings, case: Case, options: AnalysisOptions) -> Situation:
    """What the cures are worked out from; `findings` with their cost."""
    foreseen, found = case.foreseen, copies(case)
    now = present(foreseen, first_minute(findings, case))
    settings = Settings(
        min_batch=options.min_batch, latency_budget_seconds=options.latency_budget_seconds
    )
    there = Situation(
        k=now.k,
        sources=flows(findings, case, now, found),
        candidates=tuple(candidates(foreseen, now.first, found)),
        book=prices.load(options.prices),
        assumptions=options.assumptions,
        settings=settings,
    )
    return with_counted_money(there, findings.cost.second_order_monthly_usd)


def _notes(there: Situation, case: Case, first: int) -> tuple[str, ...]:
    """What a reader must know of two numbers for one source: over the window, and at present."""
    if not first:
        return ()
    since = f"{utc(case.data.span.time(first)):%Y-%m-%d %H:%M} UTC"
    told = [
        f"{source.arn}: s is {source.s_of_window:.4g} over the window and {source.s:.4g} since {since};"
        " recommendations start from the latter."
        for source in there.sources
        if source.has_changed and source.s_of_window is not None and source.s is not None
    ]
    why = "when a loop or a source last began or ended, or was changed"
    if first == case.data.span.minutes - LEAST_BASIS:
        why = "the last hour: what began or ended within it is at the mean rate of all of it"
    basis = f"Money a month is at the rates since {since}, {why}."
    return (basis, *told)

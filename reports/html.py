"""One self-contained HTML page: executive page first, evidence after, method last.

No network, no script; charts are inline SVG. Whatever a record says goes through jinja2's
autoescape, and through `plain` first, so that direction overrides cannot reorder a line.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analytics.findings import Findings
from reports import svg, words
from reports.changes import Change
from reports.timeline import Timeline
from reports.verdict import steps, verdict
from stormtrail.text import plain

MOST_ROWS = 200
"""Rows of an evidence table; the report says how many more there are and where."""


def to_html(
    findings: Findings,
    timeline: Timeline | None = None,
    changes: tuple[Change, ...] | None = None,
    made: datetime | None = None,
) -> str:
    """The page as text. `changes` None: there was no earlier report; `made` is printed if given."""
    span = timeline or Timeline()
    page = _environment().get_template("report.html.j2")
    return page.render(
        f=findings,
        verdict=verdict(findings),
        steps=steps(findings),
        changes=changes,
        made=made,
        most=MOST_ROWS,
        charts={
            "timeline": svg.timeline(span.buckets, span.marks, span.unit),
            "components": svg.bars(
                {words.component(name): usd for name, usd in findings.cost.by_component.items()},
                findings.cost.currency,
            ),
            "functions": svg.bars(findings.cost.by_function, findings.cost.currency),
            "factors": svg.intervals(
                [(s.arn, s.s, s.s_interval) for s in findings.sources if s.s is not None]
            ),
        },
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "number": words.number,
        "quantity": words.quantity,
        "share": words.share,
        "money": words.money,
        "moment": words.moment,
        "window": words.window,
        "interval": words.interval,
        "short": words.short,
        "actor": words.actor,
        "action": words.action,
    }
    environment.globals["style"] = Markup(_text("report.css"))  # noqa: S704 - our own file
    return environment


def _text(name: str) -> str:
    loader = PackageLoader("reports")
    return loader.get_source(Environment(autoescape=True), name)[0]


def _finalize(value: Any) -> Any:
    """Every printed value: markup made by us as it is, all else as one visible line."""
    if value is None:
        return "–"
    return value if isinstance(value, Markup) else plain(value)

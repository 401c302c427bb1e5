"""Findings for people and other programs: HTML, Markdown, JSON, CSV, OCSF; schedules; delivery."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from analytics.findings import Findings
from reports.changes import Change
from reports.markdown import to_markdown
from reports.ocsf import to_ocsf
from reports.sheets import to_csv
from reports.terminal import summary_table

if TYPE_CHECKING:
    from reports.timeline import Timeline

__all__ = ["FORMATS", "Report", "summary_table"]


@dataclass(frozen=True)
class Report:
    """Everything that a report says; `changes` None means there was no earlier one."""

    findings: Findings
    timeline: Timeline | None = None
    changes: tuple[Change, ...] | None = None
    made: datetime | None = None
    table: str = "functions"


def _json(report: Report) -> str:
    return json.dumps(report.findings.to_dict(), indent=2) + "\n"


def _html(report: Report) -> str:
    from reports.html import to_html  # its templates' library is slow to import

    return to_html(report.findings, report.timeline, report.changes, report.made)


FORMATS: dict[str, Callable[[Report], str]] = {
    "html": _html,
    "md": lambda r: to_markdown(r.findings, r.changes),
    "json": _json,
    "csv": lambda r: to_csv(r.findings, r.table),
    "ocsf": lambda r: to_ocsf(r.findings),
}
"""How each format is written, by its name on the command line."""

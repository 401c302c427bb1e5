"""The findings as CSV: one table at a time, a row each, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from analytics.findings import (
    Anomaly,
    Chain,
    Findings,
    LogFunction,
    Loop,
    Recommendation,
    Source,
)
from stormtrail.text import csv_cell

TABLES: dict[str, type[Any]] = {
    "functions": LogFunction,
    "sources": Source,
    "loops": Loop,
    "chains": Chain,
    "recommendations": Recommendation,
    "anomalies": Anomaly,
}
"""The lists of the findings that can be had as CSV; the first is what `--format csv` gives."""


def to_csv(findings: Findings, table: str = "functions") -> str:
    """RFC 4180 with a header line; lists and objects as JSON text in their cell.

    Functions get their cost a month and what is recommended for them beside them.
    """
    rows = _functions(findings) if table == "functions" else findings.to_dict()[table]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = _header(table)
    writer.writerow(names)
    writer.writerows([csv_cell(_cell(row.get(name))) for name in names] for row in rows)
    return buffer.getvalue()


def _functions(findings: Findings) -> list[dict[str, Any]]:
    advice = {item.function: item for item in findings.recommendations}
    return [
        {
            **row,
            "monthly_usd": findings.cost.by_function.get(row["arn"]),
            "action": advice[row["arn"]].action if row["arn"] in advice else None,
            "monthly_saving_usd": (
                advice[row["arn"]].monthly_saving_usd if row["arn"] in advice else None
            ),
        }
        for row in findings.to_dict()["functions"]
    ]


def _header(table: str) -> list[str]:
    """The field names, also where there is no row."""
    extra = ["monthly_usd", "action", "monthly_saving_usd"] if table == "functions" else []
    return [field.name for field in fields(TABLES[table])] + extra


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (Mapping, list)) else value

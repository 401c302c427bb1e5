"""What CloudTrail's digests prove of the evidence: proven, unproven or tampered, by event id.

`stormtrail ingest --verify` decides for each file; an entry has the state of the file that it
was loaded from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analytics.findings import Anomaly, Chain, Findings, Loop, Recommendation
from analytics.warehouse import LEDGER_TABLES, Warehouse
from stormtrail.layout import Layout

UNPROVEN = "unproven"
_DECIDED = "select 1 from sources where integrity <> 'unproven' limit 1"


def states(event_ids: Iterable[str], layout: Layout) -> dict[str, str]:
    """`proven`, `unproven` or `tampered` for each id; the worst where entries share an id.

    An id that is not in the store is unproven.
    """
    found = dict.fromkeys(sorted(event_ids), UNPROVEN)
    if not found or not layout.ledger_answer(_DECIDED):
        return found  # nobody ever verified a file: no entry has to be looked up
    warehouse = Warehouse.open(layout)
    warehouse.register("sources", layout.ledger_table("sources", LEDGER_TABLES["sources"]))
    rows = warehouse.query("evidence_integrity", event_ids=list(found)).to_pylist()
    return found | {row["event_id"]: row["integrity"] for row in rows}


def of_evidence(findings: Findings, layout: Layout) -> dict[str, str]:
    """The state of every entry that the findings point at."""
    return states(_named(findings), layout)


def _named(findings: Findings) -> Iterator[str]:
    told: tuple[Chain | Loop | Anomaly | Recommendation, ...] = (
        *findings.chains,
        *findings.loops,
        *findings.anomalies,
        *findings.recommendations,
    )
    for item in told:
        yield from item.evidence
    yield from (loop.cause.event_id for loop in findings.loops if loop.cause)

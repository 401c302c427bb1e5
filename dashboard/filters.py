"""Which accounts, regions and span of time are shown. The choice lives in the URL.

The time is given to the analysis, as `stormtrail analyze --since --until` does; accounts and
regions only choose what of the findings is shown, for a loop does not end at an account's border.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from analytics.findings import Anomaly, Findings, Loop


@dataclass(frozen=True)
class Filters:
    """Chosen accounts and regions (empty: all) and a half-open span of UTC time (None: open)."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, account: str | None, region: str | None = None) -> bool:
        """Whether something of this account and region is shown; what has none always is."""
        wanted = not self.accounts or account is None or account in self.accounts
        return wanted and (not self.regions or region is None or region in self.regions)

    @property
    def chosen(self) -> bool:
        """Whether anything is left out."""
        return self != Filters()


def utc(value: datetime | None) -> datetime | None:
    """A widget's naive time as the UTC that it means."""
    return None if value is None else value.replace(tzinfo=UTC)


def narrow(findings: Findings, filters: Filters) -> Findings:
    """What of the findings touches the chosen accounts and regions."""
    if not filters.accounts and not filters.regions:
        return findings
    sources = tuple(s for s in findings.sources if filters.takes(s.account, s.region))
    functions = tuple(f for f in findings.functions if filters.takes(f.account, f.region))
    shown = {s.arn for s in sources} | {f.arn for f in functions}
    return replace(
        findings,
        sources=sources,
        functions=functions,
        chains=tuple(c for c in findings.chains if _touches(shown, (c.source, *c.path))),
        loops=tuple(loop for loop in findings.loops if _loop_shown(loop, shown, filters)),
        anomalies=tuple(a for a in findings.anomalies if _anomaly_shown(a, filters)),
        recommendations=tuple(
            r for r in findings.recommendations if (r.function or r.source) in shown
        ),
    )


def _touches(shown: set[str], arns: Iterable[str]) -> bool:
    return any(arn in shown for arn in arns)


def _loop_shown(loop: Loop, shown: set[str], filters: Filters) -> bool:
    if _touches(shown, (*loop.sources, *loop.functions)):
        return True
    return not filters.regions and any(filters.takes(account) for account in loop.accounts)


def _anomaly_shown(anomaly: Anomaly, filters: Filters) -> bool:
    """An anomaly's subject is an ARN, an account or a name: only the first two can be judged."""
    parts = anomaly.subject.split(":")
    if anomaly.subject.startswith("arn:") and len(parts) > 5:
        return filters.takes(parts[4] or None, parts[3] or None)
    is_account = anomaly.subject.isdigit() and len(anomaly.subject) == 12
    return filters.takes(anomaly.subject if is_account else None)

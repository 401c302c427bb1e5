"""What a verification found, as a value, as JSON and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.integrity.logs import Status
from ingest.integrity.problems import Problem
from stormtrail.text import plain

SCHEMA = "stormtrail.integrity/1"


@dataclass(frozen=True)
class IntegrityReport:
    """The proof of an archive.

    digests, digests_proven  numbers of digest files
    start, end               the time that the readable digests cover (UTC); None without one
    files                    log file URI -> its status, for the ledger
    problems                 what was changed, taken away or added
    notices                  what cannot be proven from what is here, without a sign of tampering
    """

    digests: int
    digests_proven: int
    start: datetime | None
    end: datetime | None
    files: Mapping[str, Status] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    notices: tuple[Problem, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was found to be wrong; there may still be unproven files."""
        return not self.problems

    def count(self, status: Status) -> int:
        """How many log files have this status."""
        return Counter(self.files.values())[status]

    def to_dict(self) -> dict[str, Any]:
        """A JSON object, schema `stormtrail.integrity/1`; files in the order of their URIs."""
        return {
            "schema": SCHEMA,
            "clean": self.clean,
            "window": {"start": _stamp(self.start), "end": _stamp(self.end)},
            "digests": {"total": self.digests, "proven": self.digests_proven},
            "logs": {str(status): self.count(status) for status in Status},
            "problems": [_plain(problem) for problem in self.problems],
            "notices": [_plain(notice) for notice in self.notices],
            "files": {uri: str(status) for uri, status in sorted(self.files.items())},
        }

    def to_text(self) -> str:
        """Lines for a person: every problem, every notice, then the counts."""
        lines = [_line("problem", problem) for problem in self.problems]
        lines += [_line("notice", notice) for notice in self.notices]
        counts = ", ".join(f"{self.count(status):,} {status}" for status in Status)
        lines.append(f"log files: {counts}")
        lines.append(f"digests: {self.digests_proven:,} of {self.digests:,} proven")
        if self.start and self.end:
            lines.append(f"covered: {_stamp(self.start)} to {_stamp(self.end)}")
        lines.append(f"problems: {len(self.problems):,}")
        return "\n".join(lines)


def _stamp(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _plain(problem: Problem) -> dict[str, str]:
    return {"code": str(problem.code), "uri": problem.uri, "message": problem.message}


def _line(kind: str, problem: Problem) -> str:
    return plain(f"{kind} {problem.code}: {problem.uri} {problem.message}")

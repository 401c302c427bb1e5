"""A cause that is named for sure must have closed a loop of that source."""

from __future__ import annotations

from datetime import UTC, datetime

from analytics.findings import Cause, Entries, Findings, Loop, Window
from benchmarks.scoring import score
from simulation.truth import LoopTruth, Truth

AT = datetime(2026, 6, 1, tzinfo=UTC)
TRUTH = Truth(
    "articles",
    1,
    {"start": "2026-06-01T00:00:00+00:00", "end": "2026-06-02T00:00:00+00:00"},
    0,
    0,
    0,
    True,
    loops=[
        LoopTruth(["group"], ["drainer", "router"], AT.isoformat(), "amplifying", 0.5, "closed"),
        LoopTruth(["bucket"], ["reader"], AT.isoformat(), "amplifying", 0.5, "other"),
    ],
)


def sure_and_wrong(event_id: str, confidence: float = 0.95) -> int:
    """What a loop found with the router alone counts, of which this event is named as the cause."""
    cause = Cause(event_id, "PutSubscriptionFilter", AT, None, None, confidence)
    loop = Loop(
        "loop-1", ("group",), ("router",), (), 0.5, None, "amplifying", 2.0, 1, 0.5, None, AT, cause
    )
    return score(TRUTH, Findings(Window(None, None), Entries(), loops=(loop,))).sure_and_wrong


def test_the_event_that_closed_the_loop_is_right_where_a_function_is_missed() -> None:
    assert sure_and_wrong("closed") == 0


def test_any_other_event_is_wrong_where_it_is_named_for_sure() -> None:
    assert sure_and_wrong("another") == 1
    assert sure_and_wrong("other") == 1  # which closed the loop of another source
    assert sure_and_wrong("another", confidence=0.6) == 0

"""docs/costs.md works out the articles' set-up by hand; the program must come to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.cost import cost
from analytics.findings import Batch
from analytics.prices import load
from analytics.treatments import Candidate
from analytics.usage import (
    MONTH_SECONDS,
    Assumptions,
    BucketUse,
    EntryGroup,
    FunctionUse,
    LogGroupUse,
    Usage,
)
from analytics.what_if import Prediction, SourceFlow, State, predict

PAGE = Path(__file__).parents[2] / "docs" / "costs.md"
WORKLOAD, ARCHIVE = "111111111111", "222222222222"
GROUP = f"arn:aws:logs:us-east-1:{WORKLOAD}:log-group:trail"


def function(name: str, account: str) -> str:
    return f"arn:aws:lambda:us-east-1:{account}:function:{name}"


ROUTER = function("router", WORKLOAD)
CALLED = (function("archiver", ARCHIVE), function("feeder", ARCHIVE))


def table(head: str) -> dict[str, list[str]]:
    """Rows of the page's table under this head, by their first cell."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(head) + 2
    rows: dict[str, list[str]] = {}
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name] = cells
    return rows


def number(text: str) -> float:
    return float(text.replace(",", ""))


def setup() -> Usage:
    groups = (
        EntryGroup(WORKLOAD, "Management", 1, "original", 5e6),
        EntryGroup(WORKLOAD, "Data", 1, "second", 5e6),
        EntryGroup(ARCHIVE, "Data", 1, "second", 10e6),
    )
    called = (FunctionUse(arn, ARCHIVE, 2.5e6, 5e6, 0, 5e6) for arn in CALLED)
    return Usage(
        MONTH_SECONDS,
        groups=groups,
        functions=(FunctionUse(ROUTER, WORKLOAD, 2.5e6, 5e6, 0, 5e6, 5e6), *called),
        log_groups=(LogGroupUse(GROUP, WORKLOAD, 10e6, 5e6),),
        buckets=(BucketUse(ARCHIVE, 2 * 8_640, 20e6, 15e6),),
    )


def moved() -> Prediction:
    rate = 10e6 / MONTH_SECONDS
    runs = rate * 60 / 4
    router = Candidate(
        ROUTER,
        GROUP,
        "cloudwatch_logs",
        4.0,
        runs,
        runs,
        further_entries=4.0,
        callees=dict.fromkeys(CALLED, 1.0),
        routed={GROUP: 1.0},
        further_routed={},
    )
    flow = SourceFlow(GROUP, "cloudwatch_logs", rate, s=1.5)
    return predict({GROUP: {GROUP: 0.5}}, [flow], [router], {ROUTER: Batch(200, 60, 1)}, load())


def cents(costs: dict[str, float]) -> dict[str, float]:
    return {name: round(usd, 2) for name, usd in costs.items()}


def test_the_month_by_hand_is_the_programs() -> None:
    rows = {
        name: number(cells[-1])
        for name, cells in table("| component | by hand | USD a month |").items()
    }
    found = cost(setup(), load(), Assumptions())
    assert rows == cents({**found.by_component, "total": found.monthly_usd or 0.0})


def test_its_second_order_part_is_the_programs() -> None:
    found = cost(setup(), load(), Assumptions())
    assert f"= {found.second_order_monthly_usd:.2f} USD" in PAGE.read_text(encoding="utf-8")


def test_the_month_behind_a_stream_is_the_programs() -> None:
    rows = table("| component | by hand, after | before | after |")
    prediction = moved()
    for place, state in ((-2, prediction.before), (-1, prediction.after)):
        told = {name: number(cells[place]) for name, cells in rows.items()}
        assert {name: usd for name, usd in told.items() if usd} == cents(by_component(state))


def by_component(state: State) -> dict[str, float]:
    assert state.cost is not None
    return {**state.cost.by_component, "total": state.monthly_usd or 0.0}


def test_s_and_the_rest_before_and_after_are_the_programs() -> None:
    rows = table("| what | before | after |")
    prediction = moved()
    for place, state in enumerate((prediction.before, prediction.after)):
        told = {name: number(cells[place]) for name, cells in rows.items()}
        assert state.delivered is not None
        assert told == pytest.approx(
            {
                "s": state.s[GROUP],
                "ρ": state.spectral_radius,
                "entries delivered": state.delivered[GROUP],
                "second-order entries": state.second_order,
                "runs of the router": state.runs[ROUTER],
            },
            rel=1e-4,
        )

"""Copies and Kinesis, the whole way from records: which trails charge for an entry, and what feeds a cure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from analytics import configured, recording, rollup_data
from analytics.analysis import analyze
from analytics.case import Case, examine
from analytics.findings import Findings, Recommendation
from analytics.measured_usage import usage
from analytics.options import AnalysisOptions
from analytics.selectors import Cell, parse
from analytics.usage import Assumptions
from analytics.warehouse import Warehouse
from ingest.pipeline import IngestOptions, ingest
from simulation import simulate, write_archive
from simulation.organization import LAMBDA, MANAGEMENT, S3, Call, Change, Selector, Stage, Trail
from simulation.scenarios import changes
from simulation.scenarios.draft import Draft
from simulation.scenarios.pipelines import group_source
from stormtrail.layout import Layout
from tests.analytics import played

HOURS = played.HOURS
KINESIS = "AWS::Kinesis::Stream"
Fields = Sequence[dict[str, Any]]


def storm(name: str, recorded: bool = True, calls: tuple[Call, ...] = ()) -> tuple[Draft, Trail]:
    """A draft with a router on the trail's log group."""
    made = Draft(name, 1, HOURS, 1.0, recorded=recorded)
    made.work(2_000, "workload")
    made.work(200, "log-archive", "security")
    made.flatten(0.0, 0.01)
    trail = made.trail("audit", "workload")
    group_source(
        made,
        trail,
        (Stage(made.function("router", "workload"), calls=calls),),
        batching=made.cap(1.0),
    )
    return made, trail


def stored(made: Draft, folder: Path) -> Layout:
    write_archive(simulate(made.finish(), 1), folder / "archive")
    layout = Layout(folder / "store")
    ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
    return layout


def case(layout: Layout) -> Case:
    analyze(layout)
    data = rollup_data.load(Warehouse.open(layout), None, None)
    assert data is not None
    return examine(data, configured.read(layout))


def copied(there: Case, account: str) -> dict[str, float]:
    """Mean copies of an account's entries, by category, over the window."""
    groups = [
        g
        for g in usage(there, 0, recording.copies(there), Assumptions()).groups
        if g.account == account
    ]
    single = {g.category: 0.0 for g in groups}
    many = dict(single)
    for group in groups:
        single[group.category] += group.entries
        many[group.category] += group.entries * group.copies
    return {name: many[name] / single[name] for name in single}


def router(found: Findings) -> Recommendation:
    """What is recommended for the storm's function."""
    [item] = [item for item in found.recommendations if "router" in item.function]
    return item


def cloudtrail(trail: Trail, name: str, hour: float, parameters: dict[str, object]) -> Change:
    actor = changes.ACTORS[0]
    return Change(
        hour, "cloudtrail.amazonaws.com", name, trail.account, trail.region, actor, parameters
    )


def select(trail: Trail, hour: float, *rules: Fields) -> Change:
    """PutEventSelectors with advanced selectors."""
    listed: list[object] = [{"name": "", "fieldSelectors": list(fields)} for fields in rules]
    parameters: dict[str, object] = {
        "trailName": trail.name,
        "advancedEventSelectors": listed,
    }
    return cloudtrail(trail, "PutEventSelectors", hour, parameters)


def field(name: str, **conditions: list[str]) -> dict[str, Any]:
    return {"field": name, **conditions}


MANAGED = (field("eventCategory", equals=["Management"]),)


def data(kind: str, *more: dict[str, Any]) -> Fields:
    return (
        field("eventCategory", equals=["Data"]),
        field("resources.type", equals=[kind]),
        *more,
    )


def test_one_trail_is_one_copy(tmp_path: Path) -> None:
    made, trail = storm("one")
    there = case(stored(made, tmp_path))
    assert copied(there, trail.account) == {"Data": 1.0, "Management": 1.0}
    told = recording.copies(there).assumptions
    assert any(trail.arn in line for line in told)
    # the other accounts' entries are in the archive, but no trail is known that records them
    others = [a.id for a in made.accounts if a.id != trail.account]
    [line] = [line for line in told if "no known trail records entries of" in line]
    assert all(account in line for account in others)
    assert trail.account not in line


def test_each_further_trail_that_records_an_entry_is_one_more_copy(tmp_path: Path) -> None:
    made, trail = storm("further")
    made.trail("second", "workload", log_group=False)
    made.trail("org", "security", records=(MANAGEMENT,), log_group=False, organization=True)
    there = case(stored(made, tmp_path))
    copies = copied(there, trail.account)
    # the trails begin minutes after the window does
    assert copies == {"Data": pytest.approx(2, abs=0.1), "Management": pytest.approx(3, abs=0.1)}
    assert copied(there, made.account("log-archive"))["Management"] == pytest.approx(1)


def test_copies_are_charged_to_the_cost_and_to_the_cure(tmp_path: Path) -> None:
    single = analyze(stored(storm("single")[0], tmp_path / "one"))
    made, _ = storm("single")
    made.trail("second", "workload", log_group=False)
    double = analyze(stored(made, tmp_path / "two"))
    ours = [found.cost.by_component["cloudtrail_data"] for found in (single, double)]
    assert ours[1] == pytest.approx(2 * ours[0], rel=0.1)
    assert "cloudtrail_management" not in single.cost.by_component
    assert double.cost.by_component["cloudtrail_management"] > 0
    costs = [router(found).monthly_usd_before or 0.0 for found in (single, double)]
    assert costs[1] > 1.3 * costs[0]


Ends: dict[str, Callable[[Trail, float], Change]] = {
    "stopped": lambda trail, hour: changes.stop_logging(trail, hour, changes.ACTORS[0]),
    "deleted": lambda trail, hour: cloudtrail(trail, "DeleteTrail", hour, {"name": trail.arn}),
    "named otherwise": lambda trail, hour: select(trail, hour, data("AWS::S3::Object")),
}


@pytest.mark.parametrize("end", Ends.values(), ids=list(Ends))
def test_a_trail_charges_only_while_it_records(
    end: Callable[[Trail, float], Change], tmp_path: Path
) -> None:
    made, trail = storm("while")
    second = made.trail("second", "workload", log_group=False)
    made.add(end(second, HOURS / 2))
    found = copied(case(stored(made, tmp_path)), trail.account)
    # even work and an even storm: half of the window's entries have two copies
    assert found == {
        "Data": pytest.approx(1.5, abs=0.12),
        "Management": pytest.approx(1.5, abs=0.12),
    }


def test_a_trail_of_named_functions_is_not_taken_for_one_of_all(tmp_path: Path) -> None:
    made, trail = storm("narrow")
    second = made.trail("second", "workload", log_group=False)
    named = field("resources.ARN", equals=[f"arn:aws:lambda:{made.region}:1:function:x"])
    made.add(select(second, 0.1, MANAGED, data(LAMBDA, named)))
    there = case(stored(made, tmp_path))
    assert copied(there, trail.account)["Data"] == pytest.approx(1, abs=0.1)


def test_a_trail_that_names_a_function_copies_its_entries(tmp_path: Path) -> None:
    made, _ = storm("narrow")
    second = made.trail("second", "workload", log_group=False)
    [source] = made.sources
    arn = next(stage.function.arn for stage in source.stages if stage.function)
    named = field("resources.ARN", equals=[arn])
    made.add(select(second, 0.1, MANAGED, data(LAMBDA, named)))
    there = case(stored(made, tmp_path))
    single, copies = recording.totals(
        there.data.runs, there.data.run_cells, recording.copies(there), 0
    )
    mean = {key[0]: copies[place] / single[place] for place, key in enumerate(there.data.runs.keys)}
    assert mean.pop(arn) == pytest.approx(2, abs=0.1)
    assert max(mean.values()) == pytest.approx(1, abs=0.1)


def test_what_a_trail_of_named_buckets_records_is_not_known(tmp_path: Path) -> None:
    made, _ = storm("narrow", calls=(Call("s3.amazonaws.com", "PutObject", S3, "copies/out"),))
    made.archived = (*made.archived, Selector(S3))
    second = made.trail("second", "workload", log_group=False)
    named = field("resources.ARN", startsWith=["arn:aws:s3:::invoices/"])
    made.add(select(second, 0.1, MANAGED, data(S3, named)))
    there = case(stored(made, tmp_path))
    [line] = [x for x in recording.copies(there).assumptions if "records named resources" in x]
    assert second.arn in line


def test_where_no_trail_is_known_one_copy_is_counted_and_that_is_said(tmp_path: Path) -> None:
    made, _ = storm("unknown", recorded=False)
    found = analyze(stored(made, tmp_path))
    assert any(
        "how many trails record the entries is not known" in x for x in found.cost.assumptions
    )


def test_a_pulled_trail_counts_as_one_that_the_archive_tells_of(tmp_path: Path) -> None:
    made, trail = storm("pulled")
    layout = stored(made, tmp_path)
    layout.topology.mkdir(exist_ok=True)
    every = {"ReadWriteType": "All", "IncludeManagementEvents": True}
    told = {
        "arn": f"arn:aws:cloudtrail:{trail.region}:{made.account('security')}:trail/org",
        "account": made.account("security"),
        "region": trail.region,
        "organization": True,
        "multi_region": True,
        "event_selectors": [every],
    }
    (layout.topology / "added-org.json").write_text(json.dumps({"trails": [told]}))
    there = case(layout)
    assert copied(there, trail.account) == {"Data": 1.0, "Management": pytest.approx(2, abs=0.1)}


# Kinesis


def planned_stream(found: Findings) -> str:
    """The ARN of the stream that a plan would put behind the router's source."""
    from analytics.templates.spec import Choices, plans

    [plan] = plans([router(found)], Choices())
    return plan.stream_arn


def kinesis_storm(*rules: Fields, folder: Path) -> Findings:
    made, trail = storm("kinesis")
    made.add(select(trail, 0.2, MANAGED, data("AWS::Lambda::Function"), *rules))
    # a stream for this storm alone is worth little; a dear trail makes the move worth while
    prices = {"cloudtrail.data_event": 1.0}
    return analyze(stored(made, folder), AnalysisOptions(prices=prices))


def test_a_trail_that_records_kinesis_is_warned_of_from_its_own_records(tmp_path: Path) -> None:
    found = kinesis_storm(data(KINESIS), folder=tmp_path / "feeding")
    cured = router(found)
    assert cured.action == "move_behind_kinesis"
    [warning] = [text for text in cured.warnings if "feed the storm" in text]
    assert "without end" in warning
    quiet = router(kinesis_storm(folder=tmp_path / "quiet"))
    assert quiet.warnings == ()
    assert cured.s_after == pytest.approx(quiet.s_after, rel=0.05)


def test_once_the_stream_is_left_out_of_the_selectors_there_is_no_warning(tmp_path: Path) -> None:
    stream = planned_stream(kinesis_storm(data(KINESIS), folder=tmp_path / "before"))
    out = field("resources.ARN", notEquals=[stream])
    found = kinesis_storm(data(KINESIS, out), folder=tmp_path / "after")
    assert router(found).warnings == ()


def test_where_no_trail_is_known_the_user_is_asked_to_check(tmp_path: Path) -> None:
    made, _ = storm("unknown", recorded=False)
    prices = {"cloudtrail.data_event": 1.0}
    found = analyze(stored(made, tmp_path), AnalysisOptions(prices=prices))
    told = router(found).warnings
    assert any("check that no trail records Kinesis" in text for text in told)


BASIC = [
    {
        "dataResources": [
            {"type": "AWS::Lambda::Function", "values": ["arn:aws:lambda:r:1:function:x"]}
        ]
    }
]


@pytest.mark.parametrize(
    ("resource", "recorded"),
    [
        ("arn:aws:lambda:r:1:function:x", True),
        ("arn:aws:lambda:r:1:function:xy", False),
        ("arn:aws:lambda:r:1:function:", False),
        (None, True),
    ],
)
def test_a_selector_of_one_function_records_that_one(resource: str | None, recorded: bool) -> None:
    chosen = parse(BASIC, None)
    assert chosen is not None
    cell = Cell("1", "r", "Data", "lambda.amazonaws.com", "Invoke", False, resource)
    assert chosen.matches(cell) is recorded


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("arn:aws:s3:::copies/2026/", False),
        ("arn:aws:s3:::copies/", True),
        ("arn:aws:s3:::invoices/", True),
    ],
)
def test_selectors_that_ask_what_the_counts_do_not_tell_are_said_and_trusted_less(
    tmp_path: Path, asked: str, told: bool
) -> None:
    made, trail = storm("asked", calls=(Call("s3.amazonaws.com", "PutObject", S3, "copies/out"),))
    made.archived = (*made.archived, Selector(S3))
    named = field("resources.ARN", startsWith=[asked])
    made.add(select(trail, 0.1, MANAGED, data(LAMBDA), data(S3, named)))
    found = analyze(stored(made, tmp_path))
    [source] = found.sources
    assert (source.link_confidence == 1.0) is told
    assert (not any("do not tell apart" in note for note in found.notes)) is told
    assert source.s is not None and source.s_interval is not None
    assert (source.s_interval[1] < 1.2 * source.s) is told


def test_what_a_function_writes_into_a_bucket_that_is_not_selected_does_not_come_back(
    tmp_path: Path,
) -> None:
    back = {}
    for bucket in ("copies", "invoices"):
        made, trail = storm("asked", calls=(Call("s3.amazonaws.com", "PutObject", S3, "copies/o"),))
        made.archived = (*made.archived, Selector(S3))
        named = field("resources.ARN", startsWith=[f"arn:aws:s3:::{bucket}/"])
        made.add(select(trail, 0.1, MANAGED, data(LAMBDA), data(S3, named)))
        there = case(stored(made, tmp_path / bucket))
        [returned] = [found.entries for of in there.returned.values() for found in of.values()]
        written = there.data.calls.where(lambda key: key[7] == "copies")
        back[bucket] = returned
        calls = there.data.calls.totals("entries")[written].sum()
    assert back["copies"] - back["invoices"] == pytest.approx(calls, rel=0.1)

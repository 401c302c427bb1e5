"""What the cures are worked out from is what the records say, at present."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics import configured, effects, rollup_data
from analytics.case import Case, examine
from analytics.cure import recommend
from analytics.findings import Recommendation
from analytics.function_settings import FunctionSettings, settings
from analytics.measured_usage import usage
from analytics.recording import Copies
from analytics.usage import SECOND, Assumptions
from analytics.warehouse import Warehouse
from simulation.organization import LAMBDA, MANAGEMENT, Call, Change, Organization, Stage
from simulation.scenarios import changes
from simulation.scenarios.pipelines import group_source
from stormtrail.layout import Layout
from tests.analytics import played
from tests.analytics.conftest import Analyze, Analyzed

NOBODY = Copies((), ())
"""No trail is known: one copy of every entry."""


def caller_with_calls(seed: int) -> Organization:
    """A router whose runs are routed again; the function that it calls, and its calls, are not."""
    made = played.draft("calls", seed)
    trail = made.trail("audit", "workload", records=(MANAGEMENT, LAMBDA))
    target = f"arn:aws:s3:::{made.tag('store')}"
    put = Call("s3.amazonaws.com", "PutObject", "AWS::S3::Object", target)
    called = Stage(made.function("archiver", "log-archive"), calls=(put,))
    router = Stage(made.function("router", "workload"), next=(called,))
    group_source(made, trail, (router,), batching=made.cap(2.0))
    return made.finish()


def test_what_is_further_routed_does_not_count_the_functions_own_runs(tmp_path: Path) -> None:
    organization = caller_with_calls(1)
    [source] = organization.sources
    there = played.analysed(organization, 1, tmp_path)
    [router] = [item for item in there.candidates if item.source == source.arn]
    assert router.routed == {source.arn: pytest.approx(1.0)}
    assert router.further_routed == {}


def test_the_pattern_of_the_filter_that_is_there_goes_into_the_plan(tmp_path: Path) -> None:
    made = played.one_router(1)
    filtered = tuple(
        replace(item, parameters={**(item.parameters or {}), "filterPattern": "{ $.x = 1 }"})
        if item.name == "PutSubscriptionFilter"
        else item
        for item in made.changes
    )
    there = played.analysed(replace(made, changes=filtered), 1, tmp_path)
    assert [item.filter_pattern for item in there.candidates] == ["{ $.x = 1 }"]
    assert [item.filter_pattern for item in recommend(there)] == ["{ $.x = 1 }"]


def test_memory_processor_and_role_are_the_archives_where_it_tells_them(tmp_path: Path) -> None:
    made = played.one_router(1)
    [stage] = made.sources[0].stages
    function = stage.function
    assert function is not None
    actor = changes.ACTORS[0]
    parameters: dict[str, object] = {"functionName": function.name, "memorySize": 1769}
    larger = Change(
        1.0, "lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2", function.account,
        function.region, actor, parameters, {**parameters, "architectures": ["arm64"]},
    )  # fmt: skip
    there = played.analysed(replace(made, changes=(*made.changes, larger)), 1, tmp_path)
    [candidate] = there.candidates
    # it was made with 256 MB on x86
    assert (candidate.memory_mb, candidate.arm, candidate.role) == (1769.0, True, function.role)
    used = usage(case(tmp_path / "store"), 0, NOBODY, Assumptions()).functions
    assert [(use.memory_mb, use.arm) for use in used] == [(1769.0, True)]


@pytest.mark.parametrize(
    "row",
    [
        {"request_parameters": "{", "response_elements": None},
        {"request_parameters": '{"memorySize": "big"}', "response_elements": "[1]"},
        {"request_parameters": '{"memorySize": true}', "response_elements": '{"architectures": 1}'},
        {"request_parameters": '{"role": ["x"]}', "response_elements": '{"role": "x"}'},
        {"request_parameters": '{"memorySize": -5}', "response_elements": '{"architectures": []}'},
    ],
)
def test_settings_that_are_none_are_not_taken(row: dict[str, object]) -> None:
    change = {"event_id": "e", "event_time": datetime(2026, 1, 1, tzinfo=UTC), "account_id": "1",
              "event_name": "CreateFunction20150331", "aws_region": "eu-west-1"}  # fmt: skip
    assert set(settings([{**change, **row}]).values()) == {FunctionSettings()}


def test_a_stream_in_use_costs_its_assumed_shards_and_its_entries(tmp_path: Path) -> None:
    played.analysed(played.tiny_stream(1), 1, tmp_path)
    there = case(tmp_path / "store")
    used = usage(there, 0, NOBODY, Assumptions(stream_shards=2))
    quantities: dict[str, float] = {}
    for item in used.metered:
        quantities[item.price] = quantities.get(item.price, 0.0) + item.quantity
    [stream] = [item for item in there.measured.values() if item.verdict.kind == "kinesis"]
    delivered = stream.feed.series(there.data.traffic).sum()
    hours = there.data.span.minutes / 60
    assert quantities == {
        "kinesis.shard_hour": pytest.approx(2 * hours),
        "kinesis.put_unit": pytest.approx(delivered),
    }
    # it carries original entries too: those are no part of the storm
    assert {item.order for item in used.metered} == {"original", "second"}


CARRIERS = {"sqs_from_bucket": "sqs", "sns": "sns", "firehose_transform": "firehose"}


@pytest.mark.parametrize(("kind", "component"), CARRIERS.items())
def test_queues_topics_and_delivery_streams_are_part_of_the_cost(
    analyzed: Analyze, kind: str, component: str
) -> None:
    assert analyzed(kind, 1).found.cost.by_component[component] > 0


def of(found: Analyzed, function: str) -> Recommendation:
    [item] = [item for item in found.found.recommendations if function in item.function]
    return item


@pytest.mark.parametrize("kind", ["one_function", "two_sources_one_loop", "eventbridge_rule"])
def test_where_s_did_not_change_the_recommendation_starts_from_the_sources_s(
    analyzed: Analyze, kind: str
) -> None:
    found = analyzed(kind, 1)
    told = {arn: source.s for arn, source in found.sources.items()}
    for item in found.found.recommendations:
        assert item.s_of_window == told[item.source or ""]
        if item.s_before != item.s_of_window:
            assert both_are_told(found, item)
    assert any(item.s_before == item.s_of_window for item in found.found.recommendations)


def both_are_told(found: Analyzed, item: Recommendation) -> bool:
    """Whether a note gives both numbers."""
    wanted = (item.source, f"{item.s_of_window:.4g}", f"{item.s_before:.4g}")
    return any(all(str(text) in note for text in wanted) for note in found.found.notes)


def test_where_s_changed_within_the_window_both_are_told(analyzed: Analyze) -> None:
    found = analyzed("articles", 1)
    router = of(found, "log-router")
    assert router.s_before != router.s_of_window == found.sources[router.source or ""].s
    assert both_are_told(found, router)
    assert any("Money a month is at the rates since" in note for note in found.found.notes)


def test_a_loop_that_has_ended_costs_nothing_any_more(analyzed: Analyze) -> None:
    router = of(analyzed("ended", 1), "log-router")
    assert (router.action, router.monthly_usd_before) == ("keep", 0.0)
    assert "no longer ran" in router.why


def test_a_function_that_was_moved_is_judged_by_the_stream_that_it_reads_now(
    analyzed: Analyze,
) -> None:
    found = analyzed("moved_behind_stream", 1)
    router = of(found, "log-router")
    assert (router.action, found.sources[router.source or ""].kind) == ("keep", "kinesis")
    assert "behind a stream already" in router.why or "enough" in router.why


def test_a_function_on_its_own_log_group_takes_no_entries_and_has_no_s(analyzed: Analyze) -> None:
    found = analyzed("own_log_group", 1)
    forwarder = of(found, "log-forwarder")
    assert found.sources[forwarder.source or ""].s is None
    assert (forwarder.s_before, forwarder.s_after) == (None, None)
    assert " s " not in forwarder.why
    # all of its runs and their entries are gone: nearly all that is second-order there
    assert forwarder.monthly_saving_usd == pytest.approx(
        found.found.cost.second_order_monthly_usd, rel=0.15
    )


def case(store: Path) -> Case:
    layout = Layout(store)
    data = rollup_data.load(Warehouse.open(layout), None, None)
    assert data is not None
    return examine(data, configured.read(layout))


def test_both_records_of_a_run_are_second_order(tmp_path: Path) -> None:
    """Invoke and InvokeExecution are two kinds of entry; what was caused is counted in full."""
    played.analysed(played.one_router(1), 1, tmp_path)
    there = case(tmp_path / "store")
    counted = [
        group.entries
        for group in usage(there, 0, NOBODY, Assumptions()).groups
        if group.order == SECOND
    ]
    caused = effects.entries(there.log_weights, there.data).sum()
    assert sum(counted) == pytest.approx(caused)


@pytest.mark.parametrize("kind", ["articles", "own_log_group", "self_logging_bucket"])
def test_findings_hold_no_numbers_but_pythons_own(analyzed: Analyze, kind: str) -> None:
    assert [item for item in leaves(analyzed(kind, 1).found.to_dict()) if foreign(item)] == []


def foreign(value: object) -> bool:
    return type(value) not in (str, int, float, bool, type(None))


def leaves(value: Any) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]

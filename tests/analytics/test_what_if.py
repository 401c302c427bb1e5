"""Predictions are compared with what the algebra of entries gives by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.findings import Batch
from analytics.prices import load
from analytics.treatments import (
    Candidate,
    Firehose,
    Larger,
    Queue,
    Removed,
    Treatment,
    Unrecorded,
    effect,
)
from analytics.usage import MONTH_SECONDS, Assumptions
from analytics.what_if import Prediction, SourceFlow, predict

A = "111111111111"
GROUP = f"arn:aws:logs:us-east-1:{A}:log-group:trail"
OTHER = f"arn:aws:logs:us-east-1:{A}:log-group:other"
STREAM = Batch(200, 60, 1)


def arn(name: str, account: str = A) -> str:
    return f"arn:aws:lambda:us-east-1:{account}:function:{name}"


def router(name: str = "router", **changes: object) -> Candidate:
    base = Candidate(arn(name), GROUP, "cloudwatch_logs", 1.0, 600.0, 600.0)
    return replace(base, **changes)  # type: ignore[arg-type]


def one_source(
    functions: list[Candidate], moves: dict[str, Treatment], k: float, rate: float = 10.0
) -> Prediction:
    flows = [SourceFlow(GROUP, "cloudwatch_logs", rate)]
    return predict({GROUP: {GROUP: k}}, flows, functions, moves, load())


def delivered(found: Prediction) -> dict[str, float]:
    """A month's entries by source; empty where the loop does not end."""
    return dict(found.after.delivered or {})


def test_moving_one_asynchronous_run_an_entry_takes_s_from_2_to_one_over_the_batch() -> None:
    found = one_source([router()], {arn("router"): STREAM}, 0.0)
    assert [found.before.s[GROUP], found.after.s[GROUP]] == pytest.approx([2.0, 1 / 200])


def test_a_synchronous_run_an_entry_goes_from_1_to_one_over_the_batch() -> None:
    found = one_source([router(run_entries=1.0)], {arn("router"): STREAM}, 0.0)
    assert [found.before.s[GROUP], found.after.s[GROUP]] == pytest.approx([1.0, 1 / 200])


def test_a_queue_filled_by_a_run_an_entry_starts_1_and_one_over_the_batch_runs() -> None:
    found = one_source([router()], {arn("router"): Queue(200, 60)}, 0.0)
    runs_an_entry = found.after.runs[arn("router")] / (10.0 * MONTH_SECONDS)
    assert runs_an_entry == pytest.approx(1.005)
    assert found.after.s == {GROUP: pytest.approx(2.005)}


def test_a_slow_stream_is_filled_by_its_window_not_its_size() -> None:
    # 0.5 entries a second for 60 s, and the one that opens the window
    found = one_source([router()], {arn("router"): Batch(10_000, 60, 1)}, 0.0, rate=0.5)
    assert found.after.entries_per_run == {arn("router"): pytest.approx(31.0)}


def test_a_batch_never_spans_shards() -> None:
    found = one_source([router()], {arn("router"): Batch(10_000, 60, 4)}, 0.0, rate=10.0)
    assert found.after.entries_per_run == {arn("router"): pytest.approx(151.0)}


def test_a_buckets_record_stands_for_a_whole_file() -> None:
    files = router(batch=5.0, source_kind="s3")
    found = one_source([files], {arn("router"): Batch(100, 60, 1)}, 0.0, rate=1.0)
    assert found.after.entries_per_run == {arn("router"): 65.0}


def test_a_batch_holds_six_megabytes() -> None:
    # 6,000,000 / 1,900 bytes: 3,157 entries
    found = one_source([router()], {arn("router"): Batch(10_000, 300, 1)}, 0.0, rate=1_000.0)
    assert found.after.entries_per_run == {arn("router"): 3157.0}


def test_a_closed_loop_ends_as_the_inverse_of_what_is_left() -> None:
    # K 0.5: 10 delivered a second of which 5 are original; after it 5 / (1 - 0.5/2/200)
    looping = router(routed={GROUP: 0.25})
    found = one_source([looping], {arn("router"): STREAM}, 0.5)
    left = 0.25 / 200
    assert found.before.spectral_radius == pytest.approx(0.5)
    assert found.after.spectral_radius == pytest.approx(left)
    assert delivered(found)[GROUP] == pytest.approx(5.0 / (1 - left) * MONTH_SECONDS)
    assert found.after.second_order == pytest.approx(5.0 / (1 - left) * MONTH_SECONDS / 200)


def test_what_no_function_explains_stays() -> None:
    found = one_source([router(routed={GROUP: 0.25})], {arn("router"): Removed(GROUP)}, 0.7)
    assert found.after.spectral_radius == pytest.approx(0.2)
    assert found.after.s == {GROUP: pytest.approx(0.2)}


def test_what_another_source_starts_stays_where_its_own_log_group_is_left_out() -> None:
    looping = router(routed={GROUP: 0.25})
    found = one_source([looping], {arn("router"): Removed(f"{GROUP}-of-its-own")}, 0.5)
    assert found.after.spectral_radius == pytest.approx(found.before.spectral_radius)


def test_measured_s_beyond_the_functions_stays() -> None:
    flows = [SourceFlow(GROUP, "cloudwatch_logs", 10.0, s=3.0)]
    found = predict({}, flows, [router()], {arn("router"): Removed(GROUP)}, load())
    assert (found.before.s[GROUP], found.after.s[GROUP]) == (3.0, 1.0)


def three() -> list[Candidate]:
    return [router(name, run_entries=1.0, routed={GROUP: 1.0}) for name in ("a", "b", "c")]


def test_three_functions_all_routed_again_have_radius_three_and_one_move_leaves_two() -> None:
    flows = [SourceFlow(GROUP, "cloudwatch_logs", 10.0, original_per_second=1.0)]
    found = predict({GROUP: {GROUP: 3.0}}, flows, three(), {arn("a"): STREAM}, load())
    assert found.before.spectral_radius == pytest.approx(3.0)
    assert (found.after.delivered, found.after.monthly_usd) == (None, None)
    assert found.after.spectral_radius == pytest.approx(2.005)


def test_moving_all_three_ends_the_loop_and_the_moves_are_not_added_up() -> None:
    flows = [SourceFlow(GROUP, "cloudwatch_logs", 10.0, original_per_second=10.0)]
    moves: dict[str, Treatment] = {arn(name): STREAM for name in ("a", "b", "c")}
    found = predict({GROUP: {GROUP: 3.0}}, flows, three(), moves, load())
    assert found.after.spectral_radius == pytest.approx(3 / 200)
    assert delivered(found)[GROUP] == pytest.approx(10.0 / (1 - 3 / 200) * MONTH_SECONDS)


def test_two_moves_on_one_loop_save_less_than_the_sum_of_each() -> None:
    pair = [router(name, routed={GROUP: 0.2}) for name in ("a", "b")]
    saved = {
        moved: one_source(pair, {arn(n): STREAM for n in moved}, 0.8).monthly_saving_usd or 0.0
        for moved in (("a",), ("b",), ("a", "b"))
    }
    assert saved["a", "b"] > saved["a",] > 0
    assert saved["a", "b"] != pytest.approx(saved["a",] + saved["b",], rel=0.02)


def test_entries_that_come_back_through_another_source_are_counted_through_both() -> None:
    # GROUP -> a -> OTHER -> b -> GROUP; moving a alone opens the whole loop
    first = router("a", run_entries=1.0, routed={OTHER: 0.8})
    second = router("b", run_entries=1.0, routed={GROUP: 0.5}, source=OTHER)
    flows = [
        SourceFlow(arn, "cloudwatch_logs", rate) for arn, rate in ((GROUP, 10.0), (OTHER, 8.0))
    ]
    k = {GROUP: {OTHER: 0.8}, OTHER: {GROUP: 0.5}}
    found = predict(k, flows, [first, second], {arn("a"): STREAM}, load())
    assert found.before.spectral_radius == pytest.approx((0.8 * 0.5) ** 0.5)
    assert found.after.spectral_radius == pytest.approx((0.8 / 200 * 0.5) ** 0.5)
    # GROUP's original entries are 10 - 0.5 x 8 = 6; OTHER has none of its own
    group = 6.0 / (1 - 0.5 * 0.8 / 200)
    assert delivered(found) == pytest.approx(
        {GROUP: group * MONTH_SECONDS, OTHER: group * 0.8 / 200 * MONTH_SECONDS}
    )


def test_entries_that_a_trail_no_longer_records_are_gone_and_the_runs_stay() -> None:
    found = one_source([router(further_entries=1.0)], {arn("router"): Unrecorded()}, 0.0)
    assert found.after.s == {GROUP: 1.0}
    assert found.after.runs == found.before.runs


def test_own_and_further_entries_come_back_by_their_own_shares() -> None:
    # the router's runs are routed again, those of the archive account are not
    looping = router(
        further_entries=4.0, routed={GROUP: 0.25}, further_routed={}, callees={arn("siem"): 1.0}
    )
    found = one_source([looping], {arn("router"): STREAM}, 0.5)
    assert found.after.spectral_radius == pytest.approx(0.25 / 200)
    assert found.after.s == {GROUP: pytest.approx(5 / 200)}


def test_a_called_function_runs_less_with_its_caller() -> None:
    looping = router(callees={arn("siem"): 1.0})
    found = one_source([looping], {arn("router"): STREAM}, 0.0)
    assert found.before.cost is not None
    assert found.after.cost is not None
    by_function = (found.before.cost.by_function, found.after.cost.by_function)
    before, after = (costs[arn("siem")] for costs in by_function)
    # 200 ms become 200 + 199 ms; requests fall to a 200th
    requests, duration = 25.92e6 * 0.20e-6, 25.92e6 * 0.125 * 0.2 * 0.0000166667
    assert before == pytest.approx(requests + duration)
    assert after == pytest.approx(requests / 200 + duration / 200 * 399 / 200)


def test_kinesis_entries_of_a_trail_that_records_them_feed_the_storm() -> None:
    found = one_source([router(records_kinesis=True)], {arn("router"): STREAM}, 0.0)
    # a PutRecord an entry, a GetRecords a second for 10 entries, and the runs
    assert found.after.s == {GROUP: pytest.approx(1 + 1 / 10 + 1 / 200)}


def test_firehose_gathers_three_megabytes_and_bills_five_kilobytes_a_record() -> None:
    done = effect(router(), Firehose(3_000_000, 300), 100.0, Assumptions())
    assert done.entries_per_run == 3_000_000 // 1_900
    assert done.metered[0].quantity == pytest.approx(100 * MONTH_SECONDS * 5_000 / 1e9)


def test_a_stream_costs_its_shards_and_its_25_kilobyte_units() -> None:
    found = one_source([router()], {arn("router"): Batch(200, 60, 2)}, 0.0)
    assert found.after.cost is not None
    # 2 x 720 x 0.015 + 25.92 million units x 0.014
    assert found.after.cost.by_component["kinesis"] == pytest.approx(21.60 + 0.36288)


def test_functions_on_one_source_share_one_stream() -> None:
    pair = [router(name) for name in ("a", "b")]
    found = one_source(pair, {arn("a"): Batch(200, 60, 2), arn("b"): Batch(200, 60, 1)}, 0.0)
    assert found.after.cost is not None
    assert found.after.cost.by_component["kinesis"] == pytest.approx(21.60 + 0.36288)


def test_an_on_demand_stream_costs_its_hours_and_bytes() -> None:
    found = one_source([router()], {arn("router"): Batch(200, 60, 4, "on_demand")}, 0.0)
    assert found.after.cost is not None
    gigabytes = 25.92e6 * 1_900 / 1e9
    assert found.after.cost.by_component["kinesis"] == pytest.approx(28.80 + 0.12 * gigabytes)


def test_a_larger_batch_in_place_makes_fewer_runs() -> None:
    mapped = router(source_kind="sqs", run_entries=1.0, batch=2.0)
    found = one_source([mapped], {arn("router"): Larger(100, 60)}, 0.0)
    assert found.after.s == {GROUP: pytest.approx(1 / 100)}


def test_functions_never_explain_more_than_was_measured_of_their_source() -> None:
    # four further entries would come back to a half, but K says that only the runs do
    looping = router(further_entries=4.0, routed={GROUP: 0.4}, further_routed={GROUP: 0.5})
    flows = [SourceFlow(GROUP, "cloudwatch_logs", 10.0, s=3.0)]
    found = predict({GROUP: {GROUP: 0.4}}, flows, [looping], {}, load())
    # s says half as many runs an entry: one run takes two
    assert found.before.s == {GROUP: pytest.approx(3.0)}
    assert found.before.entries_per_run == {arn("router"): pytest.approx(2.0)}
    assert found.before.spectral_radius == pytest.approx(0.4)


def test_no_move_changes_nothing() -> None:
    found = one_source([router(routed={GROUP: 0.25})], {}, 0.5)
    assert found.after == found.before


rates = st.floats(0.001, 2_000.0)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rate=rates,
    routed=st.floats(0.0, 0.45),
    size=st.integers(1, 10_000),
    window=st.integers(0, 300),
    shards=st.integers(1, 8),
)
def test_what_is_settled_on_solves_the_balance_of_entries(
    rate: float, routed: float, size: int, window: int, shards: int
) -> None:
    looping = router(routed={GROUP: routed})
    moves: dict[str, Treatment] = {arn("router"): Batch(size, window, shards)}
    found = one_source([looping], moves, 2 * routed, rate)
    assert found.after.delivered is not None
    after = found.after.delivered[GROUP] / MONTH_SECONDS
    original = rate * (1 - 2 * routed)
    assert after == pytest.approx(original / (1 - found.after.spectral_radius), rel=1e-6)
    assert found.after.spectral_radius <= found.before.spectral_radius + 1e-12

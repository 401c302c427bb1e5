"""Which function is to be moved, which is not, and what is promised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.batching import Arrivals, mean_batch, shards, size_batch
from analytics.cure import Settings, Situation, recommend, stream_for
from analytics.findings import Batch, Recommendation
from analytics.prices import load
from analytics.treatments import Candidate
from analytics.what_if import SourceFlow
from stormtrail.errors import UsageError

A, B = "111111111111", "222222222222"
GROUP = f"arn:aws:logs:us-east-1:{A}:log-group:trail"
BUCKET = "arn:aws:s3:::trail-files"
ROUTER = f"arn:aws:lambda:us-east-1:{A}:function:router"
SIEM = f"arn:aws:lambda:us-east-1:{B}:function:siem"


def router(**changes: object) -> Candidate:
    """One run an entry, 10 a second, whose runs are routed again to a third."""
    base = Candidate(
        ROUTER,
        GROUP,
        "cloudwatch_logs",
        1.0,
        600.0,
        1_200.0,
        routed={GROUP: 0.3},
        callees={SIEM: 1.0},
        further_entries=2.0,
        further_routed={},
        records_kinesis=False,
        evidence=("e1",),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def situation(
    *candidates: Candidate, settings: Settings | None = None, k: float = 0.6
) -> Situation:
    flow = SourceFlow(GROUP, "cloudwatch_logs", 10.0)
    return Situation(
        {GROUP: {GROUP: k}}, [flow], candidates, load(), settings=settings or Settings()
    )


def only(found: tuple[Recommendation, ...]) -> Recommendation:
    assert len(found) == 1
    return found[0]


def beside_calls(found: Recommendation) -> tuple[str, ...]:
    """The warnings but for the one of calls that may be by the entry."""
    return tuple(text for text in found.warnings if "once a run" not in text)


@pytest.mark.parametrize(
    ("batch", "a_run", "warned"),
    [(1.0, 1.0, True), (5.0, 1.0, False), (5.0, 4.0, True), (5.0, 0.0, False)],
)
def test_calls_that_may_be_made_for_each_entry_are_told_with_what_s_would_be(
    batch: float, a_run: float, warned: bool
) -> None:
    called = {SIEM: a_run} if a_run else {}
    made = router(batch=batch, callees=called, further_entries=2 * a_run)
    found = only(recommend(situation(made)))
    told = [text for text in found.warnings if "once a run" in text]
    assert len(told) == warned
    if warned:
        # what is left is at least what its calls write for one entry now
        assert float(told[0].rpartition(" ")[2]) >= 0.9 * 2 * a_run / batch


def test_an_active_function_with_a_run_an_entry_is_moved_and_relieves_what_it_calls() -> None:
    found = only(recommend(situation(router())))
    assert (found.action, found.function, found.relieves, found.evidence) == (
        "move_behind_kinesis",
        ROUTER,
        (SIEM,),
        ("e1",),
    )


def test_what_is_promised_is_what_the_prediction_gives() -> None:
    there = situation(router())
    found = only(recommend(there))
    assert found.batch is not None
    promised = there.predict({ROUTER: found.batch})
    assert (found.s_before, found.s_after, found.spectral_radius_after) == (
        4.0,
        promised.after.s[GROUP],
        promised.after.spectral_radius,
    )
    assert found.monthly_usd_before == promised.before.monthly_usd
    assert found.monthly_usd_after == promised.after.monthly_usd
    assert found.monthly_saving_usd == promised.monthly_saving_usd


def test_the_batch_takes_what_the_window_brings_at_the_peak() -> None:
    # 20 records a second for 60 s on one shard
    assert stream_for(router(), situation(router())) == Batch(1_200, 60, 1)


def test_a_bigger_latency_budget_makes_bigger_batches() -> None:
    there = situation(router(), settings=Settings(latency_budget_seconds=120))
    assert stream_for(router(), there) == Batch(2_400, 120, 1)


def test_a_batch_is_never_more_than_six_megabytes() -> None:
    there = situation(router(), settings=Settings(latency_budget_seconds=300))
    # 6,000 records would wait: 3,157 of 1,900 bytes fit
    assert stream_for(router(), there).size == 3_157


def test_the_stream_mode_that_is_set_is_taken() -> None:
    there = situation(router(), settings=Settings(stream_mode="on_demand"))
    assert stream_for(router(), there) == Batch(300, 60, 4, "on_demand")


def test_without_a_mode_the_cheaper_one_is_taken() -> None:
    # twenty nearly idle shards cost 216 USD, an on-demand stream 28.80 and its bytes
    peaky = router(peak_bytes_per_second=16e6, peak_records_per_second=8_000.0)
    assert stream_for(peaky, situation(peaky)).mode == "on_demand"
    assert stream_for(router(), situation(router())).mode == "provisioned"


@pytest.mark.parametrize(
    ("bytes_per_second", "records_per_second", "count"),
    [(0.0, 0.0, 1), (0.8e6, 10.0, 1), (0.81e6, 10.0, 2), (10.0, 800.0, 1), (10.0, 2_400.0, 3)],
)
def test_shards_take_the_peak_by_bytes_and_by_records_with_headroom(
    bytes_per_second: float, records_per_second: float, count: int
) -> None:
    assert shards(Arrivals(bytes_per_second, records_per_second, 1_900.0), 1.25) == count


@pytest.mark.parametrize(("readers", "count"), [(1, 1), (2, 1), (3, 2), (5, 3)])
def test_functions_that_read_one_stream_share_what_a_shard_hands_out(
    readers: int, count: int
) -> None:
    # 0.8 MB a second to each of them, with a quarter to spare, of 2 MB a second a shard
    assert shards(Arrivals(0.8e6, 10.0, 1_900.0), 1.25, readers) == count


def test_a_stream_for_three_functions_is_sized_for_three() -> None:
    busy = [
        router(function=ROUTER + name, peak_bytes_per_second=0.75e6, peak_records_per_second=400.0)
        for name in ("1", "2", "3")
    ]
    settings = Settings(stream_mode="provisioned")
    alone, all_ = (situation(*busy[:n], settings=settings) for n in (1, 3))
    assert (stream_for(busy[0], alone).shards, stream_for(busy[0], all_).shards) == (1, 2)


@pytest.mark.parametrize(("arriving", "most"), [(0.0, 5), (0.5, 1), (3.0, 2), (50.0, 51), (7.0, 8)])
def test_a_mean_batch_is_that_of_arrivals_that_come_by_chance(arriving: float, most: int) -> None:
    drawn = 1 + np.minimum(np.random.default_rng(1).poisson(arriving, 200_000), most - 1)
    assert mean_batch(arriving, most) == pytest.approx(drawn.mean(), rel=0.005)


def test_a_batch_far_from_its_size_is_its_windows_and_one_far_from_its_window_is_full() -> None:
    assert mean_batch(10.0, 10_000) == pytest.approx(11.0)
    assert mean_batch(1e7, 10_000) == pytest.approx(10_000.0)


def test_a_batch_size_stays_within_the_limits_of_a_mapping() -> None:
    busy = Arrivals(50_000.0, 1_000.0, 50.0)
    assert size_batch(busy, 300, 1.25, "provisioned") == Batch(10_000, 300, 2)
    quiet = Arrivals(10.0, 0.01, 1_900.0)
    assert size_batch(quiet, 60, 1.25, "provisioned") == Batch(100, 60, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"active": False}, "no longer ran"),
        ({"behind_stream": True}, "behind a stream already"),
        ({"batch": 10.0}, "enough"),
        ({"batch": None, "runs_per_minute_mean": 6.0}, "not in the archive"),
    ],
)
def test_a_function_that_needs_no_cure_is_kept_with_the_reason(
    changes: dict[str, object], reason: str
) -> None:
    found = only(recommend(situation(router(**changes))))
    assert (found.action, found.batch, found.monthly_saving_usd) == ("keep", None, 0.0)
    assert reason in found.why


def test_where_entries_are_not_in_the_archive_starts_a_minute_decide() -> None:
    unseen = router(batch=None, source="unknown:sns:1:us-east-1", source_kind="sns", routed={})
    often = replace(unseen, runs_per_minute_mean=600.0)
    seldom = replace(unseen, runs_per_minute_mean=6.0)
    assert only(recommend(situation(often))).action == "move_behind_kinesis"
    assert only(recommend(situation(seldom))).action == "keep"


def test_a_move_that_costs_more_than_it_saves_is_not_recommended() -> None:
    idle = router(runs_per_minute_mean=1.0, runs_per_minute_peak=2.0)
    there = replace(situation(idle), sources=[SourceFlow(GROUP, "cloudwatch_logs", 1 / 60)])
    found = only(recommend(there))
    assert found.action == "keep"
    assert "would save -" in found.why


def test_min_batch_is_a_setting() -> None:
    ten = router(batch=10.0, runs_per_minute_mean=60.0)
    found = only(recommend(situation(ten, settings=Settings(min_batch=11), k=0.06)))
    assert found.action == "move_behind_kinesis"


def test_a_queues_consumer_gets_a_larger_batch_where_it_is() -> None:
    found = only(recommend(situation(router(source_kind="sqs", run_entries=1.0))))
    assert (found.action, found.batch) == ("raise_batch", Batch(1_200, 60, 0, "in_place"))


def test_a_stream_with_tiny_batches_gets_larger_ones_and_no_second_stream() -> None:
    behind = router(source_kind="kinesis", behind_stream=True, run_entries=1.0)
    found = only(recommend(situation(behind)))
    assert found.action == "raise_batch"
    assert "move_behind_kinesis" not in [item.action for item in found.alternatives]


def test_a_function_on_its_own_log_group_is_taken_off_it() -> None:
    found = only(recommend(situation(router(own_log_group=True, routed={}), k=0.0)))
    assert (found.action, found.s_after) == ("exclude_own_log_group", 0.0)


def test_a_bucket_that_logs_itself_is_left_out_of_the_selectors() -> None:
    flow = SourceFlow(BUCKET, "s3", 2.0, self_logging=True)
    found = only(recommend(Situation({BUCKET: {BUCKET: 0.5}}, [flow], (), load())))
    assert (found.action, found.function, found.source) == ("exclude_from_selector", "", BUCKET)
    assert (found.s_before, found.s_after, found.spectral_radius_after) == (0.5, 0.0, 0.0)
    assert "RecursiveLogging=false" in found.why
    # a million entries are saved for every second of a month: 2.592e6 x 1 second-order entry
    assert found.monthly_saving_usd == pytest.approx(2.592 + 2.592e6 * 1900e-9 * 0.15 * 12 * 0.023)


def test_the_alternatives_say_what_they_give_up_and_what_they_come_to() -> None:
    found = only(recommend(situation(router())))
    by_action = {item.action: item for item in found.alternatives}
    assert set(by_action) == {"raise_batch", "firehose", "queue", "exclude_from_selector", "keep"}
    assert by_action["raise_batch"].monthly_usd_after is None
    assert "trail of that code" in by_action["exclude_from_selector"].gives_up
    assert by_action["keep"].monthly_usd_after == found.monthly_usd_before
    assert by_action["keep"].s_after == 4.0
    assert by_action["queue"].s_after is not None
    assert by_action["queue"].s_after > 2.0


def test_a_trail_that_records_kinesis_is_warned_of_with_what_would_come() -> None:
    quiet = only(recommend(situation(router())))
    feeding = only(recommend(situation(router(records_kinesis=True, stream_routed={GROUP: 1.0}))))
    [warning] = [text for text in feeding.warnings if "feed the storm" in text]
    assert beside_calls(quiet) == ()
    # a PutRecord an entry and GetRecords of a shard, delivered again: no end
    assert "without end" in warning
    # the numbers are of the plan as its steps say: the stream left out of the selectors
    assert (feeding.s_after, feeding.monthly_saving_usd) == (
        quiet.s_after,
        quiet.monthly_saving_usd,
    )


def test_where_the_trails_are_not_known_the_warning_asks_to_check_them() -> None:
    unknown = only(recommend(situation(router(records_kinesis=None))))
    assert any("check that no trail records Kinesis" in text for text in unknown.warnings)


def test_batches_that_a_called_function_could_not_take_are_warned_of() -> None:
    found = only(recommend(situation(router())))
    small = only(recommend(situation(router(callees={}))))
    assert [beside_calls(item) for item in (found, small)] == [(), ()]
    large = only(recommend(situation(router(), settings=Settings(latency_budget_seconds=300))))
    assert any("compressed or put in S3" in text for text in large.warnings)


def test_functions_of_one_group_share_a_stream_that_none_of_them_would_pay_for_alone() -> None:
    small = [
        router(
            function=ROUTER + name,
            runs_per_minute_mean=60.0,
            runs_per_minute_peak=60.0,
            routed={GROUP: 0.1},
            callees={},
            further_entries=0.0,
        )
        for name in ("1", "2", "3")
    ]
    flow = SourceFlow(GROUP, "cloudwatch_logs", 1.0)
    alone, together = (
        recommend(Situation({GROUP: {GROUP: 0.2 * n}}, [flow], small[:n], load())) for n in (1, 3)
    )
    assert [item.action for item in alone] == ["keep"]
    assert [item.action for item in together] == ["move_behind_kinesis"] * 3
    promised = Situation({GROUP: {GROUP: 0.6}}, [flow], small, load()).predict(
        {item.function: item.batch for item in together if item.batch}
    )
    saved = sum(item.monthly_saving_usd or 0 for item in together)
    assert saved == pytest.approx(promised.monthly_saving_usd)


def runaway(k: float) -> Situation:
    """Two functions that double every entry, and what `k` has beyond them."""
    pair = [
        router(function=ROUTER + name, run_entries=1.0, routed={GROUP: 1.0}) for name in ("1", "2")
    ]
    flow = SourceFlow(GROUP, "cloudwatch_logs", 10.0, original_per_second=1.0)
    return Situation({GROUP: {GROUP: k}}, [flow], pair, load())


def test_both_functions_of_a_runaway_loop_are_moved_and_end_it() -> None:
    found = recommend(runaway(2.0))
    assert [item.action for item in found] == ["move_behind_kinesis"] * 2
    assert all((item.spectral_radius_after or 9) < 0.5 for item in found)
    assert [beside_calls(item) for item in found] == [(), ()]


def test_a_move_that_leaves_a_loop_without_end_is_made_with_a_warning() -> None:
    found = recommend(runaway(3.5))
    assert [item.action for item in found] == ["move_behind_kinesis"] * 2
    assert all("does not end the loop" in item.warnings[-1] for item in found)
    assert all((item.monthly_saving_usd or 0) > 0 for item in found)


def test_a_function_of_two_sources_is_named_once() -> None:
    other = router(source=GROUP + "-2", batch=50.0, runs_per_minute_mean=5_000.0, routed={})
    found = only(recommend(situation(router(), other)))
    assert (found.action, found.source) == ("move_behind_kinesis", GROUP)


def test_money_is_of_the_connected_sources_only() -> None:
    far = router(function=SIEM + "2", source=GROUP + "-far", routed={}, callees={})
    alone = only(recommend(situation(router())))
    both = {item.function: item for item in recommend(situation(router(), far))}
    assert both[ROUTER] == alone


@pytest.mark.parametrize(
    "wrong",
    [{"stream_mode": "magic"}, {"latency_budget_seconds": 301}, {"latency_budget_seconds": -1}],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Settings(**wrong)  # type: ignore[arg-type]

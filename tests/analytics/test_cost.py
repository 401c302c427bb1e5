"""Costs are compared with sums that a person can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.cost import cost, monthly_usd
from analytics.prices import load
from analytics.usage import (
    MONTH_SECONDS,
    Assumptions,
    BucketUse,
    EntryGroup,
    FunctionUse,
    LogGroupUse,
    Metered,
    Usage,
)

A, B = "111111111111", "222222222222"
ROUTER = f"arn:aws:lambda:us-east-1:{A}:function:router"
MONTH = float(MONTH_SECONDS)


def month(**parts: object) -> Usage:
    return replace(Usage(MONTH), **parts)  # type: ignore[arg-type]


def test_data_events_cost_for_every_copy() -> None:
    usage = month(groups=(EntryGroup(A, "Data", 2, "original", 100_000),))
    assert cost(usage, load(), Assumptions()).by_component == {
        "cloudtrail_data": pytest.approx(0.20),
    }


@pytest.mark.parametrize(("copies", "usd"), [(0, 0.0), (1, 0.0), (2, 2.0), (3, 4.0)])
def test_the_first_copy_of_a_management_entry_is_free(copies: int, usd: float) -> None:
    usage = month(groups=(EntryGroup(A, "Management", copies, "original", 100_000),))
    assert monthly_usd(usage, load(), Assumptions()) == pytest.approx(usd)


def test_insights_analyse_every_management_entry_of_an_account_that_has_them() -> None:
    groups = (
        EntryGroup(A, "Insight", 1, "original", 4),
        EntryGroup(A, "Management", 1, "original", 100_000),
        EntryGroup(B, "Management", 1, "original", 100_000),
    )
    assert monthly_usd(month(groups=groups), load(), Assumptions()) == pytest.approx(0.70)


def test_a_function_costs_its_requests_and_its_gigabyte_seconds() -> None:
    # 10 million runs of 512 MB and 100 ms: 2.00 for requests, 500,000 GB-seconds x 0.0000166667
    use = FunctionUse(ROUTER, A, 10_000_000, memory_mb=512, duration_ms=100)
    found = cost(month(functions=(use,)), load(), Assumptions())
    assert found.by_function == {ROUTER: pytest.approx(2.00 + 8.33335)}
    assert found.monthly_usd == pytest.approx(10.33335)


def test_memory_and_duration_that_are_not_known_are_the_assumed_ones() -> None:
    use = FunctionUse(ROUTER, A, 8_000_000)
    assumed = Assumptions(lambda_memory_mb=1024, lambda_duration_ms=1000)
    # 1.60 for requests and 8 million GB-seconds
    assert monthly_usd(month(functions=(use,)), load(), assumed) == pytest.approx(1.60 + 133.3336)


def test_a_trails_log_group_costs_ingest_and_storage_for_its_retention() -> None:
    # 1 million entries of 2,000 bytes: 2 GB; 1.00 ingest; 2 x 0.15 x 12 months x 0.03 stored
    usage = month(log_groups=(LogGroupUse("g", A, 1_000_000),), bytes_per_entry=2_000.0)
    assert cost(usage, load(), Assumptions()).by_component == {
        "logs_ingest": pytest.approx(1.00),
        "logs_storage": pytest.approx(0.108),
    }


def test_a_bucket_costs_its_files_its_bytes_and_its_key() -> None:
    # 100,000 files: 0.50 PUT, 0.30 KMS; 20 GB x 0.15 x 12 x 0.023 stored
    usage = month(
        buckets=(BucketUse(A, 100_000, 10_000_000, encrypted_with_kms=True),),
        bytes_per_entry=2_000.0,
    )
    assert cost(usage, load(), Assumptions()).by_component == {
        "s3_storage": pytest.approx(0.828),
        "s3_requests": pytest.approx(0.50),
        "kms": pytest.approx(0.30),
    }


def test_any_other_use_is_priced_by_its_name() -> None:
    uses = (Metered("sqs.request", A, 3_000_000), Metered("kinesis.shard_hour", B, 720))
    found = cost(month(metered=uses), load(), Assumptions())
    assert found.by_account == {B: pytest.approx(10.80), A: pytest.approx(1.20)}


def test_a_siem_takes_its_price_for_what_the_log_groups_took_in() -> None:
    usage = month(log_groups=(LogGroupUse("g", A, 1_000_000),), bytes_per_entry=1_000.0)
    found = cost(usage, load(), Assumptions(siem_usd_per_gb=2.5))
    assert found.by_component["siem"] == pytest.approx(2.50)


def storm() -> Usage:
    return Usage(
        86_400.0,
        groups=(
            EntryGroup(A, "Data", 1, "second", 2_000_000),
            EntryGroup(A, "Data", 1, "original", 500_000),
            EntryGroup(B, "Management", 2, "original", 700_000),
        ),
        functions=(FunctionUse(ROUTER, A, 1e6, 2e6, 0, 2e6, 2e6),),
        log_groups=(LogGroupUse("g", A, 2_500_000, 2_000_000),),
        buckets=(BucketUse(B, 9_000, 3_200_000, 2_000_000),),
    )


def test_every_split_adds_up_to_the_month() -> None:
    found = cost(storm(), load(), Assumptions(siem_usd_per_gb=1.0))
    for split in (found.by_component, found.by_account, found.by_order):
        assert sum(split.values()) == pytest.approx(found.monthly_usd)
    assert found.by_order["second"] == found.second_order_monthly_usd
    assert found.monthly_usd == pytest.approx(30 * (found.window_usd or 0))


def test_a_function_accounts_for_its_runs_its_entries_and_their_ingest() -> None:
    found = cost(storm(), load(), Assumptions(logs_retention_months=0))
    # a day: 2 million entries 2.00; 3.8 GB of them 1.90; a million runs 0.20 and 25,000 GB-seconds
    assert found.by_function == {ROUTER: pytest.approx(30 * (2.00 + 1.90 + 0.20 + 0.4166675))}


def test_a_run_costs_with_the_second_order_entry_that_records_it() -> None:
    groups = (EntryGroup(A, "Data", 1, "original", 100_000),)
    found = cost(
        month(groups=groups, functions=(FunctionUse(ROUTER, A, 1e6),)), load(), Assumptions()
    )
    # 0.10 of original entries; a million requests 0.20 and 25,000 GB-seconds of log processing
    assert found.by_order == {
        "second": pytest.approx(0.20 + 0.4166675),
        "original": pytest.approx(0.10),
    }


def test_the_month_is_the_steady_parts_rate_where_it_is_given() -> None:
    day = Usage(86_400.0, groups=(EntryGroup(A, "Data", 1, "original", 100_000),))
    hour = Usage(3_600.0, groups=(EntryGroup(A, "Data", 1, "original", 100_000),))
    found = cost(day, load(), Assumptions(), steady=hour)
    assert [found.window_usd, found.monthly_usd] == pytest.approx([0.10, 72.0])


def test_a_given_basis_replaces_the_windows_length() -> None:
    usage = replace(storm(), monthly_seconds_basis=43_200.0)
    book, assumed = load(), Assumptions()
    assert monthly_usd(usage, book, assumed) == pytest.approx(
        2 * monthly_usd(storm(), book, assumed)
    )


def test_a_months_tiers_are_those_of_the_months_quantity() -> None:
    # 20 TB a day are 600 TB a month: 50 TB x 23, 450 TB x 22 and 100 TB x 21 USD
    usage = Usage(86_400.0, metered=(Metered("s3.storage", A, 20_000.0),))
    assert monthly_usd(usage, load(), Assumptions()) == pytest.approx(1_150 + 9_900 + 2_100)


def test_every_assumption_is_listed_with_its_value() -> None:
    found = cost(storm(), load({"logs.ingest": 0.4}), Assumptions(lambda_memory_mb=256))
    listed = "\n".join(found.assumptions)
    for name in Assumptions.__dataclass_fields__:
        assert f"{name} = " in listed
    assert "lambda_memory_mb = 256 (" in listed
    assert "price logs.ingest = 0.4 USD (yours)" in found.assumptions


def test_a_price_in_doubt_that_was_used_is_listed() -> None:
    usage = month(metered=(Metered("firehose.ingest", A, 1.0),))
    listed = cost(usage, load(), Assumptions()).assumptions
    assert "price firehose.ingest is not confirmed in all its tiers" in listed


def test_nothing_costs_nothing() -> None:
    found = cost(Usage(0.0), load(), Assumptions())
    assert (found.window_usd, found.monthly_usd, found.second_order_monthly_usd) == (0, 0, 0)

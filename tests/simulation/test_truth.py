from __future__ import annotations

from pathlib import Path

import pytest

import simulation
from simulation.truth import Truth
from tests.simulation.reading import Archive, Record, called_by, read_archive, run_of

SMALL = {
    "articles": (3.0, 0.3),
    "one_function": (1.0, 0.5),
    "three_stages": (1.0, 0.5),
    "queue_trap": (1.0, 0.5),
    "cross_account_chain": (2.0, 0.3),
    "management_calls": (3.0, 0.5),
    "several_functions_one_group": (2.0, 0.4),
    "states_between": (2.0, 0.3),
    "duplicates": (2.0, 0.3),
    "s3_notification": (4.0, 1.0),
}


def made(kind: str, seed: int, folder: Path) -> tuple[Truth, Archive]:
    hours, scale = SMALL[kind]
    truth = simulation.make(kind, seed, folder, hours=hours, scale=scale)
    return truth, read_archive(folder / "archive")


def second_order(truth: Truth, records: list[Record]) -> list[Record]:
    processors = {function.arn for function in truth.functions}
    return [r for r in records if run_of(r) in processors or called_by(r) in processors]


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_the_archive_holds_the_entries_that_the_truth_counts(kind: str, tmp_path: Path) -> None:
    truth, archive = made(kind, 5, tmp_path)
    unique = archive.unique
    assert len(unique) == truth.entries
    assert len(archive.records) == truth.entries + truth.duplicates
    assert len(second_order(truth, unique)) == truth.second_order_entries > 0


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_runs_and_entries_of_each_function_agree_with_a_plain_count(
    kind: str, tmp_path: Path
) -> None:
    truth, archive = made(kind, 6, tmp_path)
    for function in truth.functions:
        runs = [r for r in archive.unique if run_of(r) == function.arn]
        calls = [r for r in archive.unique if called_by(r) == function.arn]
        counted = (len({r["requestID"] for r in runs}), len(runs), len(calls))
        assert counted == (function.invocations, function.entries, function.call_entries)


def routed(archive: Archive, account: str, since: str, until: str) -> int:
    return sum(
        r["recipientAccountId"] == account and since <= r["eventTime"] < until
        for r in archive.unique
    )


def test_entries_delivered_are_those_of_the_trail_less_what_is_still_on_its_way(
    tmp_path: Path,
) -> None:
    truth = simulation.make("several_functions_one_group", 4, tmp_path, hours=4.0, scale=0.5)
    archive = read_archive(tmp_path / "archive")
    (source,) = truth.sources
    change = next(r for r in archive.unique if r["eventID"] == truth.loops[0].cause_event_id)
    account = source.arn.split(":")[4]
    fed = routed(archive, account, change["eventTime"], truth.window["end"])
    early = routed(archive, account, change["eventTime"], truth.window["end"][:11] + "03:45:00Z")
    assert early < source.entries_delivered < fed


def test_what_a_source_caused_over_all_is_what_its_functions_wrote(tmp_path: Path) -> None:
    truth, archive = made("one_function", 7, tmp_path)
    (source,) = truth.sources
    (function,) = truth.functions
    still_running = function.entries - source.second_order_entries
    assert 0 <= still_running < 0.1 * function.entries
    assert source.s == source.second_order_entries / source.entries_delivered
    assert len([r for r in archive.unique if run_of(r) == function.arn]) == function.entries


@pytest.mark.parametrize("seed", [1, 2])
def test_the_onset_is_the_first_entry_of_a_loop_function_that_the_trail_records(
    seed: int, tmp_path: Path
) -> None:
    truth = simulation.make("articles", seed, tmp_path, hours=4.0, scale=0.3)
    archive = read_archive(tmp_path / "archive")
    (loop,) = truth.loops
    cause = next(r for r in archive.unique if r["eventID"] == loop.cause_event_id)
    first = min(
        r["eventTime"]
        for r in archive.unique
        if run_of(r) in loop.functions and r["eventTime"] >= cause["eventTime"]
    )
    assert loop.onset == first

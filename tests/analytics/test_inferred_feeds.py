"""What is taken to feed a source that no trail is known to feed, and when that makes a log processor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simulation
from analytics.analysis import analyze
from analytics.feed_candidates import Reader
from analytics.findings import Findings
from analytics.inferred_feeds import infer, one_by_one
from analytics.lags import lagged, usual_kernel
from analytics.selectors import Cell
from analytics.series import Counts, Floats
from ingest.pipeline import IngestOptions, ingest
from simulation import Truth, simulate, write_archive
from simulation.organization import Organization
from simulation.scenarios.changes import bare
from stormtrail.layout import Layout
from tests.analytics.conftest import Analyze

MINUTES = 480
NEAR, FAR = "111122223333", "444455556666"
CELLS = (
    Cell(NEAR, "eu-west-1", "Management", "sts.amazonaws.com", "AssumeRole", False),
    Cell(FAR, "eu-west-1", "Management", "sts.amazonaws.com", "AssumeRole", False),
    Cell(NEAR, "eu-west-1", "Data", "lambda.amazonaws.com", "Invoke", False),
    Cell(FAR, "eu-west-1", "Data", "lambda.amazonaws.com", "Invoke", False),
)


def traffic(*series: Floats) -> Counts:
    keys = tuple(
        (c.account, c.region, c.category, c.event_source, c.event_name, c.read_only) for c in CELLS
    )
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), len(series))
    key = np.repeat(np.arange(len(series), dtype=np.int64), MINUTES)
    return Counts(minute, key, keys, {"entries": np.concatenate(series)}, MINUTES)


def ordinary(seed: int) -> tuple[np.random.Generator, list[Floats]]:
    rng = np.random.default_rng(seed)
    return rng, [rng.poisson(rng.gamma(4.0, 2.0, MINUTES)).astype(float) for _ in CELLS]


def started(rng: np.random.Generator, delivered: Floats) -> Floats:
    """A run for every entry."""
    return rng.poisson(lagged(delivered) @ usual_kernel()).astype(float)


@pytest.mark.parametrize(
    ("fed", "accounts", "categories"),
    [
        ((0,), (NEAR,), ("Management",)),
        ((0, 1), (NEAR, FAR), ("Management",)),
        ((0, 2), (NEAR,), ("Data", "Management")),
        ((0, 1, 2, 3), (NEAR, FAR), ("Data", "Management")),
    ],
)
def test_a_run_for_every_entry_tells_which_entries_they_are(
    fed: tuple[int, ...], accounts: tuple[str, ...], categories: tuple[str, ...]
) -> None:
    rng, series = ordinary(3)
    runs = started(rng, np.sum([series[place] for place in fed], axis=0))
    reader = Reader(runs, np.zeros(MINUTES))
    found = infer([NEAR], CELLS, reader, traffic(*series))
    assert [(fed.accounts, fed.categories) for fed in found.fed_by] == [(accounts, categories)]
    assert one_by_one([NEAR], CELLS, reader, traffic(*series))


@pytest.mark.parametrize(("shared", "accounts"), [(False, (NEAR,)), (True, (NEAR, FAR))])
def test_runs_by_the_clock_take_what_an_organizations_trail_delivers(
    shared: bool, accounts: tuple[str, ...]
) -> None:
    """In the account of the log group there is little but what the function itself writes."""
    rng, series = ordinary(5)
    runs = np.ones(MINUTES)
    series[0], series[2] = rng.poisson(0.1, MINUTES).astype(float), 4 * runs
    reader = Reader(runs, 4 * runs)
    found = infer([NEAR], CELLS, reader, traffic(*series), shared=shared)
    assert [fed.accounts for fed in found.fed_by] == [accounts]


def test_one_trail_that_wrote_the_archive_delivers_all_of_it_unless_the_runs_tell_better() -> None:
    rng, series = ordinary(3)
    lumps = [6.0 * (np.arange(MINUTES) % 20 == 0), *series[1:]]
    at_ceiling = Reader(np.full(MINUTES, 3.0), np.zeros(MINUTES))
    (found,) = infer([NEAR], CELLS, at_ceiling, traffic(*lumps), alone=True, whole=True).parts
    assert found.mask.tolist() == [True, False, True, False]
    one_by_one_ = Reader(started(rng, series[0]), np.zeros(MINUTES))
    (found,) = infer([NEAR], CELLS, one_by_one_, traffic(*series), alone=True, whole=True).parts
    assert found.mask.tolist() == [True, False, False, False]


def batches(rng: np.random.Generator, delivered: Floats, fewest: float) -> Floats:
    """Runs of batches that grow with what is delivered."""
    mean = lagged(delivered) @ usual_kernel()
    return np.round(fewest * mean / (mean + fewest) + rng.normal(0, 0.3, MINUTES)).clip(0)


@pytest.mark.parametrize("seed", range(3))
def test_what_stands_behind_another_accounts_log_group_is_fed_with_its_entries(seed: int) -> None:
    rng, series = ordinary(seed)
    series = [4 * series[0], 9 * series[1], series[2], series[3]]
    reader = Reader(batches(rng, series[1] + series[3], 60.0), np.zeros(MINUTES))
    (found,) = infer([NEAR], CELLS, reader, traffic(*series), behind=True).parts
    assert found.mask.tolist() == [False, True, False, True]
    (own,) = infer([FAR], CELLS, reader, traffic(*series), behind=True).parts
    assert own.mask[[1, 3]].all()


def test_what_the_counts_do_not_rule_out_is_told() -> None:
    """Runs at their ceiling: the feed may be that of one account as well as that of both."""
    _, series = ordinary(8)
    found = infer([NEAR], CELLS, Reader(np.full(MINUTES, 3.0), np.zeros(MINUTES)), traffic(*series))
    told = [other.tolist() for other in found.others]
    assert [True, False, True, False] in told
    assert [True, True, True, True] in told


def test_a_trail_that_began_to_record_runs_delivers_them_from_then_on() -> None:
    rng, series = ordinary(4)
    later = np.arange(MINUTES) >= 240
    reader = Reader(started(rng, series[0] + series[2] * later), np.zeros(MINUTES))
    first, second = infer([NEAR], CELLS, reader, traffic(*series)).parts
    assert (list(first.mask), list(second.mask)) == (
        [True, False, False, False],
        [True, False, True, False],
    )
    assert second.first == pytest.approx(240, abs=10)


def test_a_function_of_the_business_is_no_log_processor_though_nothing_else_runs() -> None:
    """All entries of its account are of its own runs, so that there is one for every run."""
    _, series = ordinary(5)
    runs = series[2]
    alone = [np.zeros(MINUTES), series[1], runs, series[3]]
    assert not one_by_one([NEAR], CELLS, Reader(runs, runs), traffic(*alone))


def found_in(organization: Organization, seed: int, folder: Path) -> tuple[Truth, Findings]:
    run = simulate(organization, seed)
    write_archive(run, folder / "archive")
    layout = Layout(folder / "store")
    ingest([str(folder / "archive")], layout, IngestOptions(workers=0))
    return run.truth, analyze(layout)


def untold(kind: str, seed: int) -> Organization:
    """The kind with neither changes nor sources in its archive."""
    told = simulation.build(kind, seed)
    return replace(told, changes=(), shape=bare(told.shape))


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("nothing_recorded", 1),
        ("nothing_recorded", 8),
        ("nothing_recorded", 14),
        ("articles", 21),
        ("no_storm", 22),
    ],
)
def test_what_no_record_tells_is_told_by_the_level_of_the_runs(
    tmp_path: Path, kind: str, seed: int
) -> None:
    truth, found = found_in(untold(kind, seed), seed, tmp_path)
    (there,), (here,) = truth.sources, found.sources
    assert here.s == pytest.approx(there.s, rel=0.05)
    assert {f.arn for f in found.functions} == {f.arn for f in truth.functions}
    assert [loop.functions for loop in found.loops] == [
        tuple(sorted(loop.functions)) for loop in truth.loops
    ]


def test_functions_that_run_in_step_have_one_source(tmp_path: Path) -> None:
    truth, found = found_in(untold("several_functions_one_group", 23), 23, tmp_path)
    (there,), (here,) = truth.sources, found.sources
    assert {f.arn for f in found.functions} == {f.arn for f in truth.functions}
    assert here.s == pytest.approx(there.s, rel=0.1)


def test_a_trail_of_one_region_is_told_where_its_entries_explain_the_runs_much_better() -> None:
    rng = np.random.default_rng(11)
    far = Cell(NEAR, "us-east-1", "Data", "lambda.amazonaws.com", "Invoke", False)
    cells = (replace(far, region="eu-west-1"), far)
    here, there = (rng.poisson(8.0, MINUTES).astype(float) for _ in cells)
    keys = tuple(
        (c.account, c.region, c.category, c.event_source, c.event_name, c.read_only) for c in cells
    )
    minute = np.tile(np.arange(MINUTES, dtype=np.int64), 2)
    key = np.repeat([0, 1], MINUTES)
    of_both = Counts(minute, key, keys, {"entries": np.concatenate([here, there])}, MINUTES)
    for runs, mask in ((here, [True, False]), (here + there, [True, True])):
        reader = Reader(started(rng, runs), np.zeros(MINUTES))
        (found,) = infer([NEAR], cells, reader, of_both, region="eu-west-1").parts
        assert found.mask.tolist() == mask


def in_batches(rng: np.random.Generator, delivered: Floats, size: int) -> Floats:
    """A run whenever so many entries have come."""
    come = np.cumsum(rng.poisson(lagged(delivered) @ usual_kernel()))
    return np.diff(come // size, prepend=0).astype(float)


@pytest.mark.parametrize("alone", [False, True])
def test_batches_tell_an_organizations_trail_though_the_archive_is_of_the_accounts_own(
    alone: bool,
) -> None:
    rng, series = ordinary(6)
    runs = in_batches(rng, np.sum(series, axis=0), 4)
    reader = Reader(runs, np.zeros(MINUTES))
    (found,) = infer([NEAR], CELLS, reader, traffic(*series), alone=alone).parts
    assert found.mask.all()


def test_a_group_may_deliver_the_entries_of_all_accounts_but_its_own() -> None:
    rng, series = ordinary(7)
    reader = Reader(started(rng, series[1] + series[3]), np.zeros(MINUTES))
    (found,) = infer([NEAR], CELLS, reader, traffic(*series)).parts
    assert found.mask.tolist() == [False, True, False, True]


def test_a_filter_that_nothing_recorded_may_hold_the_runs_back() -> None:
    rng, series = ordinary(9)
    other = Cell(NEAR, "eu-west-1", "Data", "s3.amazonaws.com", "GetObject", True)
    cells = (CELLS[0], CELLS[2], other)
    near = [series[0], series[2], series[3]]
    reader = Reader(started(rng, near[0] + near[2]), np.zeros(MINUTES))
    keys = tuple(
        (c.account, c.region, c.category, c.event_source, c.event_name, c.read_only) for c in cells
    )
    counted = replace(traffic(*near), keys=keys)
    (found,) = infer([NEAR], cells, reader, counted).parts
    assert found.mask.tolist() == [True, False, True]


def test_runs_that_move_with_nothing_do_not_tell_of_less_than_all() -> None:
    """Whole files come at once, each at a time of its own; what moves less is not likelier."""
    rng, series = ordinary(10)
    delivered, runs = np.sum([series[0], series[2]], axis=0), np.zeros(MINUTES)
    for minute, entries in enumerate(delivered):
        comes = minute + int(rng.lognormal(np.log(191 / 60), 0.9))
        runs[min(comes, MINUTES - 1)] += np.ceil(entries / 5)
    found = infer([NEAR], CELLS, Reader(runs, np.zeros(MINUTES)), traffic(*series))
    (part,) = found.parts
    assert part.mask[[0, 2]].all()


@pytest.mark.parametrize("seed", [1, 2, 55])
def test_an_organizations_trail_that_nothing_records_is_told_by_its_batches(
    analyzed: Analyze, seed: int
) -> None:
    truth, found = (case := analyzed("organization_unrecorded", seed)).truth, case.found
    (there,), (source,), (loop,) = truth.sources, found.sources, found.loops
    assert source.s == pytest.approx(there.s, rel=0.02)
    assert loop.spectral_radius == pytest.approx(truth.loops[0].spectral_radius, rel=0.02)
    assert loop.onset is None
    assert loop.spectral_radius_interval is not None
    assert loop.spectral_radius_interval[0] <= (truth.loops[0].spectral_radius or 0.0)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import simulation
from simulation.chance import arrivals, delays
from simulation.organization import Batching, Delay, Organization, Workload


def with_batching(batching: Batching, hours: float = 4.0, scale: float = 1.0) -> Organization:
    organization = simulation.build("stream_cure", 1, hours=hours, scale=scale)
    (source,) = organization.sources
    return replace(organization, sources=(replace(source, batching=batching),))


def batches(organization: Organization) -> tuple[list[float], list[int]]:
    log = simulation.simulate(organization, 1).log
    return list(log.batch_times), list(log.batch_entries)


def test_a_run_starts_when_enough_entries_wait() -> None:
    _, entries = batches(with_batching(Batching(size=50, window=10_000.0)))
    assert set(entries) == {50}


def test_a_run_starts_when_the_first_has_waited_long_enough() -> None:
    times, entries = batches(with_batching(Batching(size=10**6, window=60.0)))
    assert np.diff(times).min() >= 60.0
    assert max(entries) > 1


def test_what_waits_at_the_limit_of_runs_goes_together() -> None:
    limited = Batching(runs_per_second=0.05, ceiling=1000)
    times, entries = batches(with_batching(limited))
    assert np.diff(times).min() >= 20.0 - 1e-6
    assert 1 < max(entries) <= 1000


def test_a_batch_never_spans_shards() -> None:
    times, entries = batches(with_batching(Batching(size=50, window=10_000.0, shards=4)))
    assert set(entries) == {50}
    assert len(times) > 0


def test_delays_have_the_median_and_percentile_asked_for() -> None:
    drawn = delays(np.random.default_rng(1), Delay(191.0, 542.0))
    sample = np.array([next(drawn) for _ in range(100_000)])
    assert np.percentile(sample, [50, 99]) == pytest.approx([191.0, 542.0], rel=0.02)


def test_ordinary_work_follows_the_day() -> None:
    workload = Workload("api_gateway", "1", "r", "n", 600.0, rhythm=0.9, peak=13.0)
    rng = np.random.default_rng(1)
    noon = arrivals(workload, 12 * 3600, 14 * 3600, rng)
    night = arrivals(workload, 0, 2 * 3600, rng)
    assert noon.size > 5 * night.size
    assert (np.diff(noon) >= 0).all()
    assert noon.min() >= 12 * 3600
    assert noon.max() < 14 * 3600


def test_a_schedule_keeps_its_minutes() -> None:
    workload = Workload("schedule", "1", "r", "n", 0.0, every_minutes=10.0)
    ticks = arrivals(workload, 0, 3600, np.random.default_rng(1))
    assert [int(tick) for tick in ticks] == [0, 600, 1200, 1800, 2400, 3000]


def test_a_surge_multiplies_the_rate() -> None:
    plain = Workload("api_gateway", "1", "r", "n", 600.0, rhythm=0.0)
    surged = replace(plain, surges=((0.0, 1.0, 10.0),))
    sizes = [arrivals(w, 0, 3600, np.random.default_rng(2)).size for w in (plain, surged)]
    assert sizes[1] == pytest.approx(10 * sizes[0], rel=0.2)

"""The model of `make bench-scale`: lines through points, and where a machine and a cluster cross."""

from __future__ import annotations

import pytest

from benchmarks.scale_model import Cluster, Line, crossing

MACHINE = Line(2.0, 12e-6)
CLUSTER = Cluster(Line(10.0, 1e-6), Line(20.0, 16e-6), workers=2)


def test_a_line_goes_through_its_points_and_no_part_of_it_is_below_nothing() -> None:
    found = Line.through([(1_000_000, 5.0), (5_000_000, 13.0)])
    assert [found.fixed, found.slope] == pytest.approx([3.0, 2e-6])
    assert Line.through([(1_000_000, 5.0), (2_000_000, 12.0)]).fixed == 0.0
    assert Line.through([(2_000_000, 5.0)]) == Line(0.0, 2.5e-6)


def test_up_to_the_crossing_the_machine_is_faster() -> None:
    entries = crossing(MACHINE, 2, CLUSTER, 16)
    assert entries is not None
    alone = MACHINE.fixed + MACHINE.slope * entries / 2
    assert CLUSTER.seconds(entries, 16) == pytest.approx(alone)
    assert CLUSTER.seconds(entries / 2, 16) > MACHINE.fixed + MACHINE.slope * entries / 4


def test_a_cluster_of_too_few_cores_never_is() -> None:
    assert crossing(MACHINE, 2, CLUSTER, 2) is None
    assert crossing(MACHINE, 16, CLUSTER, 64) is None

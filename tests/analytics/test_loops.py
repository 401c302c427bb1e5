"""Loops from matrices whose answers are known."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from analytics import loops

PAIR = {"a": {"b": 2.0}, "b": {"a": 0.125}}


@pytest.mark.parametrize(
    ("k", "sources", "radius"),
    [
        ({"a": {"a": 0.5}}, ["a"], 0.5),
        (PAIR, ["a", "b"], 0.5),  # the root of 2 · 1/8
        ({"a": {"a": 1.0, "b": 1.0}, "b": {"a": 1.0}}, ["a", "b"], (1 + 5**0.5) / 2),
        ({"a": {"b": 9.0}, "b": {}}, ["a", "b"], 0.0),
        ({}, [], 0.0),
    ],
)
def test_the_spectral_radius_is_the_largest_eigenvalue(
    k: dict[str, dict[str, float]], sources: list[str], radius: float
) -> None:
    assert loops.spectral_radius(k, sources) == pytest.approx(radius)


def test_one_entry_of_a_loop_below_one_ends_as_1_over_1_minus_rho_entries() -> None:
    assert loops.amplification({"a": {"a": 0.75}}, ["a"]) == pytest.approx(4.0)


def test_two_sources_amplify_by_the_inverse_of_i_minus_k() -> None:
    # one entry of a: 1 + 2 (at b) + 2 · 1/8 (at a) + ... = (1 + 2) / (1 − 1/4)
    assert loops.amplification(PAIR, ["a", "b"]) == pytest.approx(4.0)


def test_a_loop_that_does_not_die_out_has_no_amplification() -> None:
    assert loops.amplification({"a": {"a": 1.0}}, ["a"]) is None


def test_a_source_that_doubles_once_a_delay_doubles_in_that_delay() -> None:
    after_two_minutes = np.array([0.0, 0.0, 1.0])
    assert loops.doubling_minutes(2.0, after_two_minutes) == pytest.approx(2.5)


def test_a_larger_radius_doubles_sooner() -> None:
    after_two_minutes = np.array([0.0, 0.0, 1.0])
    assert loops.doubling_minutes(3.0, after_two_minutes) == pytest.approx(2.5 * log(2) / log(3))


def test_what_does_not_grow_never_doubles() -> None:
    assert loops.doubling_minutes(1.0, np.array([1.0])) is None


def test_sources_that_feed_each_other_are_one_loop_and_a_chain_is_none() -> None:
    returned = {
        "a": {"b": 50.0},
        "b": {"a": 50.0, "c": 50.0},
        "c": {"d": 50.0},
        "d": {"d": 50.0},
        "e": {"e": 1.0},  # a stray entry
    }
    assert loops.components(returned) == [("a", "b"), ("d",)]


@pytest.mark.parametrize(
    ("radius", "interval", "ended", "word"),
    [
        (0.5, (0.4, 0.6), False, "amplifying"),
        (1.0, (0.95, 1.05), False, "sustained"),
        (2.0, (1.8, 2.2), False, "runaway"),
        (2.0, (1.8, 2.2), True, "ended"),
        (0.84, (0.6, 1.02), False, "sustained"),
        (0.84, (0.2, 1.9), False, "amplifying"),  # feeds that nothing tells apart
        (1.01, (0.2, 1.9), False, "sustained"),
    ],
)
def test_the_state_of_a_loop_is_told_by_its_interval(
    radius: float, interval: tuple[float, float], ended: bool, word: str
) -> None:
    assert loops.state(radius, interval, ended) == word


@pytest.mark.parametrize(
    ("radius", "interval", "state"),
    [
        (0.96, (0.95, 0.97), "amplifying"),
        (0.98, (0.97, 0.995), "sustained"),
        (1.02, (0.99, 1.05), "sustained"),
        (1.2, (1.1, 1.3), "runaway"),
        (0.5, (0.3, 1.4), "amplifying"),
        (1.6, (0.9, 2.3), "runaway"),
    ],
)
def test_a_loop_is_sustained_where_its_interval_holds_1_and_is_none_too_wide(
    radius: float, interval: tuple[float, float], state: str
) -> None:
    assert loops.state(radius, interval, ended=False) == state


def test_stragglers_at_the_end_of_a_link_make_no_loop_of_two() -> None:
    returned = {"a": {"a": 50_000.0, "b": 300.0}, "b": {"a": 7.0, "b": 9_000.0}}
    assert loops.components(returned) == [("a",), ("b",)]

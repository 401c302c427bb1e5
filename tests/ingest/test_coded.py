"""Columns whose values repeat: each value once, a code for each row, and nothing lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from ingest.coded import chosen, codes, distinct, mask, spread

TEXTS = st.one_of(st.none(), st.text(max_size=5))


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
def test_rows_are_the_distinct_combinations_at_their_places(rows: list[tuple[Any, Any]]) -> None:
    combinations, places = distinct(
        [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    )
    assert [combinations[place] for place in places] == rows
    assert len(set(combinations)) == len(combinations)


def test_more_combinations_than_a_code_can_tell_apart_are_still_told_apart() -> None:
    column = pa.array([str(number) for number in range(70_000)])
    combinations, places = distinct([column] * 5)
    assert len(combinations) == len(column)
    assert combinations[places[-1]] == ("69999",) * 5


def test_a_null_has_the_code_after_the_last_value() -> None:
    found, size = codes(pa.array(["a", None, "a", "b"]))
    assert (found.tolist(), size) == ([0, 2, 0, 1], 3)


def test_values_are_spread_over_rows_and_nulls_stand_elsewhere() -> None:
    found = spread(pa.array(["x", "y", "x"]), np.array([2, 1]), np.array([0, 3]), 5)
    assert found.to_pylist() == ["x", None, None, "y", None]
    assert found.dictionary.to_pylist() == ["x", "y"]


def test_a_test_is_asked_of_each_value_and_nulls_do_not_pass() -> None:
    found = mask(pa.array(["a", None, "b", "a"]), lambda names: pc.equal(names, "a"))
    assert found.tolist() == [True, False, False, True]


def test_chosen_rows_keep_no_value_of_the_others() -> None:
    table = pa.table(
        {"name": pa.array(["a", "b", None, "a"]).dictionary_encode(), "n": [1, 2, 3, 4]}
    )
    found = chosen(table, np.array([False, True, True, False]))
    assert found.to_pydict() == {"name": ["b", None], "n": [2, 3]}
    assert found["name"].combine_chunks().dictionary.to_pylist() == ["b"]

"""Chances as scores."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.detectors import rarity
from analytics.detectors.base import MAX_SCORE


@pytest.mark.parametrize(
    ("chance", "score"), [(1e-5, 5.0), (1.0, 0.0), (0.0, MAX_SCORE), (1e-300, 300.0)]
)
def test_a_score_is_a_number_of_pythons_own(chance: float, score: float) -> None:
    """Findings are written with it, and what writes them knows none of NumPy's."""
    with np.errstate(divide="ignore"):
        found = rarity.score(np.log(np.float64(chance)))
    assert type(found) is float
    assert found == pytest.approx(min(score, MAX_SCORE), abs=0.01)

"""The likelihoods of all ratios and ceilings at once are those of one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import ceilings

RATIOS = (0.001, 0.1, 1.0, 4.0)


@pytest.mark.parametrize("seed", range(20))
def test_scores_are_the_likelihoods_of_the_expected_means(seed: int) -> None:
    chance = np.random.default_rng(seed)
    minutes = int(chance.integers(10, 400))
    level = chance.gamma(0.5, 30.0, minutes) * chance.integers(0, 2, minutes)
    observed = chance.poisson(np.minimum(level, 20.0)).astype(float)
    tops = [0.0, *ceilings.ceilings(observed)]
    alone = [
        [
            ceilings.likelihood(observed, ceilings.expected(level, ratio, top)).sum()
            for ratio in RATIOS
        ]
        for top in tops
    ]
    assert ceilings.scores(observed, level, RATIOS, tops) == pytest.approx(np.array(alone))

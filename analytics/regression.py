"""Non-negative least squares on tall designs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Floats = NDArray[np.float64]


def non_negative(design: Floats, target: Floats) -> Floats:
    """The weights[p] ≥ 0 of least |design[n, p] · weights − target[n]|² (Lawson and Hanson 1974, "Solving
    Least Squares Problems", chapter 23).

    Solved on the p × p Cholesky factor of designᵀ·design, which has the same solution: n is tens of
    thousands of minutes, p some lags. A design whose columns depend on one another goes in as it is.
    """
    from scipy.optimize import nnls  # a third of a second, which most archives need not take

    try:
        factor = np.linalg.cholesky(design.T @ design)
    except np.linalg.LinAlgError:
        weights, _ = nnls(design, target)
    else:
        reduced = solve_triangular(factor, design.T @ target, lower=True)
        weights, _ = nnls(factor.T, reduced)
    return np.asarray(weights)

"""Does a function that nothing recorded links to a trail run minutes after the entries of a trail?

An entry reaches a log processor some minutes after it was written (191 s in the middle); a function of the
business runs within seconds of what the archive records of it, or after nothing that it records. So the
movement of the runs about their moving mean is regressed on the movement of the entries, shifted by the usual
delivery delay, beside that of the very same minute, that of minutes to come, and the runs' own echo of a
minute ago (a burst lasts), which are what a function of the business moves with.

Source: weighted least squares with the dispersion of its residuals (quasi-likelihood, Wedderburn 1974); the
weights are those of Poisson counts about their moving mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from analytics.amplification import MINIMUM_MINUTES
from analytics.lags import LAGS, SMOOTH, active_span, causes, lagged, usual_kernel
from analytics.series import Floats

CERTAIN = 4.5  # standard errors; of two hundred functions of the business none had 3
SHOWN = 0.2  # runs move by this share of what the entries do at least
FREE = 0.5  # dispersion of runs that nothing bounds
AHEAD = 4  # minutes
LEAST_RUNS, LEAST_ENTRIES, LEAST_DISPERSION = 0.02, 0.1, 0.02


@dataclass(frozen=True)
class Response:
    """By which share the runs follow what was delivered minutes before (1: in proportion; 0: not at all),
    with its standard error; and variance over mean of what that leaves."""

    gain: float = 0.0
    error: float = np.inf
    dispersion: float = 0.0

    @property
    def sigmas(self) -> float:
        """The gain in standard errors."""
        return self.gain / self.error if self.error > 0 else 0.0

    @property
    def processes(self) -> bool | None:
        """Whether such runs are those of a log processor; None where the counts cannot tell: one at its
        ceiling runs evenly whatever it is given."""
        if self.sigmas >= CERTAIN and self.gain >= SHOWN:
            return True
        idle = self.gain + 2 * self.error < SHOWN and self.dispersion >= FREE
        return False if idle else None


def response(runs: Floats, own: Floats, delivered: Floats) -> Response:
    """How runs a minute, which wrote `own` entries, follow the `delivered` ones."""
    first, last = active_span(runs)
    first = max(first, LAGS)
    if last - first < MINIMUM_MINUTES or runs.sum() < MINIMUM_MINUTES:
        return Response()
    usual = np.maximum(_mean(runs[first:last]), LEAST_RUNS)
    later = lagged(delivered) @ usual_kernel()
    level = np.maximum(_mean(later)[first:last], LEAST_ENTRIES)
    others = np.maximum(delivered - own, 0.0)
    echo = _shifted(np.minimum(own, delivered), 1)
    design = np.stack(
        [
            (part - _mean(part))[first:last] / level
            for part in (later, others, echo, _shifted(delivered, -AHEAD))
        ],
        axis=1,
    )
    weight = np.sqrt(usual)
    design, target = design * weight[:, None], (runs[first:last] - usual) / weight
    found, *_ = np.linalg.lstsq(design, target, rcond=None)
    spread = max(float((target - design @ found).var()), LEAST_DISPERSION)
    variance = float(np.linalg.pinv(design.T @ design)[0, 0]) * spread
    if variance <= 0:
        return Response()
    return Response(float(found[0]), float(np.sqrt(variance)), spread)


@dataclass(frozen=True)
class Proportion:
    """How well runs move in proportion to what was delivered minutes before: by how much that explains them
    better than nothing (log-likelihood at dispersion 1, below 0 where worse), and the dispersion of what is
    left if any share is allowed."""

    gain: float = 0.0
    dispersion: float = 1.0


def proportion(runs: Floats, own: Floats, delivered: Floats) -> Proportion:
    """How runs a minute, which wrote `own` entries, move with all `delivered` ones, their own among them."""
    first, last = active_span(runs)
    first = max(first, LAGS)
    if last - first < MINIMUM_MINUTES:
        return Proportion()
    usual = np.maximum(_mean(runs[first:last]), LEAST_RUNS)
    later = causes(delivered, np.minimum(own, delivered)) @ usual_kernel()
    level = np.maximum(_mean(later)[first:last], LEAST_ENTRIES)
    weight = np.sqrt(usual)
    moved = (later - _mean(later))[first:last] / level * weight
    target = (runs[first:last] - usual) / weight
    share = max(0.0, float(moved @ target) / max(float(moved @ moved), 1e-9))
    left = float(np.mean((target - share * moved) ** 2))
    return Proportion(
        0.5 * float(target @ target - (target - moved) @ (target - moved)),
        max(left, LEAST_DISPERSION),
    )


def _mean(series: Floats) -> Floats:
    return np.asarray(uniform_filter1d(series, SMOOTH, mode="nearest"))


def _shifted(series: Floats, minutes: int) -> Floats:
    """Later by so many minutes, or earlier."""
    blank = np.zeros(abs(minutes))
    if minutes >= 0:
        return np.concatenate([blank, series[: len(series) - minutes]])
    return np.concatenate([series[-minutes:], blank])

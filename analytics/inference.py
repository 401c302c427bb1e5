"""Does a function that nothing recorded links to a trail run minutes after the entries of a trail?

An entry reaches a log processor some minutes after it was written (191 s in the middle); a function of the
business runs within seconds of what the archive records of it, or after nothing that it records. So the
movement of the runs about their moving mean is regressed on the movement of the entries, shifted by the usual
delivery delay, beside that of the very same minute, that of minutes to come, and the runs' own echo of a
minute ago (a burst lasts), which are what a function of the business moves with.

What moves a whole business for a quarter of an hour moves its functions with the entries of minutes before,
and just as much with those of minutes to come; a log processor knows nothing of those. So the runs must
follow what was before by more than what comes after, except where the entries are for the most part those
that these runs wrote: such a loop is its own past and future alike.

Source: weighted least squares with the dispersion of its residuals (quasi-likelihood, Wedderburn 1974); the
weights are those of Poisson counts about their moving mean. The errors of before against after allow for
residuals that last (Newey and West 1987).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.ndimage import uniform_filter1d

from analytics.amplification import MINIMUM_MINUTES
from analytics.lags import LAGS, SMOOTH, active_span, causes, later, usual_kernel
from analytics.series import Floats

CERTAIN = 4.5  # standard errors; of two hundred functions of the business none had 3
LIKELY = 3.0  # … where the entries are for the most part the runs' own, as those of one group of an account are
SHOWN = 0.2  # runs move by this share of what the entries do at least
FREE = 0.5  # dispersion of runs that nothing bounds
LEFT = 0.6  # of a movement, by a delay of six minutes where that of four is expected
AHEAD = 4  # minutes
MORE_BEFORE = 4.0  # standard errors; a queue that gathers for five minutes had 3.5
OF_ITSELF = 0.7  # of the entries are the runs' own: a loop's
LASTING = 20  # minutes that residuals last
LEAST_RUNS, LEAST_ENTRIES, LEAST_DISPERSION = 0.02, 0.1, 0.02


@dataclass(frozen=True)
class Needed:
    """Standard errors by which a log processor's runs must follow what was before, and that more than what
    comes after."""

    sigmas: float = CERTAIN
    before: float = MORE_BEFORE


OF_A_GROUP = Needed(CERTAIN, 3.0)
"""What CloudWatch Logs starts carries a trail's lines or an application's, and those are written in the minute of
the application's runs: of a hundred groups of applications, in accounts with bursts that all share, four had 4
standard errors, and none of them 3 more of what was before."""


@dataclass(frozen=True)
class Response:
    """By which share the runs follow what was delivered minutes before (1: in proportion; 0: not at all),
    with its standard error, and variance over mean of what that leaves; which share of the entries they wrote."""

    gain: float = 0.0
    error: float = np.inf
    dispersion: float = 0.0
    of_itself: float = 0.0
    compared: Callable[[], float] = field(default=lambda: 0.0, repr=False)

    @cached_property
    def before(self) -> float:
        """Standard errors by which they follow what was before more than what comes after: worked out when asked for,
        as it takes as long as the rest."""
        return self.compared()

    @property
    def sigmas(self) -> float:
        """The gain in standard errors."""
        return self.gain / self.error if self.error > 0 else 0.0

    @property
    def processes(self) -> bool | None:
        """Whether such runs are those of a log processor; None where the counts cannot tell: one at its
        ceiling runs evenly whatever it is given."""
        return self.told(Needed())

    @property
    def too_little(self) -> bool:
        """Whether runs that nothing bounds move by less than those of a log processor. One whose batches wait for a
        window of λ entries moves by λ/(e^λ − 1) of what they do, and no less than its dispersion, e^−λ. The runs' own
        entries, which bursts of an application's log lines bring minutes later, move with them by a part of that."""
        return self.dispersion >= FREE and (
            self.gain + self.error < LEFT * min(self.dispersion, 1.0)
        )

    def told(self, needed: Needed) -> bool | None:
        """The same, by so much evidence."""
        itself = self.of_itself >= OF_ITSELF
        follows = self.gain >= SHOWN and self.sigmas >= (LIKELY if itself else needed.sigmas)
        alone = itself and not self.too_little
        if follows and (alone or self.before >= needed.before):
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
    caused = later(delivered, usual_kernel())
    level = np.maximum(_mean(caused)[first:last], LEAST_ENTRIES)
    written = np.minimum(own, delivered)
    beside = [np.maximum(delivered - own, 0.0), _shifted(written, 1)]
    weight = np.sqrt(usual)
    target = (runs[first:last] - usual) / weight

    def design(*parts: Floats) -> Floats:
        columns = [(part - _mean(part))[first:last] / level * weight for part in parts]
        return np.stack(columns, axis=1)

    moved = design(caused, *beside, _shifted(delivered, -AHEAD))
    found, *_ = np.linalg.lstsq(moved, target, rcond=None)
    spread = max(float((target - moved @ found).var()), LEAST_DISPERSION)
    variance = float(np.linalg.pinv(moved.T @ moved)[0, 0]) * spread
    if variance <= 0:
        return Response()

    def compared() -> float:
        sooner = later(delivered[::-1], usual_kernel())[::-1]
        return _first_above_last(design(caused, *beside, sooner)[:-LAGS], target[:-LAGS])

    of_itself = float(written[first:last].sum() / max(delivered[first:last].sum(), 1.0))
    return Response(float(found[0]), float(np.sqrt(variance)), spread, of_itself, compared)


def _first_above_last(design: Floats, target: Floats) -> float:
    """The first coefficient less the last one, in standard errors of residuals that last."""
    found, *_ = np.linalg.lstsq(design, target, rcond=None)
    pull = design * (target - design @ found)[:, None]
    spread = pull.T @ pull
    for lag in range(1, min(LASTING, len(pull))):
        later = pull[lag:].T @ pull[:-lag]
        spread += (1 - lag / LASTING) * (later + later.T)
    inverse = np.linalg.pinv(design.T @ design)
    contrast = np.array([1.0, *np.zeros(design.shape[1] - 2), -1.0])
    variance = float(contrast @ inverse @ spread @ inverse @ contrast)
    return float(contrast @ found) / np.sqrt(variance) if variance > 0 else 0.0


@dataclass(frozen=True)
class Proportion:
    """How well runs move in proportion to what was delivered minutes before: by how much that explains them
    better than nothing (log-likelihood at dispersion 1, below 0 where worse), by how much a share of it does at
    best, as in batches, and the dispersion of what that leaves."""

    gain: float = 0.0
    share_gain: float = 0.0
    dispersion: float = 1.0

    @property
    def shown(self) -> float:
        """The gain by a share, over the dispersion."""
        return self.share_gain / self.dispersion


def proportion(runs: Floats, own: Floats, delivered: Floats) -> Proportion:
    """How runs a minute, which wrote `own` entries, move with all `delivered` ones, their own among them."""
    first, last = active_span(runs)
    first = max(first, LAGS)
    if last - first < MINIMUM_MINUTES:
        return Proportion()
    usual = np.maximum(_mean(runs[first:last]), LEAST_RUNS)
    caused = causes(delivered, np.minimum(own, delivered)) @ usual_kernel()
    level = np.maximum(_mean(caused)[first:last], LEAST_ENTRIES)
    weight = np.sqrt(usual)
    moved = (caused - _mean(caused))[first:last] / level * weight
    target = (runs[first:last] - usual) / weight
    share = max(0.0, float(moved @ target) / max(float(moved @ moved), 1e-9))

    def gain(by: float) -> float:
        left = target - by * moved
        return 0.5 * float(target @ target - left @ left)

    left = float(np.mean((target - share * moved) ** 2))
    return Proportion(gain(1.0), gain(min(share, 1.0)), max(left, LEAST_DISPERSION))


def _mean(series: Floats) -> Floats:
    return np.asarray(uniform_filter1d(series, SMOOTH, mode="nearest"))


def _shifted(series: Floats, minutes: int) -> Floats:
    """Later by so many minutes, or earlier."""
    blank = np.zeros(abs(minutes))
    if minutes >= 0:
        return np.concatenate([blank, series[: len(series) - minutes]])
    return np.concatenate([series[-minutes:], blank])

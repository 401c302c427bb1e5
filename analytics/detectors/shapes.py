"""Hours of an account that look like no other, though no single subject's count is extreme.

One role that touches sixty functions once each moves no function's count and hardly its own. But
how many functions, callers and sources were active, given how much was written, sets the hour
apart: a busy hour has more of all, and that is usual. The covariance of the four is learned by
Rousseeuw and Van Driessen, "A Fast Algorithm for the Minimum Covariance Determinant Estimator"
(1999), from quantile residuals (Dunn and Smyth, "Randomized Quantile Residuals", 1996).

An isolation forest over the same features was tried first: hours with one extreme breadth and
three usual features scored 3 to 5 robust deviations, no higher than ordinary hours did.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import special

from analytics.detectors import rarity
from analytics.detectors.base import Limits, Spell, Subject, hour_text, number
from analytics.detectors.panel import Counts, Flags, Panel
from analytics.detectors.season import Baseline, quantile
from stormtrail.arrow import no_pandas

DETECTOR = "shape"
KINDS = ("function", "caller", "source")
SEED = 0
# hours to learn ten covariances from; the fit's cost grows with them, its use does not
SAMPLE = 500
LEAST_SUBJECTS = 8.0
BRIDGE = 2
# distances are scaled so that this share of hours lies where it should
CALIBRATED_AT = 0.95
FEATURES = 1 + len(KINDS)


def covariance() -> ModuleType:
    """scikit-learn's module, which takes half a second to import: short archives need none of it."""
    with no_pandas():
        return import_module("sklearn.covariance")


def breadth(hours: pa.Table) -> pa.Table:
    """From the rollup: the accounts' rows, and for each account and hour how many were active.

    The new rows are of subject_kind function, caller or source, with that word as the subject
    and the number of distinct subjects as `entries`.
    """
    keys = ["hour", "account_id", "subject_kind"]
    kind = hours["subject_kind"].cast(pa.string())
    narrow = hours.select([*keys, "subject", "entries", "runs"]).set_column(2, "subject_kind", kind)
    own = pc.equal(kind, "account")
    found = narrow.filter(pc.invert(own)).group_by(keys).aggregate([("subject", "count_distinct")])
    counts = pa.table(
        {
            **{name: found[name] for name in keys},
            "subject": found["subject_kind"],
            "entries": found["subject_count_distinct"].cast(narrow["entries"].type),
            "runs": pa.nulls(found.num_rows, narrow["runs"].type).fill_null(0),
        }
    )
    return pa.concat_tables(
        [narrow.filter(own), counts.select(narrow.column_names)], promote_options="permissive"
    )


def find(panel: Panel, baseline: Baseline, limits: Limits) -> tuple[Spell, ...]:
    """Hours far from all others in which many more subjects than usual were active.

    `panel` is made of `breadth(hours)`. Squared robust distances of the residuals are taken for
    χ² of four degrees of freedom, after scaling; their tail is the hour's chance.
    """
    accounts = sorted({subject.account for subject in panel.subjects})
    rows = {subject: row for row, subject in enumerate(panel.subjects)}
    if not accounts or panel.hours < limits.cold_start_hours:
        return ()
    residuals = _residuals(panel, baseline)
    logs = _log_chances(_features(residuals, rows, accounts))
    limit = rarity.log_limit(logs.size, int(panel.judged.sum()), limits)
    found: list[Spell] = []
    for account, chances in zip(accounts, logs, strict=True):
        wide = [rows[key] for key in _breadths(account) if key in rows]
        found += _of_account(panel, baseline, wide, (chances, limit), limits)
    return tuple(found)


def _breadths(account: str) -> list[Subject]:
    return [Subject(account, kind, kind) for kind in KINDS]


def _residuals(panel: Panel, baseline: Baseline) -> Counts:
    """S × H: standard normal where counts are as usual; noise where nothing can be said."""
    draw = np.random.default_rng(SEED)
    uniform, noise = draw.random(panel.entries.shape), draw.standard_normal(panel.entries.shape)
    usual = np.where(panel.known, baseline.high, 1.0)
    tail = np.exp(rarity.log_at_least(panel.entries, usual, baseline.dispersion))
    beyond = np.exp(rarity.log_at_least(panel.entries + 1, usual, baseline.dispersion))
    chance = np.clip(beyond + uniform * (tail - beyond), 1e-300, 1 - 1e-16)
    return np.where(panel.known & baseline.enough, -special.ndtri(chance), noise)


def _features(residuals: Counts, rows: dict[Subject, int], accounts: list[str]) -> Counts:
    """accounts × H × 4: of the account's entries, then of its breadths."""
    draw = np.random.default_rng(SEED + 1)
    shape = (len(accounts), residuals.shape[1], FEATURES)
    features = draw.standard_normal(shape)
    for place, account in enumerate(accounts):
        keys = [Subject(account, "account", account), *_breadths(account)]
        for feature, key in enumerate(keys):
            if key in rows:
                features[place, :, feature] = residuals[rows[key]]
    return features


def _log_chances(features: Counts) -> Counts:
    """accounts × H: ln of the chance of an hour as far from the others, over all accounts."""
    flat = features.reshape(-1, FEATURES)
    sample = np.random.default_rng(SEED).permutation(flat)[:SAMPLE]
    squares = covariance().MinCovDet(random_state=SEED).fit(sample).mahalanobis(flat)
    edge = float(quantile(squares[None], CALIBRATED_AT)[0, 0])
    scale = max(1.0, edge / float(special.chdtri(FEATURES, 1 - CALIBRATED_AT)))
    halves = squares.reshape(features.shape[:2]) / scale / 2
    logs: Counts = np.log1p(halves) - halves  # χ² of four degrees: (1 + x/2)·exp(−x/2) lie above x
    return logs


def _of_account(
    panel: Panel, baseline: Baseline, rows: list[int], gate: tuple[Counts, float], limits: Limits
) -> list[Spell]:
    """The account's spells: rare hours in which one of its breadths was much wider than usual."""
    chances, limit = gate
    if not rows:
        return []
    seen, usual = panel.entries[rows], baseline.high[rows]
    wide = (seen >= usual * limits.ratio) & (seen >= usual + LEAST_SUBJECTS)
    wide &= panel.known[rows] & baseline.enough[rows] & panel.judged & (chances <= limit)
    return [
        _spell(panel, baseline, (rows, wide), chances, (first, last))
        for first, last in rarity.stretches(np.logical_or.reduce(wide, axis=0), BRIDGE)
    ]


def _spell(
    panel: Panel,
    baseline: Baseline,
    breadths: tuple[list[int], Flags],
    chances: Counts,
    hours: tuple[int, int],
) -> Spell:
    (first, last), (rows, wide) = hours, breadths
    over = np.where(wide, panel.entries[rows] / np.maximum(baseline.high[rows], 1.0), 0.0)
    feature, offset = np.unravel_index(
        int(np.argmax(over[:, first : last + 1])), (len(rows), last - first + 1)
    )
    peak, row = first + int(offset), rows[int(feature)]
    usual = float(baseline.high[row, peak])
    low, high = rarity.usual_range(usual, float(baseline.dispersion[row, peak]))
    what = panel.subjects[row]
    words = (
        f"{number(panel.entries[row, peak])} {what.kind}s were active in the hour from "
        f"{hour_text(panel.start, peak)}, where {number(usual)} are usual ({low:,} to {high:,}), "
        "more than the hour's entries explain"
    )
    subject = Subject(what.account, "account", what.account)
    score = rarity.score(float(chances[first : last + 1].min()))
    return Spell(DETECTOR, subject, first, last, score, words)

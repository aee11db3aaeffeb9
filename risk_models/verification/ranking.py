"""How well a score ranks events above non-events: ROC, its area, and the comparison of two scores."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from minegis.errors import InvalidInput
from risk_models.verification.settings import settings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class RocCurve:
    """The curve: false and true positive rate where a score of `threshold` or more counts as yes."""

    false_positive: Floats
    true_positive: Floats
    threshold: Floats


@dataclass(frozen=True, slots=True)
class Difference:
    """The area of one score less that of another, with its interval and two-sided p."""

    value: float
    low: float
    high: float
    p: float


def roc_curve(score: ArrayLike, event: ArrayLike) -> RocCurve:
    """Return the ROC curve; cases without a score are left out.

    Parameters
    ----------
    score : (n,) float
    event : (n,) bool

    Raises
    ------
    InvalidInput
        If all or none are events.
    """
    values, yes = _known(score, event)
    order = np.argsort(-values, kind="stable")
    values, yes = values[order], yes[order]
    last = np.append(np.flatnonzero(np.diff(values)), values.size - 1)  # tied scores are one step
    true, false = np.cumsum(yes)[last], np.cumsum(~yes)[last]
    return RocCurve(
        np.concatenate([[0.0], false / false[-1]]),
        np.concatenate([[0.0], true / true[-1]]),
        np.concatenate([[np.inf], values[last]]),
    )


def auc(score: ArrayLike, event: ArrayLike) -> float:
    """Return the area under the ROC curve: the share of pairs ranked rightly, ties counting half.

    References
    ----------
    Hanley & McNeil (1982), Radiology 143, 29.
    """
    values, yes = _known(score, event)
    ranks = rankdata(values)
    events = int(yes.sum())
    wins = float(ranks[yes].sum()) - events * (events + 1) / 2
    return wins / (events * (yes.size - events))


def delong(first: ArrayLike, second: ArrayLike, event: ArrayLike) -> Difference:
    """Compare the areas of two scores of the same, independent cases.

    Cases that lie close together are not independent: see `block_bootstrap`.

    References
    ----------
    DeLong et al. (1988), Biometrics 44, 837, by the ranks of Sun & Xu (2014), IEEE Sig. Proc. Lett. 21, 1389.
    """
    yes = np.asarray(event, dtype=bool)
    parts = [_placements(np.asarray(score, dtype=float), yes) for score in (first, second)]
    areas = [float(above.mean()) for above, _ in parts]
    of_events = np.cov(np.stack([above for above, _ in parts]))
    of_others = np.cov(np.stack([below for _, below in parts]))
    covariance = of_events / yes.sum() + of_others / (~yes).sum()
    spread = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    value = areas[0] - areas[1]
    normal = NormalDist()
    half = normal.inv_cdf(0.5 + settings().confidence / 2) * spread
    p = 2 * (1 - normal.cdf(abs(value) / spread)) if spread > 0 else float(value == 0)
    return Difference(value, value - half, value + half, p)


def block_bootstrap(
    first: ArrayLike,
    second: ArrayLike,
    event: ArrayLike,
    block: ArrayLike,
    *,
    draws: int,
    rng: np.random.Generator,
) -> Difference:
    """Compare the areas of two scores by drawing whole blocks, so that neighbours stay together.

    Parameters
    ----------
    first, second : (n,) float
    event : (n,) bool
    block : (n,) int
        Cases of one block are drawn together.
    draws : int
    rng : numpy.random.Generator

    References
    ----------
    Künsch (1989), Ann. Stat. 17, 1217; percentile interval.
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    yes, groups = np.asarray(event, dtype=bool), np.asarray(block)
    members = [np.flatnonzero(groups == each) for each in np.unique(groups)]
    found = np.empty(draws)
    for number in range(draws):
        rows = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        mixed = 0 < yes[rows].sum() < rows.size
        found[number] = auc(one[rows], yes[rows]) - auc(two[rows], yes[rows]) if mixed else np.nan
    tail = (1 - settings().confidence) / 2
    low, high = np.nanquantile(found, [tail, 1 - tail])
    beyond = min(np.nanmean(found <= 0), np.nanmean(found >= 0))
    return Difference(auc(one, yes) - auc(two, yes), float(low), float(high), float(min(1.0, 2 * beyond)))


def _placements(score: Floats, yes: Bools) -> tuple[Floats, Floats]:
    """Return for each event the share of others below it, and for each other the share of events above it."""
    ranks, events, others = rankdata(score), int(yes.sum()), int((~yes).sum())
    above = (ranks[yes] - rankdata(score[yes])) / others
    below = 1 - (ranks[~yes] - rankdata(score[~yes])) / events
    return above, below


def _known(score: ArrayLike, event: ArrayLike) -> tuple[Floats, Bools]:
    values, yes = np.asarray(score, dtype=float), np.asarray(event, dtype=bool)
    known = ~np.isnan(values)
    values, yes = values[known], yes[known]
    if yes.all() or not yes.any():
        raise InvalidInput(
            "no ranking",
            where="verification",
            expected="events and others",
            got=f"{int(yes.sum())} of {yes.size}",
        )
    return values, yes

"""One tier from many indicators, on arrays: the worst mandatory one, the promotion, the weighted score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Standing, Tier
from risk_models.composite.cell import STATES
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import WARNED, Promotion

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Indicators:
    """The indicators of one composite, in the order of the rows that `composite` takes.

    Attributes
    ----------
    names : tuple of str
    weights : tuple of float
        Above 0; only their ratios matter.
    mandatory : tuple of bool
        Whether the composite may never be below the indicator.
    standings : tuple of Standing
        An illustrative indicator counts as blue at most; a mandatory one cannot be illustrative.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    mandatory: tuple[bool, ...]
    standings: tuple[Standing, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.names), len(self.weights), len(self.mandatory), len(self.standings)}
        if len(lengths) != 1 or not self.names:
            raise InvalidInput("indicators differ in length", expected="one of each", got=str(lengths))
        if not all(weight > 0 for weight in self.weights):
            raise InvalidInput("not weights", expected="above 0", got=str(self.weights))
        for name, needed, standing in zip(self.names, self.mandatory, self.standings, strict=True):
            if needed and standing is Standing.ILLUSTRATIVE:
                raise InvalidInput("a mandatory indicator is illustrative", where=name)


@dataclass(frozen=True, slots=True)
class Composite:
    """Composite of n sets of indicators.

    Attributes
    ----------
    tier : (n,) int8
        The worst of `mandatory`, `promoted` and `weighted`.
    score : (n,) float
        0 to 100: the weighted mean, or the lower end of the band of `tier` where that is more; NaN where
        nothing is known.
    mandatory : (n,) int8
        Tier of the worst mandatory indicator.
    promoted, without_carry : (n,) int8
        Tier of many indicators that agree; the second without carrying promotions on, for audit.
    weighted : (n,) int8
        Tier of the weighted mean.
    coverage : (n,) float
        Share of the weights that is known.
    state : (n,) int8
        Index into `composite.cell.STATES`.
    """

    tier: NDArray[np.int8]
    score: Floats
    mandatory: NDArray[np.int8]
    promoted: NDArray[np.int8]
    without_carry: NDArray[np.int8]
    weighted: NDArray[np.int8]
    coverage: Floats
    state: NDArray[np.int8]


def roll_tiers(tiers: ArrayLike, promotion: Promotion) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Roll tiers up to one for each column, as `risk_models.warning.tiers.roll` does for one list.

    Parameters
    ----------
    tiers : (items, n) int
        0 to 4; no warning adds nothing.
    promotion : Promotion
        The counts.

    Returns
    -------
    tier, without_carry : (n,) int8

    References
    ----------
    GB 39496-2020 §5.5.4.
    """
    given = np.asarray(tiers, dtype=np.int8)
    if given.ndim != 2 or not ((given >= 0) & (given <= Tier.RED)).all():
        raise InvalidInput("not tiers", where="tiers", expected="(items, n) of 0 to 4", got=str(given.shape))
    counts = {tier: np.zeros(given.shape[1], dtype=np.int32) for tier in WARNED}
    worst = np.zeros(given.shape[1], dtype=np.int8)
    for row in given:
        np.maximum(worst, row, out=worst)
        for tier in WARNED:
            counts[tier] += row == tier
    rolled, alone = worst.copy(), worst
    carried = np.zeros(given.shape[1], dtype=np.int32)
    needed = {Tier.BLUE: promotion.blue, Tier.YELLOW: promotion.yellow, Tier.ORANGE: promotion.orange}
    for tier, count in needed.items():
        alone = np.where(counts[tier] >= count, np.maximum(alone, tier + 1), alone)
        carried = (counts[tier] + carried) // count
        rolled = np.where(carried > 0, np.maximum(rolled, tier + 1), rolled)
    return rolled.astype(np.int8), alone.astype(np.int8)


def composite(scores: ArrayLike, indicators: Indicators, rules: RulePackage) -> Composite:
    """Combine indicators of n assets or places; none of their warnings is averaged away.

    With the same indicators known, a worse indicator never gives a milder composite. What becomes known adds
    to the mean and may lower it, but never below the band of the tier.

    Parameters
    ----------
    scores : (items, n) float, 1
        0 to 100, worse is more; NaN where unknown.
    indicators : Indicators
        One for each row.
    rules : RulePackage
        Sections `score`, `promotion`, `monitoring`.

    Raises
    ------
    InvalidInput
        If a score is outside 0 to 100 or the rows are not one for each indicator.

    References
    ----------
    GB 39496-2020 §5.5.4 for the promotion; the worst of the statutory and the weighted is a rule of this
    project.
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 2 or given.shape[0] != len(indicators.names):
        raise InvalidInput(
            "rows and indicators differ",
            where="scores",
            expected=f"({len(indicators.names)}, n)",
            got=str(given.shape),
        )
    bounds = [rules.score.lower_bounds[tier] for tier in WARNED]
    n = given.shape[1]
    tiers = np.empty(given.shape, dtype=np.int8)
    total, known_weight = np.zeros(n), np.zeros(n)
    floor, lacking = np.zeros(n, dtype=np.int8), np.zeros(n, dtype=bool)
    rows = zip(given, indicators.weights, indicators.mandatory, indicators.standings, strict=True)
    for at, (row, weight, mandatory, standing) in enumerate(rows):
        known = ~np.isnan(row)
        value = np.where(known, row, 0.0)
        if ((value < 0) | (value > 100)).any():
            raise InvalidInput("not a score", where=indicators.names[at], expected="0 to 100")
        cap = standing.cap(Tier.RED)
        if cap < Tier.RED:
            low, high = rules.score.band(cap)
            value = np.minimum(value, low + (high - low) * rules.score.top_of_band)
        tiers[at] = np.searchsorted(bounds, value, side="right")
        total += weight * value
        known_weight += weight * known
        if mandatory:
            np.maximum(floor, tiers[at], out=floor)
            lacking |= ~known
    promoted, without_carry = roll_tiers(tiers, rules.promotion)
    nothing = known_weight == 0
    mean = total / np.where(nothing, 1.0, known_weight)
    weighted = np.searchsorted(bounds, mean, side="right").astype(np.int8)
    tier = np.maximum(np.maximum(floor, promoted), weighted)
    lower = np.array([rules.score.lower_bounds[level] for level in Tier])
    coverage = known_weight / sum(indicators.weights)
    short = lacking | (coverage < rules.monitoring.coverage_minimum)
    missing, insufficient, enough = (
        np.int8(STATES.index(s))
        for s in (EvidenceState.MISSING, EvidenceState.INSUFFICIENT, EvidenceState.SUFFICIENT)
    )
    return Composite(
        tier=tier,
        score=np.where(nothing, np.nan, np.maximum(mean, lower[tier])),
        mandatory=floor,
        promoted=promoted,
        without_carry=without_carry,
        weighted=weighted,
        coverage=coverage,
        state=np.where(nothing, missing, np.where(short, insufficient, enough)).astype(np.int8),
    )

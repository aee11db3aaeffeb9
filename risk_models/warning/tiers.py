"""From a value to a tier, and from many tiers to one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from minegis.errors import InvalidInput
from minegis.levels import Tier
from risk_models.rules.sections import WARNED, Hysteresis, Promotion, Thresholds

_DECIMALS = 9  # a limit is a product (1.1 × 5.25 m); its binary noise must not decide a colour


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    tier : Tier
        The worst tier whose limit is passed.
    holding : Tier
        The same with every limit moved to the mild side by its deadband: a tier may fall only below this.
    depth : float
        0 at the limit of `tier`, 1 at the limit of the next; for no warning, how near blue is.
    severity : float
        How far from blue to red, 0 at blue and 1 at red, beyond both linear.
    threshold : str
        The comparison that decided, ``≤ 1 × 0.7 m``; for no warning the one that held.
    provenance : str
        Of the deciding limit.
    """

    tier: Tier
    holding: Tier
    depth: float
    severity: float
    threshold: str
    provenance: str


@dataclass(frozen=True, slots=True)
class RollUp:
    """A promoted tier, the tier without carrying promotions on (for audit), and the counts."""

    tier: Tier
    without_carry: Tier
    counts: dict[Tier, int]


def compare(
    value: float, limits: Thresholds, unit: str, hysteresis: Hysteresis, minimum: float | None = None
) -> Comparison:
    """Compare one value with the four limits of an item.

    Parameters
    ----------
    value : float
        In `unit`.
    limits : Thresholds
        Absolute limits, or ratios when `minimum` is given.
    unit : str
        Shown in the threshold's text.
    hysteresis : Hysteresis
        For the deadband's share of the span between adjacent limits.
    minimum : float, optional
        The required minimum that the limits are ratios of, in `unit`.

    Raises
    ------
    InvalidInput
        If the value is not finite or the minimum not above 0.
    """
    scale = 1.0 if minimum is None else minimum
    if not math.isfinite(value) or not scale > 0:
        raise InvalidInput(
            "cannot be compared", expected="a finite value, a minimum above 0", got=f"{value}, {scale}"
        )
    sign = 1.0 if limits.comparison == "above" else -1.0
    at = {tier: round(limits.thresholds[tier].value * scale, _DECIMALS) for tier in WARNED}
    span = sign * (at[Tier.RED] - at[Tier.BLUE])
    tier = holding = Tier.NONE
    for candidate in WARNED:
        excess = round(sign * (value - at[candidate]), _DECIMALS)
        inclusive = limits.thresholds[candidate].inclusive
        milder = at[Tier(candidate - 1)] if candidate > Tier.BLUE else 2 * at[Tier.BLUE] - at[Tier.YELLOW]
        deadband = hysteresis.deadband_share * abs(at[candidate] - milder)
        if excess > 0 or (inclusive and excess == 0):
            tier = candidate
        if excess + deadband > 0 or (inclusive and excess + deadband == 0):
            holding = candidate
    shown = max(tier, Tier.BLUE)
    return Comparison(
        tier=tier,
        holding=holding,
        depth=_depth(sign * value, tier, {key: sign * limit for key, limit in at.items()}, span),
        severity=sign * (value - at[Tier.BLUE]) / span,
        threshold=_text(limits, shown, unit, minimum, passed=tier is not Tier.NONE),
        provenance=shown_provenance(limits.thresholds[shown].provenance),
    )


def _depth(value: float, tier: Tier, at: dict[Tier, float], span: float) -> float:
    if tier is Tier.NONE:
        return min(max(1 - (at[Tier.BLUE] - value) / span, 0.0), 1.0)
    width = span if tier is Tier.RED else at[Tier(tier + 1)] - at[tier]
    return min(max((value - at[tier]) / width, 0.0), 1.0) if width > 0 else 0.0


def _text(limits: Thresholds, tier: Tier, unit: str, minimum: float | None, *, passed: bool) -> str:
    limit = limits.thresholds[tier]
    signs = {("below", False): "<", ("below", True): "≤", ("above", False): ">", ("above", True): "≥"}
    opposite = {"<": "≥", "≤": ">", ">": "≤", "≥": "<"}
    sign = signs[limits.comparison, limit.inclusive]
    amount = f"{limit.value:g}" if minimum is None else f"{limit.value:g} × {minimum:g}"
    shown = "" if unit == "1" else unit
    return f"{sign if passed else opposite[sign]} {amount} {shown}".rstrip()


def shown_provenance(provenance: str) -> str:
    """Return the provenance for people: what has no published authority says so."""
    unpublished = "ED" in provenance or "M-lo" in provenance
    return f"{provenance} (项目默认值 project default)" if unpublished else provenance


def roll(levels: Iterable[Tier], promotion: Promotion) -> RollUp:
    """Roll tiers up to one: the worst of them, or more when many agree.

    So many blue count as one yellow, so many yellow (with those) as one orange, so many orange as one red.

    Parameters
    ----------
    levels : iterable of Tier
        Points of an item, or items of an asset; no warning adds nothing.
    promotion : Promotion
        The counts.

    References
    ----------
    GB 39496-2020 §5.5.4.
    """
    given = list(levels)
    counts = {tier: given.count(tier) for tier in WARNED}
    needed = {Tier.BLUE: promotion.blue, Tier.YELLOW: promotion.yellow, Tier.ORANGE: promotion.orange}
    carried = dict(counts)
    for tier, count in needed.items():
        carried[Tier(tier + 1)] += carried[tier] // count
    worst = max(given, default=Tier.NONE)
    promoted = (Tier(tier + 1) for tier, count in needed.items() if counts[tier] >= count)
    return RollUp(
        tier=max((tier for tier in WARNED if carried[tier]), default=Tier.NONE),
        without_carry=max(worst, max(promoted, default=Tier.NONE)),
        counts=counts,
    )

"""What a tier is made of: parts that ask for one, how they are joined, what each adds to the score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minegis.levels import Label, Tier
from risk_models.rule_package import RulePackage
from risk_models.warning.tiers import roll

_MOST = 10  # players of the exact sum below, which takes 2ⁿ joins
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that can raise an asset's tier: a monitored item, a major hazard, a model, a satellite.

    Attributes
    ----------
    key, label : str, Label
        As in the evidence.
    tier : Tier
        That it asks for, after its standing was applied.
    counted : bool
        Whether it is a monitored item, of which many mild ones count as a worse one.
    depths : tuple of (Tier, float)
        Tier of each of its points and how deep it is in that tier, 0 to 1.
    variables : tuple of str
        What its points measure.
    """

    key: str
    label: Label
    tier: Tier
    counted: bool = False
    depths: tuple[tuple[Tier, float], ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Factor:
    """What one part adds to the score."""

    key: str
    label: Label
    points: float


def join(parts: Sequence[Part], rules: RulePackage) -> tuple[Tier, float]:
    """Return the tier and the score that parts give together: the worst of them, promoted by count.

    References
    ----------
    GB 39496-2020 §5.5.4 for the counts; nothing is averaged.
    """
    counted = roll((part.tier for part in parts if part.counted), rules.promotion).tier
    tier = max((counted, *(part.tier for part in parts)))
    depths = [depth for part in parts for at, depth in part.depths if at is tier]
    return tier, rules.score.score(tier, max(depths, default=0.0))


def factors(parts: Sequence[Part], rules: RulePackage) -> tuple[Factor, ...]:
    """Share the score out over the parts: points that sum to it exactly, most first.

    A part's points are its Shapley value: what it adds to the score of the parts before it, averaged over all
    orders. Parts that ask for the same get the same, one that adds nothing gets nothing. Of very many the
    mildest are one factor together.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Annals of Mathematics Studies 28, 307-317.
    """
    alone = {id(part): join([part], rules)[1] for part in parts}
    speaking = sorted((part for part in parts if alone[id(part)] > 0), key=lambda part: -alone[id(part)])
    players = [[part] for part in speaking[: _MOST - 1]]
    if rest := speaking[_MOST - 1 :]:
        players.append(rest)
    count = len(players)
    score = [
        join([part for number in range(count) if mask >> number & 1 for part in players[number]], rules)[1]
        for mask in range(1 << count)
    ]
    weight = [
        math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
        for size in range(count)
    ]
    found = []
    for number, player in enumerate(players):
        own = 1 << number
        points = math.fsum(
            weight[mask.bit_count()] * (score[mask | own] - score[mask])
            for mask in range(1 << count)
            if not mask & own
        )
        more = len(player) > 1
        label = Label(f"其余{len(player)}项", f"{len(player)} more") if more else player[0].label
        found.append(Factor("others" if more else player[0].key, label, round(points, _DECIMALS)))
    return tuple(sorted(found, key=lambda factor: (-factor.points, factor.key)))

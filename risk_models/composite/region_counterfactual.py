"""Which assets would have to be a colour better for their region to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from minegis.levels import Tier
from risk_models.composite.region import Contributor, region_risk
from risk_models.rule_package import RulePackage

_MOST = 60  # assets: an answer that names more helps nobody


@dataclass(frozen=True, slots=True)
class RegionCounterfactual:
    """The region reaches `tier` once each asset of `changes` is no worse than the tier beside it."""

    tier: Tier
    changes: tuple[tuple[Contributor, Tier], ...]


def region_counterfactual(
    contributors: Sequence[Contributor], rules: RulePackage
) -> RegionCounterfactual | None:
    """Find a smallest set of assets whose getting better makes the region better.

    The worst asset is taken down one tier at a time, to the worst score of that tier, until the region falls;
    then each one that was not needed is put back.

    Returns
    -------
    RegionCounterfactual or None
        None for a region without a tier, and where more than 60 assets would be needed.
    """
    before = _tier(contributors, rules)
    if before is Tier.NONE:
        return None
    changed: dict[int, Contributor] = {}

    def present(without: int | None = None) -> list[Contributor]:
        return [
            changed[number] if number in changed and number != without else one
            for number, one in enumerate(contributors)
        ]

    while _tier(present(), rules) >= before:
        assets = present()
        number = max(range(len(assets)), key=lambda n: (assets[n].tier, assets[n].score * assets[n].weight))
        if assets[number].tier is Tier.NONE or len(changed) == _MOST:
            return None
        changed[number] = _better(assets[number], rules)
    for number in list(changed):
        if _tier(present(without=number), rules) < before:
            del changed[number]
    pairs = ((contributors[number], after.tier) for number, after in changed.items())
    return RegionCounterfactual(_tier(present(), rules), tuple(pairs))


def _tier(contributors: Sequence[Contributor], rules: RulePackage) -> Tier:
    return region_risk("", "", contributors, rules).tier


def _better(asset: Contributor, rules: RulePackage) -> Contributor:
    tier = Tier(asset.tier - 1)
    causes = asset.red_causes if tier is Tier.RED else frozenset[str]()
    return replace(asset, tier=tier, score=rules.score.score(tier, 1.0), red_causes=causes)

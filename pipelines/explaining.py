"""Why an asset or a region has its tier, in numbers: what adds to the score, what would make it better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_catalog.store import AssessmentRecord, RegionRiskRecord, Store
from minegis.errors import StoreConflict
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.reading import Reading
from pipelines.asset_records import asset_record, designers_limits, readings_until
from risk_models.composite.region import Contributor
from risk_models.composite.region_counterfactual import region_counterfactual
from risk_models.rule_package import RulePackage
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.counterfactual import Change, Counterfactual, counterfactuals
from risk_models.warning.parts import Factor, factors


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a score is made of, and what would make the tier better.

    Attributes
    ----------
    tier : Tier
        As shown.
    score : float
        As shown: the sum of the points of `factors`.
    factors : tuple of Factor
        Most points first; one of them may be the hysteresis that holds a tier.
    counterfactuals : tuple of Counterfactual
        Alternatives, each enough for the evidence to ask for a better tier.
    held : bool
        Whether the tier shown is not the one that the evidence asks for.
    """

    tier: Tier
    score: float
    factors: tuple[Factor, ...]
    counterfactuals: tuple[Counterfactual, ...]
    held: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "tier": int(self.tier),
            "score": self.score,
            "held": self.held,
            "factors": [
                {"key": each.key, "label": each.label.to_json(), "points": round(each.points, 6)}
                for each in self.factors
            ],
            "counterfactuals": [
                {
                    "tier": int(each.tier),
                    "changes": [
                        {
                            "key": change.key,
                            "label": change.label.to_json(),
                            "shift": change.shift,
                            "unit": change.unit,
                            "tier": None if change.tier is None else int(change.tier),
                        }
                        for change in each.changes
                    ],
                }
                for each in self.counterfactuals
            ],
        }


def explain_tier(store: Store, record: AssessmentRecord, rules: RulePackage) -> Explanation:
    """Judge an asset again as the last run did, and take the judgement apart.

    Raises
    ------
    StoreConflict
        If the asset, its readings or the rules have changed since that run.
    """
    dataset, asset_id, at = record.dataset, record.asset_id, record.valid_at
    asset = asset_record(dataset, store.feature(dataset, asset_id))
    chain = Evidence.from_json(record.chain)
    readings = readings_until(store, at, dataset, asset_id)[dataset, asset_id]
    design, _ = designers_limits(store, dataset, asset_id)

    def judge(given: Sequence[Reading]) -> Assessment:
        voices = {node.key: node.inputs for node in chain.inputs}
        models, satellites = voices.get("model", ()), voices.get("satellite", ())
        return assess(asset, given, models, rules, at, satellite_evidence=satellites, design=design)

    present = judge(readings)
    if chain.method != rules.method or int(present.tier) != record.observed_tier:
        raise StoreConflict(
            "the asset, its readings or the rules have changed since it was judged",
            where=f"{dataset}/{asset_id}",
            expected="`minegis run`, then ask again",
            got=f"judged under {chain.method}",
        )
    held = round(record.score - present.score, 6)
    hysteresis = (Factor("hysteresis", Label("滞回", "Hysteresis"), held),) if held else ()
    return Explanation(
        Tier(record.tier),
        record.score,
        (*factors(present.parts, rules), *hysteresis),
        counterfactuals(readings, judge, rules),
        held=record.tier != record.observed_tier,
    )


def explain_region_tier(record: RegionRiskRecord, rules: RulePackage) -> Explanation:
    """Take the tier of a region apart: the points of its assets and of the rules, and who must be better."""
    contributors = [_contributor(each) for each in record.contributors]
    score = record.score or 0.0
    points = [
        Factor(f"{each['dataset']}/{each['id']}", Label(each["name"], each["name"]), each["points"])
        for each in record.contributors
        if each["points"]
    ]
    rest = round(score - math.fsum(factor.points for factor in points), 6)
    if rest:
        points.append(Factor("rules", Label("区域规则", "Rules of the region"), rest))
    found = region_counterfactual(contributors, rules)
    changes = () if found is None else tuple(_better(one, tier) for one, tier in found.changes)
    ways = () if found is None else (Counterfactual(found.tier, changes),)
    return Explanation(Tier(record.tier), score, tuple(points), ways)


def _better(asset: Contributor, tier: Tier) -> Change:
    return Change(f"{asset.dataset}/{asset.asset_id}", Label(asset.name, asset.name), tier=tier)


def _contributor(stored: Mapping[str, Any]) -> Contributor:
    return Contributor(
        stored["dataset"],
        stored["id"],
        stored["name"],
        stored["weight"],
        stored["score"],
        Tier(stored["tier"]),
        EvidenceState(stored["state"]),
        stored["coverage"],
        frozenset(stored["red_causes"]),
    )

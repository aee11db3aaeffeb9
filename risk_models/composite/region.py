"""Risk of a region from its assets: the worse of Nemerow index and count rule; no red is averaged away."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from risk_models.composite.attribution import points_of_worst
from risk_models.rule_package import RulePackage
from risk_models.warning.tiers import shown_provenance

_DECIMALS = 9  # binary noise of a mean must not decide a colour


@dataclass(frozen=True, slots=True)
class Contributor:
    """One asset in a region.

    Attributes
    ----------
    weight : float
        Fraction of the asset that lies in the region, above 0 to 1.
    score : float
        0 to 100.
    tier : Tier
        As shown.
    state : EvidenceState
        Of the asset's evidence.
    coverage : float
        Of the asset's monitoring, 0 to 1.
    red_causes : frozenset of str
        Causes that are red at the asset (``Assessment.red_causes``).
    """

    dataset: str
    asset_id: str
    name: str
    weight: float
    score: float
    tier: Tier
    state: EvidenceState
    coverage: float
    red_causes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RegionRisk:
    """Risk of one region.

    Attributes
    ----------
    tier : Tier
        The worse of `rule_tier` and `nemerow_tier`, lifted where weather or shaking is red over much of it.
    score : float
        0 to 100, inside the band of `tier`.
    nemerow : float or None
        The index itself; None without evidence.
    rule_tier, nemerow_tier : Tier
        Each on its own.
    lifted : bool
        Whether the lift applied.
    coverage : float
        Weighted share of the monitoring that is known.
    assets : int
        Number of assets.
    counts : dict of Tier to int
        Assets of each tier.
    contributors : tuple of (Contributor, float)
        Every asset with the points that it adds to the score, most first.
    rule_points : float
        What count rules and lift add to the points of the contributors, so that both make up the score.
    chain : Evidence
        The reasons.
    """

    code: str
    name: str
    tier: Tier
    state: EvidenceState
    score: float
    nemerow: float | None
    rule_tier: Tier
    nemerow_tier: Tier
    lifted: bool
    coverage: float
    assets: int
    counts: dict[Tier, int]
    contributors: tuple[tuple[Contributor, float], ...]
    rule_points: float
    chain: Evidence


def nemerow(scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Nemerow index ``√((max² + mean²) / 2)``: at least 0.7 of the worst score, however many are low.

    Parameters
    ----------
    scores : (n,) float
        At least one.
    weights : (n,) float, optional
        Of the mean; equal when absent. The maximum is never weighted.

    References
    ----------
    Nemerow, N. L. (1974). Scientific Stream Pollution Analysis.
    """
    shares = [1.0] * len(scores) if weights is None else list(weights)
    mean = math.fsum(s * w for s, w in zip(scores, shares, strict=True)) / math.fsum(shares)
    return round(math.sqrt((max(scores) ** 2 + mean**2) / 2), _DECIMALS)


def region_risk(
    code: str, name: str, contributors: Sequence[Contributor], rules: RulePackage, *, valid_time: str = ""
) -> RegionRisk:
    """Return the risk of a region from the assets that lie in it, wholly or in part.

    An asset without any evidence and without a warning is unknown, not safe: it lowers the coverage and does
    not dilute the mean.

    Parameters
    ----------
    code, name : str
        Of the region.
    contributors : sequence of Contributor
        Weight above 0.
    rules : RulePackage
        Sections `region`, `score`, `monitoring`.
    valid_time : str
        ISO 8601 UTC.
    """
    present = [one for one in contributors if one.weight > 0]
    known = [one for one in present if one.tier or one.state is not EvidenceState.MISSING]
    index = nemerow([one.score for one in known], [one.weight for one in known]) if known else None
    nemerow_tier = rules.score.tier(min(index, 100.0)) if index is not None else Tier.NONE
    fired = _count_rules(present, rules)
    rule_tier = max((node.tier for node in fired), default=Tier.NONE)
    base = max(rule_tier, nemerow_tier)
    lift = _lift(present, base, rules)
    tier = lift.tier if lift else base
    lower, _ = rules.score.band(tier)
    score = index if index is not None and tier is nemerow_tier else lower
    total = math.fsum(one.weight for one in present)
    coverage = math.fsum(one.weight * one.coverage for one in present) / total if total else 0.0
    state = _state(present, known, coverage, rules)
    inputs = (_nemerow_node(index, nemerow_tier, rules), *fired, *((lift,) if lift else ()), *_worst(present))
    chain = Evidence(
        key=f"region/{code}",
        label=Label(name, name),
        value=score,
        unit="1",
        tier=tier,
        state=state,
        method=rules.method,
        clause=rules.region.clause,
        provenance=shown_provenance(rules.region.provenance),
        valid_time=valid_time,
        note=_note(present, coverage),
        inputs=inputs,
    )
    counts = Counter(one.tier for one in present)
    return RegionRisk(
        code=code,
        name=name,
        tier=tier,
        state=state,
        score=score,
        nemerow=index,
        rule_tier=rule_tier,
        nemerow_tier=nemerow_tier,
        lifted=lift is not None,
        coverage=round(coverage, 6),
        assets=len(present),
        counts={level: counts[level] for level in Tier},
        contributors=_points(present, known, index),
        rule_points=round(score - (index or 0.0), _DECIMALS),
        chain=chain,
    )


def _count_rules(present: Sequence[Contributor], rules: RulePackage) -> tuple[Evidence, ...]:
    nodes = []
    for rule in rules.region.counts:
        count = sum(one.tier >= rule.of for one in present)
        if count >= rule.at_least:
            nodes.append(
                Evidence(
                    key=f"count/{rule.of.name.lower()}/{rule.at_least}",
                    label=Label(
                        f"{rule.of.label.zh}及以上资产数", f"Assets at {rule.of.name.lower()} or worse"
                    ),
                    value=float(count),
                    unit="1",
                    tier=rule.tier,
                    method=rules.method,
                    clause=rules.region.clause,
                    provenance=shown_provenance(rules.region.provenance),
                    threshold=f"≥ {rule.at_least}",
                )
            )
    return tuple(nodes)


def _lift(present: Sequence[Contributor], base: Tier, rules: RulePackage) -> Evidence | None:
    """Return the lift by one cause that is red over much of the region's assets, None where none is."""
    policy = rules.region.lift
    total = math.fsum(one.weight for one in present)
    for cause in policy.causes:
        share = math.fsum(one.weight for one in present if cause in one.red_causes) / total if total else 0.0
        if share > 0 and round(share, _DECIMALS) >= policy.share:
            return Evidence(
                key=f"lift/{cause}",
                label=Label("气象或地震红色覆盖面", "Weather or shaking is red over much of the region"),
                value=round(share, _DECIMALS),
                unit="1",
                tier=Tier(min(base + policy.tiers, Tier.RED)),
                method=rules.method,
                clause=rules.region.clause,
                provenance=shown_provenance(rules.region.provenance),
                threshold=f"≥ {policy.share:g}",
            )
    return None


def _nemerow_node(index: float | None, tier: Tier, rules: RulePackage) -> Evidence:
    return Evidence(
        key="nemerow",
        label=Label("内梅罗指数", "Nemerow index"),
        value=index,
        unit="1",
        tier=tier,
        state=EvidenceState.MISSING if index is None else EvidenceState.SUFFICIENT,
        method=rules.method,
        clause=rules.score.clause,
        provenance=shown_provenance(rules.score.provenance),
        threshold=f"≥ {rules.score.lower_bounds[tier]:g}",
    )


def _state(
    present: Sequence[Contributor], known: Sequence[Contributor], coverage: float, rules: RulePackage
) -> EvidenceState:
    if not known or all(one.state is EvidenceState.MISSING for one in present):
        return EvidenceState.MISSING
    if round(coverage, _DECIMALS) < rules.monitoring.coverage_minimum:
        return EvidenceState.INSUFFICIENT
    return EvidenceState.SUFFICIENT


def _note(present: Sequence[Contributor], coverage: float) -> Label:
    if not present:
        return Label("无登记资产", "No registered assets")
    lacking = sum(one.state is not EvidenceState.SUFFICIENT for one in present)
    return Label(
        f"监测覆盖率{coverage:.0%}；{lacking}/{len(present)}个资产证据不充分",
        f"Monitoring coverage {coverage:.0%}; {lacking} of {len(present)} assets lack evidence",
    )


def _worst(present: Sequence[Contributor]) -> tuple[Evidence, ...]:
    worst = max((one.tier for one in present), default=Tier.NONE)
    return tuple(
        Evidence(
            key=f"{one.dataset}/{one.asset_id}",
            label=Label(one.name, one.name),
            value=one.score,
            unit="1",
            tier=one.tier,
            state=one.state,
            method="assessment",
            source=f"{one.dataset}/{one.asset_id}",
        )
        for one in present
        if one.tier is worst and worst is not Tier.NONE
    )


def _points(
    present: Sequence[Contributor], known: Sequence[Contributor], index: float | None
) -> tuple[tuple[Contributor, float], ...]:
    """Share out the Nemerow index N, in which N² = (max² + mean²) / 2.

    Both squares are sums over the assets: mean² of mean · w s / W, and max² of max · p, where the p are the
    points that each adds to the maximum, so that a second red has its part of what makes the region red.
    """
    points = dict.fromkeys(map(id, present), 0.0)
    if index:
        scores = [one.score for one in known]
        weight = math.fsum(one.weight for one in known)
        mean = math.fsum(one.weight * one.score for one in known) / weight
        for one, added in zip(known, points_of_worst(scores).tolist(), strict=True):
            points[id(one)] = (max(scores) * added + mean * one.weight * one.score / weight) / (2 * index)
    pairs = [(one, round(points[id(one)], _DECIMALS)) for one in present]
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], -pair[0].tier, pair[0].dataset, pair[0].asset_id)))

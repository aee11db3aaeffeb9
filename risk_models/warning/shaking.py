"""The inspection trigger after an earthquake: from the shaking at an asset to a tier."""

from __future__ import annotations

import math

from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from risk_models.rule_package import RulePackage
from risk_models.warning.asset import AssetRecord
from risk_models.warning.tiers import compare

KEY = "shaking"


def shaking_evidence(
    asset: AssetRecord,
    rules: RulePackage,
    *,
    intensity: float | None,
    pga: float | None = None,
    pgv: float | None = None,
    standing: Standing = Standing.VERIFIED,
    method: str = "",
    valid_time: str = "",
    source: str = "",
    inputs: tuple[Evidence, ...] = (),
) -> Evidence:
    """Return the node that an earthquake adds to an asset.

    The trigger is a rule, not a model: its tier is limited only by the standing of the shaking it is given,
    so that shaking from an illustrative model stays at blue.

    Parameters
    ----------
    asset : AssetRecord
        An upstream-raised facility, or a `factor_of_safety` below the policy's, is taken one tier worse.
    rules : RulePackage
        Section `seismic`.
    intensity : float or None, 1
        Seismic intensity (GB/T 17742) at the asset; None or NaN outside the shaking map.
    pga : float or None, g
    pgv : float or None, cm/s
        Shown as inputs.
    standing : Standing
        Of the shaking.
    method, valid_time, source : str
        Where the shaking comes from.
    inputs : tuple of Evidence
        Nodes already at hand, for example of the shaking map's cells.

    References
    ----------
    GB/T 17742-2020; the policy is a project default, DOMAIN trigger policy VI to IX.
    """
    section = rules.seismic
    label = Label(section.label.zh, section.label.en)
    shown = (*_measured(pga, pgv, method, valid_time, source), *inputs)
    if intensity is None or not math.isfinite(intensity):
        note = Label("无地震动数据", "No shaking is known here")
        return Evidence(
            KEY, label, state=EvidenceState.MISSING, method=method, source=source, note=note, inputs=shown
        )
    found = compare(round(intensity, 1), section, section.unit, rules.hysteresis)
    reason = _upgrade(asset, rules) if found.tier else None
    tier = Tier(min(found.tier + 1, Tier.RED)) if reason else found.tier
    return Evidence(
        key=KEY,
        label=label,
        value=round(intensity, 1),
        unit=section.unit,
        tier=standing.cap(tier),
        method=rules.method,
        standing=standing,
        clause=section.clause,
        provenance=found.provenance,
        threshold=found.threshold,
        valid_time=valid_time,
        source=source,
        note=reason,
        inputs=shown,
    )


def _upgrade(asset: AssetRecord, rules: RulePackage) -> Label | None:
    policy = rules.seismic.upgrade
    if asset.dataset == "tsf" and asset.raise_method(rules) in policy.raise_methods:
        return Label("上游式筑坝，提高一级", "Raised upstream: one tier worse")
    factor = asset.number("factor_of_safety")
    if factor is not None and factor < policy.factor_of_safety_below:
        return Label("安全系数偏低，提高一级", "Low factor of safety: one tier worse")
    return None


def _measured(
    pga: float | None, pgv: float | None, method: str, valid_time: str, source: str
) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(key, label, round(value, 6), unit, method=method, valid_time=valid_time, source=source)
        for key, label, value, unit in (
            ("pga", Label("峰值加速度", "Peak ground acceleration"), pga, "g"),
            ("pgv", Label("峰值速度", "Peak ground velocity"), pgv, "cm/s"),
        )
        if value is not None and math.isfinite(value)
    )

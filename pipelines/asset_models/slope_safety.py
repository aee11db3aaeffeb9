"""The factor of safety of slopes, by a screening of the face and by a study, against the required one."""

from __future__ import annotations

import numpy as np

from data_catalog.store import Feature
from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs, Floats
from pipelines.asset_models.nodes import lacking, modelled, numbers, registered
from risk_models.rule_package import RulePackage
from risk_models.slopes.pit_design import (
    pit_required_factor_of_safety,
    pit_safety_tier,
    required_safety,
    uniform_face_factor_of_safety,
)
from risk_models.warning.tiers import shown_provenance

UNKNOWN_GROUND = Label("台账缺少强度参数或坡角", "The register lacks strength or slope angle")
_FACE = Label("坡面平面滑动筛查", "Screening of the face for a plane slide")
_STUDY = Label("稳定性论证安全系数", "Factor of safety of the stability study")
_CLASS = Label("安全等级", "Safety class")
_ASSUMED = Label("台账未填，按项目默认值取", "Not on the register: a project default")
_EVERY_CLASS = Label("安全等级未知：任何等级都至少如此", "Class unknown: at least this for every class")
_FAILING = Label(
    "小于 1：无论何种边坡都已超过极限平衡", "Below 1: beyond limit equilibrium, whatever the kind of slope"
)
_BY_DEFAULT = Label(
    "安全等级为默认值，或边坡不属该标准，最高只计蓝色",
    "The class is a default, or the standard is not of this kind of slope: blue at most",
)
_EQUILIBRIUM = 1.0  # by definition of the factor of safety
_FIELDS = {
    "cohesion": (Label("黏聚力", "Cohesion"), "kPa"),
    "friction_angle": (Label("内摩擦角", "Friction angle"), "deg"),
    "slope_height": (Label("边坡高度", "Slope height"), "m"),
    "slope_angle": (Label("边坡角", "Slope angle"), "deg"),
}


def face_safety(inputs: AssetInputs) -> Floats:
    """Return the factor of safety of each face, NaN where the register lacks what it needs."""
    weights = required_safety().unit_weight.by_type
    assumed = [weights.get(str(f.properties.get("slope_type")), np.nan) for f in inputs.features]
    given = numbers(inputs.features, "unit_weight")
    return uniform_face_factor_of_safety(
        numbers(inputs.features, "cohesion"),
        numbers(inputs.features, "friction_angle"),
        np.where(np.isnan(given), assumed, given),
        numbers(inputs.features, "slope_height"),
        numbers(inputs.features, "slope_angle"),
    )


def face_nodes(inputs: AssetInputs, safety: Floats) -> list[Evidence | None]:
    """Return the screening of each face, missing where its ground is not known."""
    required = _required(inputs)
    tiers = pit_safety_tier(safety / required)
    now = format_utc(inputs.at)
    nodes: list[Evidence | None] = []
    for feature, value, needed, tier in zip(inputs.features, safety, required, tiers, strict=True):
        used = (
            *(registered(feature, "slope", name, *about) for name, about in _FIELDS.items()),
            _class_node(feature, inputs.rules),
        )
        if np.isnan(tier):
            nodes.append(
                lacking(
                    "face_stability",
                    _FACE,
                    "uniform_face_factor_of_safety",
                    UNKNOWN_GROUND,
                    valid_time=now,
                    inputs=used,
                )
            )
            continue
        nodes.append(
            modelled(
                "face_stability",
                _FACE,
                "uniform_face_factor_of_safety",
                float(value),
                "1",
                tier,
                clause=_clause(feature, inputs.rules),
                provenance=required_safety().ratio.provenance,
                threshold=_against(tier, needed),
                valid_time=now,
                source=f"slope/{feature.id}",
                inputs=used,
            )
        )
    return nodes


def study_nodes(inputs: AssetInputs) -> list[Evidence | None]:
    """Compare the factor of safety that a stability study found with the required one: no model of ours.

    Where the class is not known, what even the least demanding class asks for is sure; what only the class
    that is taken by default asks for is illustrative. A slope that the standard is not about is sure to be
    unstable below a factor of 1; all else is an illustration for it.
    """
    found = numbers(inputs.features, "factor_of_safety")
    required, rules = _required(inputs), inputs.rules
    pit_least = min(_of_class(one, rules) for one in rules.slope_stability.required)
    least = np.array([pit_least if _is_pit(one) else _EQUILIBRIUM for one in inputs.features])
    rows = zip(
        inputs.features,
        found.tolist(),
        required.tolist(),
        least.tolist(),
        pit_safety_tier(found / required).tolist(),
        pit_safety_tier(found / least).tolist(),
        strict=True,
    )
    now = format_utc(inputs.at)
    nodes: list[Evidence | None] = []
    for feature, value, needed, floor, tier, sure in rows:
        if np.isnan(tier):
            nodes.append(None)
            continue
        pit = _is_pit(feature)
        known = pit and _known_class(feature, rules) is not None
        every = not known and sure > Tier.BLUE
        note = (_EVERY_CLASS if pit else _FAILING) if every else None
        judged, against = (sure, floor) if every else (tier, needed)
        trusted = every or known
        standing = Standing.VERIFIED if trusted else Standing.ILLUSTRATIVE
        nodes.append(
            Evidence(
                key="study_safety",
                label=_STUDY,
                value=value,
                unit="1",
                tier=standing.cap(Tier(int(judged))),
                method="register",
                standing=standing,
                clause=_clause(feature, inputs.rules),
                provenance=shown_provenance(required_safety().ratio.provenance),
                threshold=_against(judged, against),
                valid_time=now,
                source=f"slope/{feature.id}.factor_of_safety",
                note=note if trusted else _BY_DEFAULT,
                inputs=(_class_node(feature, inputs.rules),),
            )
        )
    return nodes


def _required(inputs: AssetInputs) -> Floats:
    assumed, rules = required_safety().assumed_class, inputs.rules
    return np.array(
        [_of_class(_known_class(one, rules) or assumed, rules) for one in inputs.features], dtype=np.float64
    )


def _of_class(safety_class: str, rules: RulePackage) -> float:
    return pit_required_factor_of_safety(safety_class, "gravity", rules)


def _known_class(feature: Feature, rules: RulePackage) -> str | None:
    given = str(feature.properties.get("safety_class") or "")
    return given if given in rules.slope_stability.required else None


def _class_node(feature: Feature, rules: RulePackage) -> Evidence:
    given, table = _known_class(feature, rules), required_safety()
    return Evidence(
        key="register/safety_class",
        label=_CLASS,
        value=given or table.assumed_class,
        state=EvidenceState.SUFFICIENT,
        method="register" if given else "default",
        provenance="" if given else shown_provenance(table.assumed_provenance),
        source=f"slope/{feature.id}.safety_class",
        note=None if given else _ASSUMED,
    )


def _is_pit(feature: Feature) -> bool:
    return feature.properties.get("slope_type") == "pit"


def _clause(feature: Feature, rules: RulePackage) -> str:
    """Return the standard of pits; to dumps and natural slopes its values are applied by default only."""
    return rules.slope_stability.clause if _is_pit(feature) else ""


def _against(tier: float, required: float) -> str:
    below = required_safety().ratio.below
    limit = below[Tier(max(int(tier), 1)).name.lower()]
    return f"{'<' if tier else '≥'} {limit:g} × {required:g}"

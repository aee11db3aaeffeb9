"""Stability of the outer slopes of facilities: at rest, and in the shaking that their cells had."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.known import Floats, Origin
from pipelines.asset_models.tsf_facilities import Facilities
from risk_models.cards import card
from risk_models.tailings.slope_stability import (
    bishop_factor_of_safety,
    default_ground,
    pseudo_static_factor_of_safety,
    required_factor_of_safety,
    required_safety,
    safety_tier,
    seismic_coefficient,
)
from risk_models.warning.tiers import shown_provenance

STATIC, SHAKEN = "slope_stability", "pseudo_static_stability"
_LABELS = {
    STATIC: Label("坝坡抗滑稳定", "Stability of the outer slope"),
    SHAKEN: Label("坝坡抗滑稳定（地震）", "Stability of the outer slope in the earthquake"),
}
_CONDITIONS = {STATIC: "normal", SHAKEN: "special"}
_METHODS = {STATIC: "bishop_factor_of_safety", SHAKEN: "pseudo_static_factor_of_safety"}
_LACKING = Label("缺少坝高或浸润线埋深", "Dam height or phreatic depth is not known")
_NO_CLASS = Label(
    "缺少总库容，不能定库等，也就没有应达到的安全系数",
    "Total storage is not known: no class of the dam, so no factor of safety to compare with",
)
_FACTOR = Label("抗滑安全系数", "Factor of safety")
_DEFAULTS = Label(
    "强度、坡比或浸润线取默认值，最高只计蓝色", "Strength, slope or phreatic line are defaults: blue at most"
)
_UNKNOWN_POND = Label(
    "库水位、滩顶高程或干滩长度未知，按无水计算：可能偏不安全",
    "Pond level, beach crest or dry beach is not known, as if there were no pond: may look too safe",
)
_POND = ("pond_level", "crest", "beach")
_SHOWN = ("height", "face_ratio", "cohesion", "friction_angle", "unit_weight", "phreatic_depth")
_NO_POND = 1e6  # m: a beach so long, or a pond so deep, that there is none


def static_safety(known: Facilities) -> Floats:
    """Return the factor of safety of every facility at rest."""
    return bishop_factor_of_safety(**_section(known), horizontal_acceleration=0.0, upward_acceleration=0.0)


def shaken_safety(known: Facilities, pga: Floats) -> Floats:
    """Return the pseudo-static factor of safety of every facility, NaN where no shaking is known."""
    coefficient = seismic_coefficient(pga, default_ground().dynamic_coefficient.value)
    return pseudo_static_factor_of_safety(**_section(known), horizontal_acceleration=coefficient)


def stability_nodes(
    known: Facilities, key: str, safety: Floats, inputs: AssetInputs, shaken: Sequence[Evidence] = ()
) -> list[Evidence]:
    """Return the node of one condition for every facility.

    Parameters
    ----------
    known : Facilities
    key : str
        `STATIC` or `SHAKEN`.
    safety : (n,) float
    inputs : AssetInputs
    shaken : sequence of Evidence
        The acceleration of each facility.
    """
    required = np.array(
        [
            required_factor_of_safety(grade, _CONDITIONS[key], inputs.rules) if grade else np.nan
            for grade in known.grade.tolist()
        ]
    )
    tiers = safety_tier(safety, required, inputs.rules.stability.hazard_share).tolist()
    trusted, ponds = _trusted(known).tolist(), known.rows(_POND)
    states = _states(known)
    shown = [
        (*row, *pond) if wet else row
        for row, pond, wet in zip(known.rows(_SHOWN), ponds, known.wet.tolist(), strict=True)
    ]
    if shaken:
        shown = [(*row, felt) for row, felt in zip(shown, shaken, strict=True)]
    return [
        _node(row, known, key, value, least, tier, trusted[row], states[row], inputs, shown[row])
        for row, (value, least, tier) in enumerate(
            zip(safety.tolist(), required.tolist(), tiers, strict=True)
        )
    ]


def _section(known: Facilities) -> dict[str, Floats]:
    """Return the cross-section of every facility as the search takes it."""
    height = known.height.values
    freeboard = known.crest.values - known.pond_level.values
    dry = ~known.wet | np.isnan(freeboard)
    beach = np.where(known.wet & ~np.isnan(known.beach.values), known.beach.values, _NO_POND)
    return {
        "height": height,
        "face_ratio": known.face_ratio.values,
        "cohesion": known.cohesion.values,
        "friction_angle": known.friction_angle.values,
        "unit_weight": known.unit_weight.values,
        "phreatic_depth": known.phreatic_depth.values,
        "beach_length": beach,
        # Without a pond the line goes on level with what it is at the crest.
        "pond_depth": np.where(dry, known.phreatic_depth.values, np.maximum(freeboard, 0.0)),
        "foundation_depth": default_ground().foundation_depth.value * height,
    }


def _trusted(known: Facilities) -> NDArray[np.bool_]:
    own = (known.cohesion, known.friction_angle, known.unit_weight, known.face_ratio, known.phreatic_depth)
    return np.asarray(np.logical_and.reduce([one.at_least(Origin.REGISTER) for one in own]), dtype=np.bool_)


def _states(known: Facilities) -> list[EvidenceState]:
    """Return how far each result may be relied on; a wet dam whose pond is not known is no dry one."""
    ponds = [known.pond_level, known.crest, known.beach]
    lacking = known.wet & np.logical_or.reduce([np.isnan(one.values) for one in ponds])
    old = [one.origin == Origin.STALE for one in (known.pond_level, known.beach)]
    stale = (known.phreatic_depth.origin == Origin.STALE) | (known.wet & np.logical_or.reduce(old))
    return [
        EvidenceState.INSUFFICIENT if absent else EvidenceState.STALE if aged else EvidenceState.SUFFICIENT
        for absent, aged in zip(lacking.tolist(), stale.tolist(), strict=True)
    ]


def _note(trusted: bool, pondless: bool) -> Label | None:
    said = [note for note, shown in ((_DEFAULTS, not trusted), (_UNKNOWN_POND, pondless)) if shown]
    return Label("；".join(one.zh for one in said), "; ".join(one.en for one in said)) if said else None


def _node(
    row: int,
    known: Facilities,
    key: str,
    safety: float,
    required: float,
    tier: float,
    trusted: bool,
    state: EvidenceState,
    inputs: AssetInputs,
    shown: tuple[Evidence, ...],
) -> Evidence:
    source, label, method = known.sources[row], _LABELS[key], card(_METHODS[key]).method
    if math.isnan(safety):
        return Evidence(
            key, label, state=EvidenceState.MISSING, method=method, source=source, note=_LACKING, inputs=shown
        )
    if math.isnan(tier):
        factor = Evidence(f"{key}/factor_of_safety", _FACTOR, round(safety, 4), "1", method=method)
        return Evidence(
            key,
            label,
            state=EvidenceState.MISSING,
            method=method,
            source=source,
            note=_NO_CLASS,
            inputs=(factor, known.nodes("stored")[row], *shown),
        )
    asked = Tier(int(tier))
    pondless = state is EvidenceState.INSUFFICIENT
    # a dam that is too weak without a pond is no stronger with one; one that stands may not
    standing = (
        Standing.CALIBRATED if trusted and (not pondless or asked > Tier.BLUE) else Standing.ILLUSTRATIVE
    )
    rules, limits = inputs.rules.stability, required_safety()
    red = asked is Tier.RED
    share = rules.hazard_share if red else limits.tier_below[asked.name.lower()] if asked else math.nan
    return Evidence(
        key=key,
        label=label,
        value=round(safety, 4),
        unit="1",
        tier=standing.cap(asked),
        state=state,
        method=method,
        standing=standing,
        clause=rules.hazard_clause if red else rules.clause,
        provenance=shown_provenance(limits.tier_provenance if asked and not red else rules.provenance),
        threshold=f"< {share:g} × {required:g}" if asked else f"{required:g}",
        valid_time=format_utc(inputs.at),
        source=source,
        note=_note(trusted, pondless),
        inputs=shown,
    )

"""Liquefaction and sliding of facilities in the shaking that their cells had, each as its own ground."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.known import Floats, Known, Origin, first_known
from pipelines.asset_models.tsf_facilities import Facilities
from risk_models.cards import card
from risk_models.seismic.liquefaction import hazus_liquefaction, usgs_liquefaction
from risk_models.seismic.newmark import (
    displacement_exceedance,
    displacement_tier,
    jibson_2007_acceleration,
    saygili_rathje_2008,
)
from risk_models.seismic.regressions import newmark_coefficients
from risk_models.slopes.infinite_slope import critical_acceleration
from risk_models.tailings.slope_stability import default_ground
from risk_models.warning.tiers import shown_provenance

LIQUEFACTION, SLIDING = "liquefaction", "sliding_displacement"
_LIQUEFACTION = Label("地震液化", "Liquefaction in the earthquake")
_SLIDING = Label("地震滑移", "Sliding in the earthquake")
_OWN_GROUND = Label(
    "以库体为场地，剪切波速和敏感性取默认值，最高只计蓝色",
    "The facility is its own ground; velocity and susceptibility are defaults: blue at most",
)
_RIGID = Label(
    "安全系数由默认或单一材料求得，最高只计蓝色", "From a factor of safety of one material: blue at most"
)
_LACKING = Label("缺少浸润线埋深或安全系数", "Phreatic depth or factor of safety is not known")


_HAZUS = Label("液化概率（HAZUS）", "Liquefaction probability (HAZUS)")
_CRITICAL = Label("临界加速度", "Critical acceleration")
_OTHER = Label("滑移（Saygili & Rathje）", "Sliding (Saygili & Rathje)")


@dataclass(frozen=True)
class _Model:
    """What the nodes of one model have in common."""

    key: str
    label: Label
    unit: str
    card: str
    provenance: str
    note: Label
    thresholds: dict[Tier, str]


@dataclass(frozen=True)
class Shaking:
    """The worst shaking of each facility's cells."""

    pga: Known
    pgv: Known
    magnitude: Known
    source: str

    @property
    def known(self) -> list[bool]:
        """Where both peaks are known."""
        found: list[bool] = (~np.isnan(self.pga.values + self.pgv.values)).tolist()
        return found

    @cached_property
    def nodes(self) -> list[tuple[Evidence, ...]]:
        """Both peaks and the magnitude of each facility."""
        sources = [self.source] * self.pga.values.size
        columns = (one.nodes(sources) for one in (self.pga, self.pgv, self.magnitude))
        return list(zip(*columns, strict=True))


def shaking_of(inputs: AssetInputs) -> Shaking | None:
    """Return the shaking under the facilities, None where the cells have none at all."""
    if "pga" not in inputs.cells or "pgv" not in inputs.cells:
        return None
    unknown = np.full(len(inputs.features), np.nan)
    default = np.full(len(inputs.features), default_ground().magnitude.value)
    magnitude = inputs.cells.get("magnitude", unknown)
    return Shaking(
        first_known(
            "pga", Label("峰值加速度", "Peak ground acceleration"), "g", (inputs.cells["pga"], Origin.READING)
        ),
        first_known(
            "pgv", Label("峰值速度", "Peak ground velocity"), "cm/s", (inputs.cells["pgv"], Origin.READING)
        ),
        first_known(
            "magnitude",
            Label("震级", "Magnitude"),
            "1",
            (magnitude, Origin.READING),
            (default, Origin.DEFAULT),
        ),
        inputs.sources.get("pga", ""),
    )


def liquefaction_nodes(known: Facilities, shaking: Shaking, inputs: AssetInputs) -> list[Evidence]:
    """Return the liquefaction node of every facility."""
    ground = default_ground()
    depth = np.maximum(known.phreatic_depth.values, 0.0)
    probability = usgs_liquefaction(
        shaking.pga.values,
        shaking.pgv.values,
        shaking.magnitude.values,
        ground.vs30.value,
        ground.precipitation.value,
        ground.water_distance.value,
        depth,
    )
    classes = [one.susceptibility for one in known.method]
    other = hazus_liquefaction(shaking.pga.values, classes, depth, shaking.magnitude.values)
    limits = ground.liquefaction_tier_from
    tiers = np.searchsorted(list(limits.values()), np.nan_to_num(probability), side="right")
    hazus = card("hazus_liquefaction").method
    inner = [
        (
            Evidence(
                "hazus_liquefaction",
                _HAZUS,
                _shown(value),
                "1",
                method=hazus,
                note=Label(f"敏感性 {code}", f"Susceptibility {code}"),
            ),
            water,
            *felt,
        )
        for value, code, water, felt in zip(
            other.tolist(), classes, known.nodes("phreatic_depth"), shaking.nodes, strict=True
        )
    ]
    thresholds = {tier: f"≥ {limits[tier.name.lower()]:g}" if tier else "" for tier in Tier}
    model = _Model(
        LIQUEFACTION, _LIQUEFACTION, "1", "usgs_liquefaction", ground.provenance, _OWN_GROUND, thresholds
    )
    return _nodes(model, probability, tiers, inner, inputs, shaking)


def sliding_nodes(known: Facilities, shaking: Shaking, safety: Floats, inputs: AssetInputs) -> list[Evidence]:
    """Return the displacement node of every facility, from its factor of safety at rest."""
    angle = np.degrees(np.arctan(1.0 / known.face_ratio.values))
    critical = critical_acceleration(safety, angle)
    moved = jibson_2007_acceleration(shaking.pga.values, critical)
    other = saygili_rathje_2008(shaking.pga.values, shaking.pgv.values, critical)
    declared = newmark_coefficients()
    limits = declared.tier_from.values
    beyond = displacement_exceedance(moved, limits["red"], declared.jibson_2007.acceleration.spread)
    likely = Label(f"超过{limits['red']:g}厘米的概率", f"Probability of more than {limits['red']:g} cm")
    methods = [
        card(name).method
        for name in ("critical_acceleration", "saygili_rathje_2008", "displacement_exceedance")
    ]
    inner = [
        (
            Evidence("critical_acceleration", _CRITICAL, _shown(a), "g", method=methods[0]),
            Evidence("saygili_rathje_2008", _OTHER, _shown(d), "cm", method=methods[1]),
            Evidence("exceedance", likely, _shown(p), "1", method=methods[2]),
            *felt,
        )
        for a, d, p, felt in zip(
            critical.tolist(), other.tolist(), beyond.tolist(), shaking.nodes, strict=True
        )
    ]
    thresholds = {tier: f"≥ {limits[tier.name.lower()]:g} cm" if tier else "" for tier in Tier}
    model = _Model(
        SLIDING, _SLIDING, "cm", "jibson_2007_acceleration", declared.tier_from.provenance, _RIGID, thresholds
    )
    return _nodes(model, moved, displacement_tier(moved), inner, inputs, shaking)


def _nodes(
    model: _Model,
    values: Floats,
    tiers: NDArray[np.integer],
    inner: list[tuple[Evidence, ...]],
    inputs: AssetInputs,
    shaking: Shaking,
) -> list[Evidence]:
    valid_time, provenance = format_utc(inputs.at), shown_provenance(model.provenance)
    method = card(model.card).method
    return [
        Evidence(
            key=model.key,
            label=model.label,
            value=_shown(value),
            unit=model.unit,
            tier=Standing.ILLUSTRATIVE.cap(Tier(tier)),
            state=EvidenceState.SUFFICIENT if math.isfinite(value) else EvidenceState.MISSING,
            method=method,
            standing=Standing.ILLUSTRATIVE,
            provenance=provenance,
            threshold=model.thresholds[Tier(tier)],
            valid_time=valid_time,
            source=shaking.source,
            note=model.note if math.isfinite(value) else _LACKING,
            inputs=beneath,
        )
        for value, tier, beneath in zip(values.tolist(), tiers.tolist(), inner, strict=True)
    ]


def _shown(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None

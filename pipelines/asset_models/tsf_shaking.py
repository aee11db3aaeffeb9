"""Liquefaction and sliding of facilities in the shaking that their cells had, each as its own ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

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
        return (~np.isnan(self.pga.values + self.pgv.values)).tolist()


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
    classes = np.array([one.susceptibility for one in known.method])
    hazus = hazus_liquefaction(shaking.pga.values, classes, depth, shaking.magnitude.values)
    limits = ground.liquefaction_tier_from
    tiers = np.searchsorted(list(limits.values()), np.nan_to_num(probability), side="right")
    nodes = []
    for row, source in enumerate(known.sources):
        asked = Tier(int(tiers[row]))
        other = Evidence(
            key="hazus_liquefaction",
            label=Label("液化概率（HAZUS）", "Liquefaction probability (HAZUS)"),
            value=_shown(hazus[row]),
            unit="1",
            method=card("hazus_liquefaction").method,
            note=Label(f"敏感性 {classes[row]}", f"Susceptibility {classes[row]}"),
        )
        nodes.append(
            _node(
                LIQUEFACTION,
                _LIQUEFACTION,
                float(probability[row]),
                "1",
                asked,
                "usgs_liquefaction",
                f"≥ {limits[asked.name.lower()]:g}" if asked else "",
                ground.provenance,
                _OWN_GROUND,
                (other, known.phreatic_depth.node(row, source), *_shaken(shaking, row)),
                inputs,
                shaking,
            )
        )
    return nodes


def sliding_nodes(known: Facilities, shaking: Shaking, safety: Floats, inputs: AssetInputs) -> list[Evidence]:
    """Return the displacement node of every facility, from its factor of safety at rest."""
    angle = np.degrees(np.arctan(1.0 / known.face_ratio.values))
    critical = critical_acceleration(safety, angle)
    moved = jibson_2007_acceleration(shaking.pga.values, critical)
    other = saygili_rathje_2008(shaking.pga.values, shaking.pgv.values, critical)
    declared = newmark_coefficients()
    red = declared.tier_from.values["red"]
    beyond = displacement_exceedance(moved, red, declared.jibson_2007.acceleration.spread)
    tiers = displacement_tier(moved)
    nodes = []
    for row in range(len(known.sources)):
        asked = Tier(int(tiers[row]))
        inner = (
            Evidence(
                "critical_acceleration",
                Label("临界加速度", "Critical acceleration"),
                _shown(critical[row]),
                "g",
                method=card("critical_acceleration").method,
            ),
            Evidence(
                "saygili_rathje_2008",
                Label("滑移（Saygili & Rathje）", "Sliding (Saygili & Rathje)"),
                _shown(other[row]),
                "cm",
                method=card("saygili_rathje_2008").method,
            ),
            Evidence(
                "exceedance",
                Label(f"超过{red:g}厘米的概率", f"Probability of more than {red:g} cm"),
                _shown(beyond[row]),
                "1",
                method=card("displacement_exceedance").method,
            ),
        )
        nodes.append(
            _node(
                SLIDING,
                _SLIDING,
                float(moved[row]),
                "cm",
                asked,
                "jibson_2007_acceleration",
                f"≥ {declared.tier_from.values[asked.name.lower()]:g} cm" if asked else "",
                declared.tier_from.provenance,
                _RIGID,
                (*inner, *_shaken(shaking, row)),
                inputs,
                shaking,
            )
        )
    return nodes


def _node(
    key: str,
    label: Label,
    value: float,
    unit: str,
    asked: Tier,
    model: str,
    threshold: str,
    provenance: str,
    note: Label,
    inner: tuple[Evidence, ...],
    inputs: AssetInputs,
    shaking: Shaking,
) -> Evidence:
    missing = math.isnan(value)
    return Evidence(
        key=key,
        label=label,
        value=_shown(value),
        unit=unit,
        tier=Standing.ILLUSTRATIVE.cap(asked),
        state=EvidenceState.MISSING if missing else EvidenceState.SUFFICIENT,
        method=card(model).method,
        standing=Standing.ILLUSTRATIVE,
        provenance=shown_provenance(provenance),
        threshold=threshold,
        valid_time=format_utc(inputs.at),
        source=shaking.source,
        note=_LACKING if missing else note,
        inputs=inner,
    )


def _shaken(shaking: Shaking, row: int) -> tuple[Evidence, ...]:
    return tuple(one.node(row, shaking.source) for one in (shaking.pga, shaking.pgv, shaking.magnitude))


def _shown(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None

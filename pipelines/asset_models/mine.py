"""What the models say of mines: fire, pillars and water underground, movement of open pits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.mine_air import Air, air_of
from pipelines.asset_models.movement import failure_times
from pipelines.asset_models.nodes import lacking, modelled, numbers, registered
from pipelines.asset_models.series import Series, series_of
from risk_models.rules.sections import WARNED
from risk_models.underground.fire import fire_probability, indicator_rate
from risk_models.underground.indicators import indicator_tier, published_tier, underground_limits
from risk_models.underground.inrush import inflow_ratio, pump_load
from risk_models.underground.pillar import (
    lunder_pakalnis_strength,
    pillar_factor_of_safety,
    tributary_stress,
)
from risk_models.warning.points import stale_after
from risk_models.warning.tiers import shown_provenance

Floats = NDArray[np.float64]

_FIRE = Label("井下火灾", "Fire underground")
_COUPLED = Label("火灾耦合危险概率", "Coupled hazard of fire")
_WATER = Label("透水", "Water inrush")
_PILLAR = Label("矿柱稳定", "Stability of the pillars")
_NO_GAS = Label("无井下气体测点的有效读数", "No usable reading of gas underground")
_APART = Label(
    "没有同时测三种气体的测点：系数由不同测点的读数得出",
    "No point measures all three gases: the ratio is of gases at different points",
)
_FRESH = Label("空气几乎不缺氧，无此系数", "Hardly any oxygen is missing, so there is no ratio")
_UNKNOWN = Label("无有效读数，或台账缺项", "No usable reading, or the register lacks what it needs")
_NO_WATER = Label(
    "无涌水量读数，或台账缺少正常涌水量和排水能力", "No inflow, or no usual inflow and pumps on the register"
)
_NO_PILLAR = Label(
    "台账缺少矿柱尺寸、采出率、强度或采深", "The register lacks pillars, extraction, strength or depth"
)
_TREND = timedelta(days=3)  # over which a rise of carbon monoxide is measured
_FIELDS = {
    "mining_depth": (Label("开采深度", "Mining depth"), "m"),
    "extraction_ratio": (Label("采出率", "Extraction"), "1"),
    "rock_strength": (Label("单轴抗压强度", "Uniaxial strength"), "MPa"),
    "pillar_width": (Label("矿柱宽度", "Width of the pillars"), "m"),
    "pillar_height": (Label("矿柱高度", "Height of the pillars"), "m"),
}


def evidence(inputs: AssetInputs) -> list[tuple[Evidence, ...]]:
    """Return the nodes of each mine, in the order of the features; a mine of unknown type has them all."""
    kinds = [str(feature.properties.get("mine_type") or "combined") for feature in inputs.features]
    below = list(zip(_fires(inputs), _waters(inputs), _pillars(inputs), strict=True))
    moving = failure_times(inputs)
    return [
        (*(under if kind != "open_pit" else ()), *((moves,) if kind != "underground" else ()))
        for kind, under, moves in zip(kinds, below, moving, strict=True)
    ]


def _fires(inputs: AssetInputs) -> list[Evidence]:
    n, now = len(inputs.features), format_utc(inputs.at)
    gas, oxygen, nitrogen = (
        series_of(inputs.readings, name, inputs.at) for name in ("carbon_monoxide", "oxygen", "nitrogen")
    )
    co, o2, n2 = (_latest(series, name, inputs) for series, name in
                  ((gas, "carbon_monoxide"), (oxygen, "oxygen"), (nitrogen, "nitrogen")))  # fmt: skip
    highest, lowest = gas.worst(co, n), oxygen.worst(o2, n, most=False)
    recent = np.where(gas.time >= -(_TREND / timedelta(days=1)), gas.value, np.nan)
    rate = indicator_rate(gas.time, recent)
    air = air_of(n, [(gas, co), (nitrogen, n2), (oxygen, o2)])
    values = {
        "co": highest,
        "co_rate": gas.worst(np.where(np.isnan(co), np.nan, rate), n),
        "oxygen": lowest,
        "graham_ratio": air.ratio,
    }
    nodes = {name: _indicators(name, column, now) for name, column in values.items()}
    nodes["graham_ratio"] = _ratios(nodes["graham_ratio"], air, now)
    tiers = {name: indicator_tier(name, column) for name, column in values.items()}
    burning = np.fmax(np.fmax(tiers["co"], tiers["co_rate"]), tiers["graham_ratio"])
    hazard = fire_probability(burning, np.nan, tiers["oxygen"])
    coupled = [
        None
        if np.isnan(p)
        else modelled("fire_probability", _COUPLED, "fire_probability", p, "1", Tier.NONE, valid_time=now)
        for p in hazard.tolist()
    ]
    return [
        _together(
            "fire", _FIRE, "graham_ratio", [*(nodes[name][at] for name in nodes), coupled[at]], now, _NO_GAS
        )
        for at in range(n)
    ]


def _ratios(nodes: Sequence[Evidence], air: Air, now: str) -> list[Evidence]:
    """Return the nodes of the Graham ratio with what is to be said of the points it comes from."""
    said = []
    for found, apart, fresh in zip(nodes, air.apart.tolist(), air.fresh.tolist(), strict=True):
        if apart:
            said.append(replace(found, state=EvidenceState.INSUFFICIENT, note=_APART))
        elif fresh:
            label, unit = _about("graham_ratio")
            said.append(modelled("graham_ratio", label, "graham_ratio", np.nan, unit, Tier.NONE,
                                 valid_time=now, note=_FRESH))  # fmt: skip
        else:
            said.append(found)
    return said


def _waters(inputs: AssetInputs) -> list[Evidence]:
    n, now = len(inputs.features), format_utc(inputs.at)
    series = series_of(inputs.readings, "mine_inflow", inputs.at)
    inflow = series.worst(_latest(series, "mine_inflow", inputs), n)
    ratio = _indicators("inflow_ratio", inflow_ratio(inflow, numbers(inputs.features, "usual_inflow")), now)
    load = _indicators("pump_load", pump_load(inflow, numbers(inputs.features, "pump_capacity")), now)
    return [
        _together("water_inrush", _WATER, "inflow_ratio", [ratio[at], load[at]], now, _NO_WATER)
        for at in range(n)
    ]


def _pillars(inputs: AssetInputs) -> list[Evidence]:
    now = format_utc(inputs.at)
    known = {name: numbers(inputs.features, name) for name in _FIELDS}
    stress = tributary_stress(
        underground_limits().pillar.unit_weight, known["mining_depth"], known["extraction_ratio"]
    )
    strength = lunder_pakalnis_strength(known["rock_strength"], known["pillar_width"], known["pillar_height"])
    safety = pillar_factor_of_safety(strength, stress)
    tiers = indicator_tier("pillar_safety", safety)
    nodes = []
    for feature, value, tier in zip(inputs.features, safety, tiers, strict=True):
        used = tuple(registered(feature, "mine", name, *about) for name, about in _FIELDS.items())
        if np.isnan(tier):
            nodes.append(
                lacking("pillar", _PILLAR, "pillar_factor_of_safety", _NO_PILLAR, valid_time=now, inputs=used)
            )
            continue
        nodes.append(
            modelled("pillar", _PILLAR, "pillar_factor_of_safety", float(value), "1", tier,
                     provenance=_provenance("pillar_safety", tier),
                     threshold=_threshold("pillar_safety", tier), valid_time=now,
                     source=f"mine/{feature.id}", inputs=used)
        )  # fmt: skip
    return nodes


def _latest(series: Series, name: str, inputs: AssetInputs) -> Floats:
    return series.latest(stale_after(name, inputs.rules.monitoring))


def _indicators(name: str, values: Floats, now: str) -> list[Evidence]:
    """Return a node for each value: a published limit speaks for itself, a default as illustrative."""
    label, unit = _about(name)
    nodes = []
    for value, tier, published in zip(
        values, indicator_tier(name, values), published_tier(name, values), strict=True
    ):
        if np.isnan(tier):
            nodes.append(lacking(name, label, "indicator_tier", _UNKNOWN, valid_time=now))
            continue
        trusted = published > Tier.BLUE
        shown = published if trusted else tier
        nodes.append(
            modelled(
                name,
                label,
                "published_tier" if trusted else "indicator_tier",
                float(value),
                unit,
                shown,
                standing=Standing.VERIFIED if trusted else Standing.ILLUSTRATIVE,
                provenance=_provenance(name, shown),
                threshold=_threshold(name, shown),
                valid_time=now,
            )
        )
    return nodes


def _about(name: str) -> tuple[Label, str]:
    limits = underground_limits().indicator(name)
    return Label(limits.label.zh, limits.label.en), limits.unit


def _together(
    key: str, label: Label, model: str, parts: Sequence[Evidence | None], now: str, reason: Label
) -> Evidence:
    """Return the node of a hazard: its worst indicator under the name of the hazard, all of them below it.

    It is as sufficient as all its indicators: one that is not known is named.
    """
    shown = tuple(part for part in parts if part is not None)
    known = [part for part in shown if part.state is not EvidenceState.MISSING]
    if not known:
        return lacking(key, label, model, reason, valid_time=now)
    found = replace(max(known, key=lambda part: part.tier), key=key, label=label, inputs=shown)
    if all(part.state is EvidenceState.SUFFICIENT for part in shown):
        return found
    absent = [part.label for part in shown if part.state is EvidenceState.MISSING]
    note = Label(
        f"未知：{'、'.join(each.zh for each in absent)}",
        f"Not known: {', '.join(each.en for each in absent)}",
    )
    return replace(found, state=EvidenceState.INSUFFICIENT, note=note if absent else found.note)


def _threshold(name: str, tier: float) -> str:
    limits = underground_limits().indicator(name)
    shown = Tier(max(int(tier), Tier.BLUE))
    passed = {"above": ">", "below": "<"}[limits.comparison]
    sign = passed if tier else {">": "≤", "<": "≥"}[passed]
    unit = "" if limits.unit == "1" else limits.unit
    return f"{sign} {limits.thresholds[shown].value:g} {unit}".rstrip()


def _provenance(name: str, tier: float) -> str:
    level = Tier(int(tier)) if tier else WARNED[0]
    return shown_provenance(underground_limits().indicator(name).thresholds[level].provenance)

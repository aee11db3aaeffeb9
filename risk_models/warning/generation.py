"""Thresholds from design parameters: what an asset's register and class make of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minegis.errors import InvalidInput, MissingEvidence
from minegis.evidence import Evidence
from minegis.levels import Label, Tier
from risk_models.rule_package import RulePackage
from risk_models.rules.references import Range
from risk_models.rules.sections import WARNED, Item, Threshold, Thresholds
from risk_models.warning.asset import AssetRecord
from risk_models.warning.quantities import Surroundings, minimum, register_node
from risk_models.warning.tiers import shown_provenance

_DECIMALS = 9
_GAP, _FREEBOARD, _SEISMIC = "flood_level_gap", "freeboard", "seismic_freeboard"


@dataclass(frozen=True, slots=True)
class GeneratedItem:
    """The limits of one item for one asset.

    Attributes
    ----------
    item : str
        Of the rules, or ``seismic_freeboard``.
    limits : Thresholds or None
        In `unit`; None where the register lacks something, which `missing` names.
    clause : str
    basis : tuple of Evidence
        What the limits were made from.
    """

    item: str
    label: Label
    unit: str
    clause: str
    limits: Thresholds | None
    basis: tuple[Evidence, ...] = ()
    missing: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, each limit with its provenance as people see it."""
        return {
            "item": self.item,
            "label": self.label.to_json(),
            "unit": self.unit,
            "clause": self.clause,
            "comparison": self.limits.comparison if self.limits else None,
            "thresholds": {
                tier.name.lower(): {
                    "value": limit.value,
                    "inclusive": limit.inclusive,
                    "provenance": shown_provenance(limit.provenance),
                }
                for tier, limit in (self.limits.thresholds.items() if self.limits else ())
            },
            "basis": [node.to_json() for node in self.basis],
            "missing": self.missing,
        }


def generate_thresholds(asset: AssetRecord, rules: RulePackage) -> tuple[GeneratedItem, ...]:
    """Return the four limits of every item that applies to an asset, from its design and class.

    Limits that the rules state as ratios are multiplied with the minimum of the asset: freeboard and beach by
    class and raise method, the phreatic depth by height with interpolation or by the control depth of the
    design. The gap to the design flood level becomes a pond level. Where the design acceleration asks for it,
    settlement and wave of an earthquake are added to the freeboard.

    Parameters
    ----------
    asset : AssetRecord
    rules : RulePackage

    References
    ----------
    GB 51108-2015 §8.3; GB 50863-2013 §4.2; GB 39496-2020 §5.5.4.
    """
    applying = {name: item for name, item in rules.items.items() if asset.within(item.applies, rules)}
    found = [_generated(name, item, asset, rules) for name, item in applying.items()]
    if _FREEBOARD in applying:
        seismic = _seismic(applying[_FREEBOARD], asset, rules)
        found += [seismic] if seismic else []
    return tuple(found)


def landslide_limits(red: float, rules: RulePackage) -> Thresholds:
    """Return the limits of a landslide in the reservoir from the designer's red one.

    Orange is a share of red. The clause names no milder limit: blue and yellow are not shown, they begin
    where orange does.

    Parameters
    ----------
    red : float
        Above 0, in the unit of the point.

    References
    ----------
    GB 51108-2015 §8.3 note: orange is 80 % of red.
    """
    if not red > 0:
        raise InvalidInput("no usable limit", where="red", expected="above 0", got=str(red))
    section = rules.generation
    orange = Threshold(
        value=round(red * section.landslide_orange_share, _DECIMALS),
        inclusive=True,
        provenance=section.provenance,
    )
    limits = dict.fromkeys(WARNED, orange)
    limits[Tier.RED] = Threshold(value=red, inclusive=True, provenance="设计值 designer's value")
    return Thresholds(comparison="above", thresholds=limits)


def design_requirements(asset: AssetRecord, rules: RulePackage) -> tuple[Evidence, ...]:
    """Return what the tables of the rules require of an asset: flood, grades, factors of safety, references.

    Raises
    ------
    MissingEvidence
        If the register lacks what its class depends on.
    """
    if asset.dataset == "tsf":
        return _of_dam(asset, rules)
    return _of_slope(asset, rules) if asset.dataset == "slope" else ()


def _generated(name: str, item: Item, asset: AssetRecord, rules: RulePackage) -> GeneratedItem:
    label = Label(item.label.zh, item.label.en)
    try:
        if name == _GAP:
            return _pond_level(name, item, asset)
        basis = minimum(item.reference, Surroundings(asset, rules, ()))
    except (MissingEvidence, InvalidInput) as error:
        return GeneratedItem(name, label, item.unit, item.clause, None, missing=str(error))
    if basis is None:
        return GeneratedItem(name, label, item.unit, item.clause, _scaled(item, 1.0))
    assert isinstance(basis.value, float)
    return GeneratedItem(name, label, item.unit, item.clause, _scaled(item, basis.value), (basis,))


def _scaled(item: Thresholds, by: float) -> Thresholds:
    limits = {
        tier: limit.model_copy(update={"value": round(limit.value * by, _DECIMALS)})
        for tier, limit in item.thresholds.items()
    }
    return Thresholds(comparison=item.comparison, thresholds=limits)


def _pond_level(name: str, item: Item, asset: AssetRecord) -> GeneratedItem:
    """Return the pond levels that leave the gaps of the item below the design flood level."""
    flood = register_node(asset, "design_flood_level", Label("设计洪水位", "Design flood level"), "m")
    level = asset.required_number("design_flood_level")
    limits = {
        tier: limit.model_copy(update={"value": round(level - limit.value, _DECIMALS)})
        for tier, limit in item.thresholds.items()
    }
    label = Label("库水位", "Pond level")
    above = Thresholds(comparison="above", thresholds=limits)
    return GeneratedItem(name, label, "m", item.clause, above, (flood,))


def _seismic(freeboard: Item, asset: AssetRecord, rules: RulePackage) -> GeneratedItem | None:
    """Return the limits of crest above normal level, None where the design acceleration asks for none."""
    section = rules.seismic_freeboard
    acceleration = asset.number("design_acceleration")
    if acceleration is None or acceleration < section.acceleration_at_least:
        return None
    label = Label("滩顶高于正常水位（地震）", "Crest above the normal level (earthquake)")
    try:
        least = minimum("freeboard_minimum", Surroundings(asset, rules, ()))
        parts = (
            register_node(asset, "seismic_settlement", Label("地震沉陷", "Settlement of an earthquake"), "m"),
            register_node(asset, "seismic_wave_height", Label("地震壅浪", "Wave of an earthquake"), "m"),
        )
    except (MissingEvidence, InvalidInput) as error:
        return GeneratedItem(_SEISMIC, label, "m", section.clause, None, missing=str(error))
    assert least is not None
    required = sum(float(node.value or 0.0) for node in (least, *parts))
    return GeneratedItem(
        _SEISMIC, label, "m", section.clause, _scaled(freeboard, round(required, _DECIMALS)), (least, *parts)
    )


def _of_dam(asset: AssetRecord, rules: RulePackage) -> tuple[Evidence, ...]:
    grade = asset.tsf_class(rules)
    flood, structures, stability = rules.flood_standard, rules.structure_grade, rules.stability
    period, graded = flood.return_period[grade], structures.grades[grade]
    nodes = [
        _table("flood_standard", Label("防洪标准", "Design flood"), _text(period), "a", flood, rules),
        *(
            _table(f"structure_grade/{name}", label, getattr(graded, name), "", structures, rules)
            for name, label in _STRUCTURES.items()
        ),
    ]
    for method, conditions in stability.required.items():
        for condition, required in conditions.items():
            key, label = f"factor_of_safety/{method}/{condition}", _CONDITIONS[condition]
            shown = Label(f"{_METHODS[method].zh}·{label.zh}", f"{_METHODS[method].en}, {label.en}")
            nodes.append(_table(key, shown, required[grade], "1", stability, rules))
    return tuple(nodes)


def _of_slope(asset: AssetRecord, rules: RulePackage) -> tuple[Evidence, ...]:
    nodes = []
    required = rules.slope_stability.required.get(str(asset.properties.get("safety_class") or ""), {})  # type: ignore[call-overload]
    for combination, limit in required.items():
        key = f"factor_of_safety/{combination}"
        nodes.append(_table(key, _COMBINATIONS[combination], _text(limit), "1", rules.slope_stability, rules))
    height = asset.number("slope_height")
    for name, each in rules.slope_references.values.items():
        if asset.properties.get("slope_type") not in each.slope_types:
            continue
        if each.share_of_height and height is None:
            continue
        scale = 1000.0 * (height or 0.0) if each.share_of_height else 1.0  # m to mm
        label = Label(each.label.zh, each.label.en)
        scaled = _text(each.limit, scale)
        nodes.append(_table(f"reference/{name}", label, scaled, each.unit, rules.slope_references, rules))
    return tuple(nodes)


def _table(
    key: str, label: Label, value: float | str, unit: str, section: Any, rules: RulePackage
) -> Evidence:
    return Evidence(
        key=key,
        label=label,
        value=value,
        unit=unit,
        method=rules.method,
        clause=section.clause,
        provenance=shown_provenance(section.provenance),
    )


def _text(limit: Range, scale: float = 1.0) -> float | str:
    """Return one number where both ends are the same, else the range."""
    lower, upper = round(limit.lower * scale, _DECIMALS), round(limit.upper * scale, _DECIMALS)
    return lower if lower == upper else f"{lower:g}–{upper:g}"


_STRUCTURES = {
    "main": Label("主要构筑物级别", "Grade of main structures"),
    "secondary": Label("次要构筑物级别", "Grade of secondary structures"),
    "temporary": Label("临时构筑物级别", "Grade of temporary structures"),
}
_METHODS = {
    "bishop": Label("简化毕肖普法", "Simplified Bishop"),
    "swedish": Label("瑞典圆弧法", "Swedish circle"),
}
_CONDITIONS = {
    "normal": Label("正常运行", "normal"),
    "flood": Label("洪水运行", "flood"),
    "special": Label("特殊运行", "special (earthquake)"),
}
_COMBINATIONS = {
    "gravity": Label("自重与地下水", "Gravity and groundwater"),
    "blasting": Label("加爆破振动", "With blasting"),
    "seismic": Label("加地震", "With an earthquake"),
}

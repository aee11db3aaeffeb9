"""What an item compares: a reading as it is, or a quantity derived from it and the register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from minegis.errors import MissingEvidence
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label
from minegis.reading import Reading
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Cited, Item, Thresholds
from risk_models.tailings.freeboard import (
    dry_beach_at_flood,
    flood_level,
    freeboard,
    measured_beach_at_flood,
    minimum_dry_beach,
    minimum_freeboard,
)
from risk_models.tailings.phreatic import minimum_phreatic_depth
from risk_models.warning.asset import AssetRecord
from risk_models.warning.points import Point
from risk_models.warning.tiers import shown_provenance


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a quantity may use beside its own reading: the register and the asset's other points.

    `design` holds the designer's limits of points, by point id.
    """

    asset: AssetRecord
    rules: RulePackage
    points: tuple[Point, ...]
    design: Mapping[str, Thresholds] = field(default_factory=dict)

    def lowest_crest(self) -> Reading | None:
        """Return the lowest usable beach crest reading."""
        return min(self._current("beach_crest_elevation"), key=_value, default=None)

    def lowest_level(self) -> Reading | None:
        """Return the lowest usable pond level reading."""
        return min(self._current("pond_level"), key=_value, default=None)

    def _current(self, name: str) -> list[Reading]:
        return [p.latest for p in self.points if p.variable == name and p.state is EvidenceState.SUFFICIENT]


def compares_as_read(name: str, item: Item, variable: str) -> bool:
    """Whether an item compares a variable's readings as they are, with limits of its own."""
    return item.reference is None and (name, variable) not in _DERIVED


def derive(
    item: str, reading: Reading, value: float, around: Surroundings
) -> tuple[float, tuple[Evidence, ...]]:
    """Return the quantity of an item made from one reading's value, and the register nodes it used.

    Raises
    ------
    MissingEvidence
        If the register lacks what the quantity needs.
    """
    derivation = _DERIVED.get((item, reading.variable))
    if derivation is None:
        return value, ()
    return derivation(value, around)


def minimum(reference: str | None, around: Surroundings) -> Evidence | None:
    """Return the required minimum that an item's limits are ratios of, None for absolute limits.

    Raises
    ------
    MissingEvidence
        If the register lacks what the minimum depends on.
    """
    if reference is None:
        return None
    asset, rules = around.asset, around.rules
    if reference == "phreatic_minimum":
        control = asset.number("control_phreatic_depth")
        if control is not None and control > 0:
            return register_node(
                asset, "control_phreatic_depth", Label("控制浸润线埋深", "Control phreatic depth"), "m"
            )
        height = asset.required_number("dam_height")
        depth = float(minimum_phreatic_depth(height, rules))
        note = Label(f"坝高{height:g} m", f"Dam height {height:g} m")
        return _required(
            reference, Label("浸润线最小埋深", "Minimum phreatic depth"), depth, rules.phreatic, note, around
        )
    grade, method = asset.tsf_class(rules), asset.raise_method(rules)
    if reference == "freeboard_minimum":
        value, note = minimum_freeboard(grade, rules), Label(f"{grade}等库", f"Class {grade}")
        return _required(
            reference, Label("最小安全超高", "Minimum freeboard"), value, rules.freeboard, note, around
        )
    value = minimum_dry_beach(grade, method, rules, asset.number("min_dry_beach"))
    note = Label(f"{grade}等库，{method}", f"Class {grade}, {method}")
    return _required(
        reference, Label("最小干滩长度", "Minimum dry beach"), value, rules.dry_beach, note, around
    )


def _required(
    reference: str, label: Label, value: float, section: Cited, note: Label, around: Surroundings
) -> Evidence:
    return Evidence(
        key=f"minimum/{reference.removesuffix('_minimum')}",
        label=label,
        value=value,
        unit="m",
        method=around.rules.method,
        clause=section.clause,
        provenance=shown_provenance(section.provenance),
        source=f"{around.asset.dataset}/{around.asset.id}",
        note=note,
    )


def register_node(asset: AssetRecord, field: str, label: Label, unit: str) -> Evidence:
    """Return a register field as a node."""
    return Evidence(
        key=f"register/{field}",
        label=label,
        value=asset.required_number(field),
        unit=unit,
        method="register",
        source=f"{asset.dataset}/{asset.id}.{field}",
    )


_FIELDS: Mapping[str, tuple[Label, str]] = {
    "normal_level": (Label("正常水位", "Normal level"), "m"),
    "design_flood_level": (Label("设计洪水位", "Design flood level"), "m"),
    "beach_slope": (Label("沉积滩坡度", "Beach slope"), "m/m"),
    "beach_crest_elevation": (Label("滩顶高程", "Beach crest elevation"), "m"),
}


def _registered(around: Surroundings, *fields: str) -> tuple[Evidence, ...]:
    return tuple(register_node(around.asset, field, *_FIELDS[field]) for field in fields)


def _flood(level: float, around: Surroundings) -> float:
    asset = around.asset
    return float(
        flood_level(level, asset.required_number("normal_level"), asset.required_number("design_flood_level"))
    )


def _crest(around: Surroundings) -> tuple[float, Evidence]:
    """Return today's crest: measured where a point is usable, else as registered."""
    reading = around.lowest_crest()
    if reading is None or reading.value is None:
        (node,) = _registered(around, "beach_crest_elevation")
        return around.asset.required_number("beach_crest_elevation"), node
    point = next(point for point in around.points if point.latest is reading)
    return reading.value, point.evidence()


def _freeboard(level: float, around: Surroundings) -> tuple[float, tuple[Evidence, ...]]:
    crest, node = _crest(around)
    value = float(freeboard(crest, _flood(level, around)))
    return value, (node, *_registered(around, "normal_level", "design_flood_level"))


def _beach(level: float, around: Surroundings) -> tuple[float, tuple[Evidence, ...]]:
    crest, node = _crest(around)
    slope = _beach_slope(around)
    value = float(dry_beach_at_flood(crest, _flood(level, around), slope))
    return value, (node, *_registered(around, "normal_level", "design_flood_level", "beach_slope"))


def _measured_beach(length: float, around: Surroundings) -> tuple[float, tuple[Evidence, ...]]:
    # The minimum is defined at the design flood level: a beach measured today is longer than what counts.
    # Of several levels the lowest has the longest way to the flood level: the cautious choice.
    reading = around.lowest_level()
    normal = around.asset.required_number("normal_level")
    level = normal if reading is None or reading.value is None else reading.value
    measured = tuple(point.evidence() for point in around.points if point.latest is reading)
    value = float(measured_beach_at_flood(length, level, _flood(level, around), _beach_slope(around)))
    return value, (*measured, *_registered(around, "normal_level", "design_flood_level", "beach_slope"))


def _flood_level_gap(level: float, around: Surroundings) -> tuple[float, tuple[Evidence, ...]]:
    value = float(freeboard(around.asset.required_number("design_flood_level"), level))
    return value, _registered(around, "design_flood_level")


def _beach_slope(around: Surroundings) -> float:
    slope = around.asset.required_number("beach_slope")
    if slope <= 0:
        raise MissingEvidence(
            "no usable beach slope", where="beach_slope", expected="above 0 m/m", got=str(slope)
        )
    return slope


_DERIVED: Mapping[tuple[str, str], Callable[[float, Surroundings], tuple[float, tuple[Evidence, ...]]]] = {
    ("freeboard", "pond_level"): _freeboard,
    ("dry_beach", "pond_level"): _beach,
    ("dry_beach", "dry_beach_length"): _measured_beach,
    ("flood_level_gap", "pond_level"): _flood_level_gap,
}


def _value(reading: Reading) -> float:
    return 0.0 if reading.value is None else reading.value

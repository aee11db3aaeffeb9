"""What is known of every tailings storage facility, as columns that the models take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minegis.coordinates import geodesic_area_km2
from minegis.errors import InvalidInput, MissingEvidence
from minegis.evidence import Evidence
from minegis.levels import Label
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.known import Floats, Known, Origin, first_known, measured
from pipelines.asset_models.nodes import numbers
from risk_models.tailings.flood import flood_defaults
from risk_models.tailings.freeboard import minimum_freeboard
from risk_models.tailings.phreatic import minimum_phreatic_depth
from risk_models.tailings.slope_stability import RaiseMethodDefaults, default_ground
from risk_models.warning.asset import AssetRecord

_M3 = 1e4  # m³ in the register's 10⁴ m³
_M2_PER_KM2 = 1e6


@dataclass(frozen=True)
class Facilities:
    """Columns over the facilities; volumes in m³.

    Attributes
    ----------
    sources : list of str
        ``tsf/<id>``.
    grade : (n,) int
        Class 1 to 5, 0 where storage or height are unknown.
    wet : (n,) bool
        Whether it holds a pond: all but dry stacks.
    method : list of RaiseMethodDefaults
        What its raise method stands for.
    """

    sources: list[str]
    grade: NDArray[np.int8]
    wet: NDArray[np.bool_]
    method: list[RaiseMethodDefaults]
    minimum_freeboard: Floats
    height: Known
    stored: Known
    crest: Known
    normal_level: Known
    pond_level: Known
    beach: Known
    phreatic_depth: Known
    surface_area: Known
    decant: Known
    catchment: Known
    runoff_coefficient: Known
    free_water: Known
    face_ratio: Known
    cohesion: Known
    friction_angle: Known
    unit_weight: Known
    people: Known
    _nodes: dict[str, list[Evidence]] = field(default_factory=dict, repr=False)

    def nodes(self, name: str) -> list[Evidence]:
        """Return a column as a node of each facility, made once and shown under every model that takes it."""
        if name not in self._nodes:
            self._nodes[name] = getattr(self, name).nodes(self.sources)
        return self._nodes[name]

    def rows(self, names: Sequence[str]) -> list[tuple[Evidence, ...]]:
        """Return the nodes of several columns for each facility."""
        return list(zip(*(self.nodes(name) for name in names), strict=True))


def facilities_of(inputs: AssetInputs) -> Facilities:
    """Read the registers and readings of all facilities at once."""
    features, rules = inputs.features, inputs.rules
    records = [
        AssetRecord("tsf", one.id, str(one.properties.get("name", one.id)), one.properties)
        for one in features
    ]
    grade = np.array([_grade(record, inputs) for record in records], dtype=np.int8)
    raised = [record.raise_method(rules) for record in records]
    ground, flood = default_ground(), flood_defaults()
    method = [ground.raise_methods[one] for one in raised]
    readings = measured(inputs, {"pond_level": max, "dry_beach_length": min, "phreatic_depth": min})

    def register(key: str, zh: str, en: str, unit: str, scale: float = 1.0) -> Known:
        return first_known(key, Label(zh, en), unit, (scale * numbers(features, key), Origin.REGISTER))

    def or_default(known: Known, values: Floats | float) -> Known:
        whole = np.broadcast_to(np.asarray(values, dtype=np.float64), known.values.shape)
        return first_known(known.key, known.label, known.unit, known, (whole, Origin.DEFAULT))

    def reading_or(name: str, *candidates: tuple[Floats, Origin]) -> Known:
        reading = readings[name]
        return first_known(name, reading.label, reading.unit, reading, *candidates)

    height = register("dam_height", "坝高", "Dam height", "m")
    normal = register("normal_level", "正常水位", "Normal level", "m")
    area = register("surface_area", "库水面积", "Water surface", "m²")
    return Facilities(
        sources=[f"tsf/{one.id}" for one in features],
        grade=grade,
        wet=np.array([one != "dry_stack" for one in raised], dtype=bool),
        method=method,
        minimum_freeboard=np.array([minimum_freeboard(int(g), rules) if g else np.nan for g in grade]),
        height=height,
        stored=register("total_storage", "库内尾矿与水量", "Tailings and water present", "m³", _M3),
        crest=register("beach_crest_elevation", "滩顶高程", "Beach crest elevation", "m"),
        normal_level=normal,
        pond_level=reading_or("pond_level", (normal.values, Origin.REGISTER)),
        beach=reading_or("dry_beach_length", (numbers(features, "dry_beach_length"), Origin.REGISTER)),
        phreatic_depth=reading_or(
            "phreatic_depth",
            (numbers(features, "phreatic_depth"), Origin.REGISTER),
            (numbers(features, "control_phreatic_depth"), Origin.DEFAULT),
            (minimum_phreatic_depth(height.values, rules), Origin.DEFAULT),
        ),
        surface_area=or_default(area, _pond_areas(inputs, area, flood.pond_share.value)),
        decant=or_default(register("decant_capacity", "排洪系统泄流能力", "Decant capacity", "m³/s"), 0.0),
        catchment=register("catchment", "汇水面积", "Catchment", "km²"),
        runoff_coefficient=or_default(
            register("runoff_coefficient", "径流系数", "Runoff coefficient", "1"),
            flood.runoff_coefficient.value,
        ),
        free_water=register("free_water", "库内自由水量", "Free water", "m³", _M3),
        face_ratio=or_default(
            register("outer_slope_ratio", "外坡比", "Outer slope, horizontal to vertical", "1"),
            np.array([one.face_ratio for one in method]),
        ),
        cohesion=or_default(
            register("cohesion", "有效黏聚力", "Effective cohesion", "kPa"), ground.cohesion.value
        ),
        friction_angle=or_default(
            register("friction_angle", "有效内摩擦角", "Effective friction angle", "deg"),
            ground.friction_angle.value,
        ),
        unit_weight=or_default(
            register("unit_weight", "重度", "Unit weight", "kN/m³"), ground.unit_weight.value
        ),
        people=register("population_downstream", "下游受威胁人口", "People at risk downstream", "1"),
    )


def _grade(record: AssetRecord, inputs: AssetInputs) -> int:
    try:
        return record.tsf_class(inputs.rules)
    except (MissingEvidence, InvalidInput):
        return 0


def _pond_areas(inputs: AssetInputs, area: Known, share: float) -> Floats:
    """Return a share of the outline's area where the register has no water surface; NaN of a point."""
    areas = np.full(area.values.shape, np.nan)
    lacking = np.flatnonzero(np.isnan(area.values))
    if lacking.size:
        shapes = [inputs.features[row].geometry for row in lacking.tolist()]
        outline = _M2_PER_KM2 * geodesic_area_km2(shapes)
        areas[lacking] = np.where(outline > 0, share * outline, np.nan)
    return areas
